select * from staging_dev.a, lateral (select * from staging_dev.b where b.a_id = staging_dev.a.id limit 1) as newest left join lateral staging.fn(newest.id) as f on true
