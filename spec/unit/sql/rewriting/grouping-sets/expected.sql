select staging_dev.t.a, b, grouping(staging_dev.t.a, b), count(*) filter (where b) from staging_dev.t group by grouping sets ((staging_dev.t.a, b), (staging_dev.t.a), ()), rollup (c), cube (d)
