import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, outputColumns } from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

const tables: Readonly<Record<string, readonly string[]>> = {
  'staging.t': ['id', 'a', 'c', 'j', 'n', 'ok'],
  'staging.u': ['id', 'b', 'Odd "x'],
  'staging.v': ['x'],
};

function columnsOf({ schema, name }: { readonly schema?: string; readonly name: string }): readonly string[] | undefined {
  return tables[`${schema}.${name}`];
}

/** What Postgres 18 itself calls the columns of these queries. */
const named: readonly (readonly [sql: string, names: readonly string[]])[] = [
  [
    'select 1',
    ['?column?'],
  ],
  [
    'select 1, \'a\', true, null, 1::int, \'1\'::text::int, cast(a as text), a::text, a || \'x\', -id, not ok, id is null from staging.t',
    ['?column?', '?column?', '?column?', '?column?', 'int4', 'int4', 'a', 'a', '?column?', '?column?', '?column?', '?column?'],
  ],
  [
    'select case when true then 1 end, case when true then id else a::int end from staging.t',
    ['case', 'a'],
  ],
  [
    'select case when true then 1 else 1::int end, coalesce(a,\'x\'), greatest(1,2), least(1,2), nullif(1,2), array[1], row(1,2), exists(select 1), array(select 1), (select 1), (select id from staging.t limit 1), (select max(id) from staging.t) from staging.t',
    ['case', 'coalesce', 'greatest', 'least', 'nullif', 'array', 'row', 'exists', 'array', '?column?', 'id', 'max'],
  ],
  [
    'select (c).p, (c).q::text, (array[1])[1], (array_agg(id))[1], count(*), pg_catalog.lower(max(a)) from staging.t group by c',
    ['p', 'q', 'array', 'array_agg', 'count', 'lower'],
  ],
  [
    'select current_date, current_time, current_timestamp(2), localtime, localtimestamp(1), current_user, session_user, user, current_role, current_catalog, current_schema, now()',
    ['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp', 'current_user', 'session_user', 'user', 'current_role', 'current_catalog', 'current_schema', 'now'],
  ],
  [
    'select extract(year from now()), trim(\'a\'), substring(\'abc\' from 2), overlay(\'abc\' placing \'x\' from 1), position(\'a\' in \'b\'), now() at time zone \'utc\', interval \'1 day\', date \'2020-01-01\', \'a\' collate "C", 1 in (1,2), 1 = any(array[1]), \'a\' like \'b\', 1 between 1 and 2',
    ['extract', 'btrim', 'substring', 'overlay', 'position', 'timezone', 'interval', 'date', '?column?', '?column?', '?column?', '?column?', '?column?'],
  ],
  [
    'select * from staging.t',
    ['id', 'a', 'c', 'j', 'n', 'ok'],
  ],
  [
    'select t.*, u.b from staging.t, staging.u',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'b'],
  ],
  [
    'select * from staging.t join staging.u using (id)',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'b', 'Odd "x'],
  ],
  [
    'select t.*, u.* from staging.t join staging.u using (id)',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'id', 'b', 'Odd "x'],
  ],
  [
    'select j.*, u.* from staging.t join staging.u using (id) as j',
    ['id', 'id', 'b', 'Odd "x'],
  ],
  [
    'select * from (staging.t join staging.u using (id)) as k(a1,a2)',
    ['a1', 'a2', 'c', 'j', 'n', 'ok', 'b', 'Odd "x'],
  ],
  [
    'select * from staging.t a left join staging.u using (id) full join staging.v on true',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'b', 'Odd "x', 'x'],
  ],
  [
    'select * from staging.t a join staging.u b on a.id=b.id join staging.t d on true',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'id', 'b', 'Odd "x', 'id', 'a', 'c', 'j', 'n', 'ok'],
  ],
  [
    'select staging.t.*, 1 as x, 1 as x from staging.t',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'x', 'x'],
  ],
  [
    'select z.* from staging.t as z(one, two)',
    ['one', 'two', 'c', 'j', 'n', 'ok'],
  ],
  [
    'with x as (select id, a from staging.t) select * from x',
    ['id', 'a'],
  ],
  [
    'with x(p) as (select id, a from staging.t), y as (select x.*, 1 from x) select * from y union all select 1,\'a\',3',
    ['p', 'a', '?column?'],
  ],
  [
    'with recursive r(n) as (select 1, 2 as m union all select n+1, m from r where n<3) select * from r',
    ['n', 'm'],
  ],
  [
    'with recursive r as (select 1 as n union all select n+1 from r where n<3) search depth first by n set o select * from r',
    ['n', 'o'],
  ],
  [
    'with recursive r as (select 1 as n union all select n+1 from r where n<3) cycle n set isc using pth select * from r',
    ['n', 'isc', 'pth'],
  ],
  [
    'with recursive b as (select * from a), a as (select 5 as five) select * from b',
    ['five'],
  ],
  [
    'values (1,2),(3,4)',
    ['column1', 'column2'],
  ],
  [
    'select * from (values (1,2)) as v(a)',
    ['a', 'column2'],
  ],
  [
    'select * from (values (1,2)) v',
    ['column1', 'column2'],
  ],
  [
    'table staging.u',
    ['id', 'b', 'Odd "x'],
  ],
  [
    '(select id as q from staging.t limit 1) union all (select 2) order by 1',
    ['q'],
  ],
  [
    'select * from generate_series(1,2)',
    ['generate_series'],
  ],
  [
    'select * from generate_series(1,2) g',
    ['g'],
  ],
  [
    'select * from generate_series(1,2) with ordinality as g',
    ['g', 'ordinality'],
  ],
  [
    'select * from generate_series(1,2) with ordinality as g(n, o)',
    ['n', 'o'],
  ],
  [
    'select * from unnest(array[1]) as q(v)',
    ['v'],
  ],
  [
    'select * from unnest(array[1]) with ordinality as q(v)',
    ['v', 'ordinality'],
  ],
  [
    'select * from rows from (generate_series(1,2), generate_series(1,3)) as z(a,b)',
    ['a', 'b'],
  ],
  [
    'select * from json_to_record(\'{}\') as z(a int, b text)',
    ['a', 'b'],
  ],
  [
    'with d as (delete from staging.t where false returning *) select * from d',
    ['id', 'a', 'c', 'j', 'n', 'ok'],
  ],
  [
    'with d as (delete from staging.t using staging.u where false returning *) select * from d',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'id', 'b', 'Odd "x'],
  ],
  [
    'with d as (update staging.t set id=1 from staging.u x where false returning x.*, t.id, old.*, new.id as nid) select * from d',
    ['id', 'b', 'Odd "x', 'id', 'id', 'a', 'c', 'j', 'n', 'ok', 'nid'],
  ],
  [
    'with d as (insert into staging.u(id) select 1 where false returning id, b, lower(b)) select * from d',
    ['id', 'b', 'lower'],
  ],
  [
    'with d as (merge into staging.u using (select 1 as k) s on true when matched then do nothing returning *, merge_action()) select * from d',
    ['k', 'id', 'b', 'Odd "x', 'merge_action'],
  ],
  [
    'select * from staging.t tablesample system(10)',
    ['id', 'a', 'c', 'j', 'n', 'ok'],
  ],
  [
    'select * from staging.t t1, lateral (select t1.id as tid, b from staging.u) l',
    ['id', 'a', 'c', 'j', 'n', 'ok', 'tid', 'b'],
  ],
  [
    'select json_object(\'a\': 1), json_array(1,2), json_query(j, \'$\'), json_value(j, \'$.a\'), json_exists(j,\'$\'), json_scalar(1), json(\'{}\'), json_serialize(\'{}\'), json_objectagg(\'a\': 1) over (), json_arrayagg(1) over () from staging.t',
    ['json_object', 'json_array', 'json_query', 'json_value', 'json_exists', 'json_scalar', 'json', 'json_serialize', 'json_objectagg', 'json_arrayagg'],
  ],
  [
    'select xmlconcat(\'<a/>\'), xmlelement(name foo), xmlforest(1 as a), grouping(id) from staging.t group by id',
    ['xmlconcat', 'xmlelement', 'xmlforest', 'grouping'],
  ],
  [
    'select count(*) filter (where true) over (), sum(id) over (), a->>\'x\', j->\'a\' from (select 1 as id, j as a, j from staging.t) s',
    ['count', 'sum', '?column?', '?column?'],
  ],
  [
    'select * from (select 1 as a, 2 as a) s(b)',
    ['b', 'a'],
  ],
  [
    'select 1 as "Ä 🚓", "Odd ""x" from staging.u',
    ['Ä 🚓', 'Odd "x'],
  ],
  [
    'select a.id from (staging.t a cross join staging.u b)',
    ['id'],
  ],
  [
    'select u from staging.u',
    ['u'],
  ],
  [
    'select (select * from (select 1 as zz) s), (select 1)::text, case when true then 1 else (select 2 as b) end',
    ['zz', '?column?', 'b'],
  ],
  [
    'select * from (select * from staging.t) join (select id from staging.u) as x using (id)',
    ['id', 'a', 'c', 'j', 'n', 'ok'],
  ],
  [
    'select system_user, normalize(\'a\'), 1 is distinct from 2, 1 is null, xmlserialize(content \'<a/>\' as text)',
    ['system_user', 'normalize', '?column?', '?column?', 'xmlserialize'],
  ],
  [
    'select unnest(array[1,2]), - 1::int, + id, (id), ((a)) from staging.t',
    ['unnest', '?column?', '?column?', 'id', 'a'],
  ],
];

