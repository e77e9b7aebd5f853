(with x as (select * from staging_dev.a) select * from x union all select * from staging_dev.x)
except select * from x
intersect (select * from staging_dev.b order by 1 limit 3)
