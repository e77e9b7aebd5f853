select db.staging_dev.t.col, db.staging_dev.t.* from db.staging_dev.t
