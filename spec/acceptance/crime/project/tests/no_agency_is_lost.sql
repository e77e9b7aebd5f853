{{ config(description='every agency of the source is there, under its edited name if it has one') }}
select edits.ori, edits.edited_name, agency.agency_name
from {{ source('ucr', 'agency_name_edits') }} as edits
left join {{ ref('agencies') }} as agency on agency.ori = edits.ori
where agency.ori is null
  or (edits.agency_type_name <> 'County' and agency.agency_name is distinct from coalesce(edits.edited_name, edits.pub_agency_name))
