with arrests as (select * from staging_dev.arrests)
select * from arrests join staging_dev.arrests as raw using (id)
