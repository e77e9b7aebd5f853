{{ config(tags=['yearly']) }}
-- This one is written in plain SQL: names of models are found without ref(), and pointed at the target's schema.
with nation as (
  select
    counted.year,
    type.category,
    sum(counted.offenses)::integer as offenses
  from offenses_by_agency as counted
  join raw.offense_types as type on type.offense = counted.offense
  group by counted.year, type.category
)

select
  year,
  category,
  offenses,
  {{ percent_change('offenses', 'lag(offenses) over (partition by category order by year)') }} as change_percent
from nation
