{{ config(description='contacts are not for publication') }}
select distinct key as private_column
from {{ ref('api_agencies') }} as agency
cross join jsonb_object_keys(to_jsonb(agency)) as key
where key like 'contact%'
