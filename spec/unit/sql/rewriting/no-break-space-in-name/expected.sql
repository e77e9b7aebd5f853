select * from staging_dev."a b" join staging_dev.c on true
