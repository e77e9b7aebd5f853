{{ config(tags=['yearly'], indexes=[{ 'columns': ['ori', 'year', 'offense'], 'unique': true }]) }}
-- Only agencies that reported all twelve months of the year.
select
  report.ori,
  full_year.year,
  report.offense,
  sum(report.offenses)::integer as offenses
from {{ ref('monthly_returns') }} as report
join {{ ref('full_years') }} as full_year
  on full_year.ori = report.ori and full_year.year = extract(year from report.month)
group by report.ori, full_year.year, report.offense
