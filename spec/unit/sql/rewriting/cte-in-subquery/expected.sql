select (with t as (select 1 as a) select a from t), t.b
from staging_dev.t
where exists (with staging as (select 2) select from staging, staging_dev.u)
