select * from U&"st\0061ging"."t" join U&"st!0061ging" UESCAPE '!' . t2 on true join u&"other".t3 on true
