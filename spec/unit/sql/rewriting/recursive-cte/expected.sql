with recursive tree as (
  select id, parent from staging_dev.nodes where parent is null
  union all
  select n.id, n.parent from staging_dev.nodes n join tree on tree.id = n.parent join later on true
), later as (select 1 from staging_dev.tree)
select * from tree