const unknown = [
  'select * from elsewhere',
  'select staging.t.*, x.* from staging.t, elsewhere as x',
  'select * from staging.t natural join staging.u',
  'select * from json_each(\'{}\')',
  'select (c).* from staging.t',
  'select (select * from elsewhere)',
  'with recursive r as (select * from r) select * from r',
  'select nothing.* from staging.t',
  'select other.t.* from staging.t',
  'delete from staging.t',
  'select 1; select 2',
  '',
];

beforeAll(loadParser);

describe('outputColumns', () => {
  it.each(named)('%s', (sql, names) => {
    expect(outputColumns(mustParse(sql), columnsOf)?.map(({ name }) => name)).toEqual(names);
  });

  it.each(unknown)('cannot tell those of: %s', (sql) => {
    expect(outputColumns(mustParse(sql), columnsOf)).toBeUndefined();
  });

  it('says where each column comes from', () => {
    const sql = "-- é\nselect '🚓' as car, id + 1 as next,\n  t.* from staging.t";
    const columns = outputColumns(mustParse(sql), columnsOf) ?? [];
    const at = (text: string) => sql.indexOf(text);
    expect(columns.slice(0, 3)).toEqual([
      { name: 'car', offset: at("'🚓'") },
      { name: 'next', offset: at('id + 1') },
      { name: 'id', offset: at('t.*') },
    ]);
    expect(outputColumns(mustParse(' values (1)'), columnsOf)).toEqual([{ name: 'column1', offset: 1 }]);
  });

  it('reads qualified names without their database', () => {
    expect(outputColumns(mustParse('select * from db.staging.v'), columnsOf)).toEqual([{ name: 'x', offset: 7 }]);
  });
});
