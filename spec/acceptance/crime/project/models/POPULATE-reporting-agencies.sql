{{ config(tags=['agencies'], indexes=[{ 'columns': 'ori', 'unique': true }, { 'columns': ['state_abbr'] }]) }}
with named as (
  select
    ori,
    agency_type_name as agency_type,
    coalesce(edited_name, pub_agency_name) as name,
    pub_agency_name,
    upper(edited_flag) = 'X' as was_edited,
    case left(ori, 2) when 'NB' then 'NE' else left(ori, 2) end as state_abbr
  from {{ source('ucr', 'agency_name_edits') }}
)

select
  named.ori,
  {{ county_name('named.name', 'named.agency_type') }} as agency_name,
  {{ county_name('named.pub_agency_name', 'named.agency_type') }} as published_name,
  named.agency_type,
  coalesce(named.was_edited, false) as was_edited,
  state.state_abbr,
  state.state_name,
  state.region_name,
  nullif(trim(place.zip), '') as zip,
  place.lat,
  place.lng
from named
left join {{ ref('states') }} as state on state.state_abbr = named.state_abbr
left join {{ source('ucr', 'icpsr_2012') }} as place on place.ori = named.ori
