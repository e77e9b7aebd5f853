select *
from staging_dev.a -- staging.b
  , staging_dev.c
