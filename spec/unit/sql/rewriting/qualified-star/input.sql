select staging.t.*, staging.t from staging.t
