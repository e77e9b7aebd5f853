select "Odd ""name"".x"."id" from staging."Odd ""name"".x" join "staging"."plain" p on true join "Staging".other o on true
