with staging as (select 1), gone as (delete from staging.old using staging.x where old.id = x.id returning *), t as (select 1)
insert into staging.t as staging (id) select id from gone, t on conflict (id) do update set id = excluded.id returning *
