select a.id from staging.a where not exists (select from staging.b where b.a_id = staging.a.id and staging.b.ok)
