select doc -> 'staging.x' ->> 'y' #> '{a,b}', doc @> '{"staging.x": 1}', doc ? 'staging.x' from staging_dev.docs where staging_dev.docs.doc @? '$.staging.x'
