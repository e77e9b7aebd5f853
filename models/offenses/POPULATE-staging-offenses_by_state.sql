{{ config(tags=['yearly']) }}
select
  agency.state_abbr,
  counted.year,
  counted.offense,
  sum(counted.offenses)::integer as offenses,
  sum(agency.population)::integer as population,
  {{ per_100k('sum(counted.offenses)', 'sum(agency.population)') }} as offenses_per_100k
from {{ ref('offenses_by_agency') }} as counted
join {{ ref('agencies') }} as agency on agency.ori = counted.ori
group by agency.state_abbr, counted.year, counted.offense
