SELECT * FROM staging_dev.arrests JOIN staging_dev.agencies USING (id)
