select "Odd ""name"".x"."id" from staging_dev."Odd ""name"".x" join staging_dev.plain p on true join "Staging".other o on true
