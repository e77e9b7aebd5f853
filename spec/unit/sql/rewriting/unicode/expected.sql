select 'ÄÖÜ – staging.x', é.naïve from staging_dev."café" as é join staging_dev."日本" on true join staging_dev."ñandú" on true
