select *
from (
  values
    ('homicide', 'violent', 6),
    ('robbery', 'violent', 85),
    ('aggravated_assault', 'violent', 260),
    ('burglary', 'property', 340),
    ('larceny', 'property', 1550),
    ('motor_vehicle_theft', 'property', 260)
) as offense (offense, category, yearly_per_100k)
