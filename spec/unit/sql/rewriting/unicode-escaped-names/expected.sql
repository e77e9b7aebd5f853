select * from staging_dev.t join staging_dev.t2 on true join u&"other".t3 on true
