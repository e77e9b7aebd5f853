{{ config(description='an agency counts in a year only when it reported all twelve months of it') }}
select counted.ori, counted.year, months.months_reported
from {{ ref('offenses_by_agency') }} as counted
join {{ ref('months_reported') }} as months on months.ori = counted.ori and months.year = counted.year
where months.months_reported < 12
