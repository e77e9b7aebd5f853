select '🚓🚨' as "🚔 staging.x", /* 👮 */ staging_dev.arrests.id from staging_dev.arrests join staging_dev."🚓" on staging_dev."🚓".id = staging_dev.arrests.id
