with arrests as (select * from staging.arrests)
select * from arrests join staging.arrests as raw using (id)
