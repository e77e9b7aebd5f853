select (staging.x).y, staging.x, staging.* from staging.t as staging
