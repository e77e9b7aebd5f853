{{ config(materialized='view', tags=['rates']) }}
select year, population, violent_crime_rate, violent_crime_change, property_crime_rate, property_crime_change
from {{ ref('rates') }}
where area_type = 'nation'
