{{ config(indexes=[{ 'columns': ['area', 'year'], 'unique': true }]) }}
-- Nation, states and territories in one table. A territory is counted by the sum of its localities, in years in which any reported.
select
  year,
  coalesce(state_abbr, 'US') as area,
  case when state_abbr is null then 'nation' else 'state' end as area_type,
  population,
  {{ counts() }},
  nullif(trim(caveats), '') as caveats
from {{ source('ucr', 'estimated') }}
union all
select
  year,
  case state_abbr when 'GU' then 'GM' else state_abbr end,
  'territory',
  sum(population),
  {{ counts('sum(', ')') }},
  string_agg(nullif(trim(caveats), ''), '; ')
from {{ source('ucr', 'territories') }}
group by year, state_abbr
having count(violent_crime) > 0
