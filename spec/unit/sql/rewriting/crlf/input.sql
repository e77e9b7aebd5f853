select *
from staging.a -- staging.b
  , staging
  .
  c
