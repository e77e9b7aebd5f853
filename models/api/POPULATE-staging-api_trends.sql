{{ config(materialized='view', tags=['api']) }}
-- A view: it holds no rows of its own, and shows what offenses_by_state holds at the moment.
select
  state.state_name,
  counted.year,
  counted.offense,
  counted.offenses_per_100k,
  covered.population_covered_percent
from {{ ref('offenses_by_state') }} as counted
join {{ ref('states') }} as state on state.state_abbr = counted.state_abbr
join {{ ref('participation') }} as covered
  on covered.state_abbr = counted.state_abbr and covered.year = counted.year
