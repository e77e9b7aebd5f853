{{ config(severity='warn', description='the states of a year have about as many people as the nation') }}
select year, sum(population) filter (where area_type = 'state') as states, sum(population) filter (where area_type = 'nation') as nation
from reporting.estimates
group by year
having abs(1 - sum(population) filter (where area_type = 'state') / sum(population) filter (where area_type = 'nation')) > 0.01
