select * from only staging_dev.x, only (staging_dev.y), staging_dev.z *, staging_dev.w tablesample system (1)
