SELECT * FROM STAGING.Arrests JOIN Staging . Agencies USING (id)
