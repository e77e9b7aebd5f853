select * from staging_dev.arrests /* staging.no */ as a
-- staging.no
