values ((select max(id) from staging_dev.a), 'staging.a'), (2, $$ from staging.a $$)
