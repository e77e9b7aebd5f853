-- The file's name says what it is: the query that fills the table "states" of the schema "raw".
select *
from (
  values
    ('AK', 'Alaska', 'West'),
    ('CO', 'Colorado', 'West'),
    ('IL', 'Illinois', 'Midwest'),
    ('MA', 'Massachusetts', 'Northeast'),
    ('TX', 'Texas', 'South'),
    ('VT', 'Vermont', 'Northeast')
) as state (state_abbr, state_name, region)
