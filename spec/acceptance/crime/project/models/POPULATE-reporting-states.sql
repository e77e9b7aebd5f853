-- In plain SQL, as it was before: the source is named by its schema once, and found by the search path once.
select
  state.state_postal_abbr as state_abbr,
  state.state_name,
  state.state_fips_code,
  region.region_name
from ucr.state_lk as state
join region_lk as region using (region_code)
