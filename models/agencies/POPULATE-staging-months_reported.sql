-- One row for each agency and year, also where nothing was reported: nought is an answer, a missing row is none.
select
  agency.ori,
  year,
  count(distinct report.month)::integer as months_reported
from {{ ref('agencies') }} as agency
cross join generate_series({{ var('first_year') }}, {{ var('last_year') }}) as year
left join {{ ref('monthly_returns') }} as report
  on report.ori = agency.ori and extract(year from report.month) = year
group by agency.ori, year
