select staging.t.col, staging.t.col + staging . "t" . other, sum(staging.t.n) over (partition by staging.t.col)
from staging.t
group by staging.t.col order by staging.t.col
