select * from staging.a, lateral (select * from staging.b where b.a_id = staging.a.id limit 1) as newest left join lateral staging.fn(newest.id) as f on true
