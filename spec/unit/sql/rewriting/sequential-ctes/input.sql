with a as (select * from b), b as (select * from a join staging.b using (id)) select * from a, b, staging.a
