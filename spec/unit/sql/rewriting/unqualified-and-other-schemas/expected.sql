select * from arrests, public.staging, pg_catalog.pg_class, staging_dev.x, stagings.x
