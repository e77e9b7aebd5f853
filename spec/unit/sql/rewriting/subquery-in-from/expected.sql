select * from (select * from (select id from staging_dev.inner_most) as staging) as outer_most(id)
