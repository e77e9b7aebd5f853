select staging_dev.t.col, staging_dev.t.col + staging_dev.t . other, sum(staging_dev.t.n) over (partition by staging_dev.t.col)
from staging_dev.t
group by staging_dev.t.col order by staging_dev.t.col
