select * from staging.a b join staging.c on true
