select 'ÄÖÜ – staging.x', é.naïve from staging.café as é join staging."日本" on true join staging.ñandú on true
