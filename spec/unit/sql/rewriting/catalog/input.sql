select db.staging.t.col, db.staging.t.* from db.staging.t
