{{ config(tags=['rates']) }}
{% set offenses = ['violent_crime', 'homicide', 'robbery', 'aggravated_assault', 'property_crime', 'burglary', 'larceny', 'motor_vehicle_theft'] %}
select
  area,
  area_type,
  year,
  population,
  {% for offense in offenses %}
  {{ rate(offense) }} as {{ offense }}_rate,
  {{ change(offense, 'partition by area order by year') }} as {{ offense }}_change,
  {% endfor %}
  caveats
from {{ ref('estimates') }}
