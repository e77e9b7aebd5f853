{{ config(tags=['yearly']) }}
-- How much of a state the statistics of a year cover.
select
  agency.state_abbr,
  months.year,
  count(*)::integer as agencies,
  count(full_year.ori)::integer as full_year_agencies,
  round(sum(agency.population) filter (where full_year.ori is not null) * 100.0 / sum(agency.population), 1) as population_covered_percent
from {{ ref('months_reported') }} as months
join {{ ref('agencies') }} as agency on agency.ori = months.ori
left join {{ ref('full_years') }} as full_year on full_year.ori = months.ori and full_year.year = months.year
group by agency.state_abbr, months.year
