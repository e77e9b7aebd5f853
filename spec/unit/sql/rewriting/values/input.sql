values ((select max(id) from staging.a), 'staging.a'), (2, $$ from staging.a $$)
