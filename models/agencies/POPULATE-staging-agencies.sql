{{ config(indexes=[{ 'columns': ['ori'], 'unique': true }, { 'columns': ['state_abbr'] }]) }}
-- Names are corrected here and only here: the register keeps what the states wrote. Contacts are left behind.
select
  agency.ori,
  coalesce(edit.edited_name, {{ full_agency_name('agency.name', 'agency.agency_type') }}) as agency_name,
  agency.agency_type,
  agency.state_abbr,
  agency.population,
  edit.ori is not null as name_was_edited
from {{ ref('agency_register') }} as agency
left join {{ ref('agency_name_edits') }} as edit on edit.ori = agency.ori
