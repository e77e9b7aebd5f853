select arrests.id, staging.x from staging_dev.agencies as arrests, staging_dev.arrests as staging where staging.x = arrests.id for update of staging, arrests
