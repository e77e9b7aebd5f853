select * from staging /* staging.no /* nested */ */ -- staging.no
  . -- here
  arrests /* staging.no */ as a
-- staging.no
