with a as (select * from b), b as (select * from a join staging_dev.b using (id)) select * from a, b, staging_dev.a
