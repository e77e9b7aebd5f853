with recursive tree as (
  select id, parent from staging.nodes where parent is null
  union all
  select n.id, n.parent from staging.nodes n join tree on tree.id = n.parent join later on true
), later as (select 1 from staging.tree)
select * from tree
