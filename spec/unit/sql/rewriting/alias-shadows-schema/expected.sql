select (staging.x).y, staging.x, staging.* from staging_dev.t as staging
