select rank() over w, lag(x) over (partition by staging_dev.t.y order by x) from staging_dev.t window w as (partition by (select max(z) from staging_dev.zs))
