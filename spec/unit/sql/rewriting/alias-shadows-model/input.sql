select arrests.id, staging.x from staging.agencies as arrests, staging.arrests as staging where staging.x = arrests.id for update of staging, arrests
