{{ config(materialized='view') }}
-- The agencies and years that may be counted: a sum over eleven months would look like a drop in crime.
select ori, year
from {{ ref('months_reported') }}
where months_reported = 12
