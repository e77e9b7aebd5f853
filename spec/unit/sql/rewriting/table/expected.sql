table staging_dev.x
