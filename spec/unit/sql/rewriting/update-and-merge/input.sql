with t as (select * from staging.source)
merge into staging.t using t on staging.t.id = t.id when matched then update set a = t.a when not matched then insert values (t.id);
update staging.t set a = (select max(a) from staging.u) from staging.v where staging.t.id = v.id;
delete from only staging.t where id in (select id from staging.u);
