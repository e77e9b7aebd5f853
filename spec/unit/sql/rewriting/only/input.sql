select * from only staging.x, only (staging.y), staging.z *, staging.w tablesample system (1)
