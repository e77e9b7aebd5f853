{{ config(tags=['api'], indexes=[{ 'columns': ['ori'], 'unique': true }, { 'columns': ['state_abbr'] }]) }}
-- All that a web page about an agency shows, in one row. There is no private column here, and a test sees to it.
select
  agency.ori,
  agency.agency_name,
  agency.agency_type,
  agency.population,
  state.state_abbr,
  state.state_name,
  state.region,
  months.months_reported as months_reported_{{ var('last_year') }},
  {% for category in ['violent', 'property'] %}
  latest.{{ category }}_offenses,
  {{ per_100k('latest.' ~ category ~ '_offenses', 'agency.population') }} as {{ category }}_per_100k,
  {% endfor %}
  latest.year as latest_full_year
from {{ ref('agencies') }} as agency
join {{ ref('states') }} as state on state.state_abbr = agency.state_abbr
join {{ ref('months_reported') }} as months
  on months.ori = agency.ori and months.year = {{ var('last_year') }}
left join lateral (
  select
    counted.year,
    sum(counted.offenses) filter (where type.category = 'violent')::integer as violent_offenses,
    sum(counted.offenses) filter (where type.category = 'property')::integer as property_offenses
  from {{ ref('offenses_by_agency') }} as counted
  join {{ ref('offense_types') }} as type on type.offense = counted.offense
  where counted.ori = agency.ori
  group by counted.year
  order by counted.year desc
  limit 1
) as latest on true
