-- Agencies as the states enter them: short names, typing errors, and a contact who is nobody's business.
select
  *,
  'chief@' || lower(ori) || '.example' as contact_email,
  '555-' || lpad((row_number() over (order by ori) * 37)::text, 4, '0') as contact_phone
from (
  values
    ('AK0010100', 'AK', 'City', 'Fairhaven', 288000),
    ('AK0010200', 'AK', 'City', 'Port Lowell', 31000),
    ('AK0020000', 'AK', 'State Police', 'Alaska State Troopers', 0),
    ('CO0010100', 'CO', 'City', 'Redstone', 712000),
    ('CO0010200', 'CO', 'City', 'Bolder Creek', 104000),
    ('CO0030000', 'CO', 'County', 'Marlow', 145000),
    ('CO0040000', 'CO', 'County', 'Juniper County', 67000),
    ('IL0160000', 'IL', 'County', 'Lakemont', 940000),
    ('IL0160100', 'IL', 'City', 'Harbor City', 2690000),
    ('IL0160200', 'IL', 'City', 'Elmwood', 112000),
    ('IL0160300', 'IL', 'University or College', 'Univ Lakemont', 0),
    ('MA0130100', 'MA', 'City', 'Old Harbor', 675000),
    ('MA0130200', 'MA', 'City', 'Millbrook', 185000),
    ('MA0130300', 'MA', 'City', 'Saint Agnes', 94000),
    ('TX1010100', 'TX', 'City', 'Bayou Grande', 2300000),
    ('TX1010200', 'TX', 'City', 'Mesquite Flats', 245000),
    ('TX2200000', 'TX', 'County', 'Palo Rojo', 510000),
    ('TX2200100', 'TX', 'City', 'Las Cruzes', 260000),
    ('VT0040100', 'VT', 'City', 'Maple Falls', 44000),
    ('VT0040200', 'VT', 'County', 'Addition', 37000)
) as agency (ori, state_abbr, agency_type, name, population)
