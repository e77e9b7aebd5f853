with t as (select * from staging_dev.source)
merge into staging_dev.t using t on staging_dev.t.id = t.id when matched then update set a = t.a when not matched then insert values (t.id);
update staging_dev.t set a = (select max(a) from staging_dev.u) from staging_dev.v where staging_dev.t.id = v.id;
delete from only staging_dev.t where id in (select id from staging_dev.u);
