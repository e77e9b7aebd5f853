select*from staging_dev.a,staging_dev.b/**/where staging_dev.b.x=1.5 and a.y>2 union select*from staging_dev.c where"c".x
