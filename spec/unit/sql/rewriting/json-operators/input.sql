select doc -> 'staging.x' ->> 'y' #> '{a,b}', doc @> '{"staging.x": 1}', doc ? 'staging.x' from staging.docs where staging.docs.doc @? '$.staging.x'
