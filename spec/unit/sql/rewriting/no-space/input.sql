select*from"staging"."a",staging.b/**/where staging.b.x=1.5 and a.y>2 union select*from"staging"."c"where"c".x
