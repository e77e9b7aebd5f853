select '🚓🚨' as "🚔 staging.x", /* 👮 */ staging.arrests.id from staging.arrests join staging."🚓" on staging."🚓".id = staging.arrests.id
