select '--', '/*' from staging.a -- it's staging.b
where a = '--' or $q$ -- $q$ = "--"
