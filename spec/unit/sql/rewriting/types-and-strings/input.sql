select 'staging.x'::regclass, E'it\'s staging.x', U&'staging.x', null::staging.kind, cast(1 as staging.kind), x'1F', interval '1' day, current_date from staging.x collate_me
