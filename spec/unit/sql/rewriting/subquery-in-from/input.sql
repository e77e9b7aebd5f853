select * from (select * from (select id from staging.inner_most) as staging) as outer_most(id)
