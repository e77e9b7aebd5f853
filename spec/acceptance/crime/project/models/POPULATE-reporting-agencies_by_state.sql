select state_name, count(*) as agencies, count(lat) as located, count(*) filter (where was_edited) as edited
from agencies
group by state_name
