select staging.t.a, b, grouping(staging.t.a, b), count(*) filter (where b) from staging.t group by grouping sets ((staging.t.a, b), (staging.t.a), ()), rollup (c), cube (d)
