select staging_dev.t.*, staging.t from staging_dev.t
