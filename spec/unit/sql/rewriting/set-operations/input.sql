(with x as (select * from staging.a) select * from x union all select * from staging.x)
except select * from x
intersect (select * from staging.b order by 1 limit 3)
