table staging.x
