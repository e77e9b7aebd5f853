-- Names that somebody looked up and corrected. The register itself is never touched: it belongs to the states.
select *
from (
  values
    ('CO0010200', 'Boulder Creek Police Department'),
    ('IL0160300', 'University of Lakemont Police'),
    ('TX2200100', 'Las Cruces Police Department'),
    ('VT0040200', 'Addison County Sheriff')
) as edit (ori, edited_name)
