{{ config(indexes=[{ 'columns': ['ori', 'month', 'offense'], 'unique': true }]) }}
-- What agencies sent in: one row for each agency, month and offense. An agency that sent nothing for a month has no rows.
with gaps (ori, first_month, last_month) as (
  values
    ('CO0010200', date '2021-07-01', date '2021-12-01'),
    ('IL0160000', date '2022-11-01', date '2022-11-01'),
    ('TX1010200', date '2020-01-01', date '2020-12-01'),
    ('TX2200000', date '2023-03-01', date '2023-12-01'),
    ('VT0040200', date '2020-05-01', date '2021-04-01')
)

select
  agency.ori,
  month::date as month,
  type.offense,
  round(
    greatest(agency.population, 20000) / 100000.0
    * type.yearly_per_100k / 12
    * (0.75 + 0.5 * {{ dice("agency.ori || to_char(month, 'YYYY-MM') || type.offense") }})
  )::integer as offenses
from {{ ref('agency_register') }} as agency
cross join {{ ref('offense_types') }} as type
cross join generate_series(
  timestamp '{{ var('first_year') }}-01-01',
  timestamp '{{ var('last_year') }}-12-01',
  interval '1 month'
) as month
where not exists (
  select from gaps
  where gaps.ori = agency.ori and month between gaps.first_month and gaps.last_month
)
