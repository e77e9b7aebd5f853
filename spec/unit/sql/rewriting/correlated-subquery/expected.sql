select a.id from staging_dev.a where not exists (select from staging_dev.b where b.a_id = staging_dev.a.id and staging_dev.b.ok)
