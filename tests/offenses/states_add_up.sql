{{ config(description='the offenses of all states are those of the nation') }}
-- Neither table reads the other, so neither comes last: they are published together or not at all.
with states as (
  select year, sum(offenses) as offenses
  from {{ ref('offenses_by_state') }}
  group by year
),

nation as (
  select year, sum(offenses) as offenses
  from {{ ref('offenses_national') }}
  group by year
)

select year, states.offenses as states, nation.offenses as nation
from states
full join nation using (year)
where states.offenses is distinct from nation.offenses
