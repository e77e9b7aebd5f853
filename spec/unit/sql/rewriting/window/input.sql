select rank() over w, lag(x) over (partition by staging.t.y order by x) from staging.t window w as (partition by (select max(z) from staging.zs))
