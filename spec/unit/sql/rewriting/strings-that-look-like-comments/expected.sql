select '--', '/*' from staging_dev.a -- it's staging.b
where a = '--' or $q$ -- $q$ = "--"
