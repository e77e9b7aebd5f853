{{ config(description='corrections are made in the derived table, never in the source') }}
-- A test is a query for what must not be: each row is a failure. This one reads two tables, of which "agencies" comes last:
-- it is not published when a row is found.
select edit.ori, register.name, edit.edited_name
from {{ ref('agency_name_edits') }} as edit
join {{ ref('agency_register') }} as register on register.ori = edit.ori
left join {{ ref('agencies') }} as agency on agency.ori = edit.ori
where register.name = edit.edited_name
  or agency.agency_name is distinct from edit.edited_name
