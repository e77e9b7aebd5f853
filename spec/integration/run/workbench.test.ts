import { expect, test } from 'vitest';
import { createTestDatabase } from '../../harness/index.js';
import { commentsOn, createRole, indexesOn, relationFacts, relationsIn, rightsOn, schemasOf } from './hanging.js';
import { workshop } from './project-run.js';

test('descriptions become comments where the configuration says so, and those of others stay', async () => {
  const text = `it's "described"\\n with \\\\ and é🚓 and $$`;
  const properties = (first: string) => `models:
  - name: a
    description: ${JSON.stringify(first)}
    columns: [{name: id, description: "the key"}, {name: n}]
  - name: v
    description: a view
    columns: [{name: id, description: of the view}]
  - {name: star, columns: [{name: gone, description: not there}, {name: id, description: there}]}
`;
  const { build, database, project, query } = await workshop(
    {
      'staging.a': 'select 1 as id, 2 as n',
      'staging.v': "{{ config(materialized='view') }}select id from staging.a",
      'staging.star': "select * from {{ source('raw', 't') }}",
      'models/p.yaml': properties('one'),
      'models/s.yaml': 'sources: [{name: raw, tables: [{name: t}]}]',
    },
    'comments: true',
  );
  await query('CREATE SCHEMA raw; CREATE TABLE raw.t AS SELECT 1 AS id');
  expect(await build()).toMatchObject({ exitCode: 0, told: [] });
  expect(await commentsOn(database, 'staging_dev.a')).toEqual(['- one', 'id the key']);
  expect(await commentsOn(database, 'staging_dev.v')).toEqual(['- a view', 'id of the view']);
  expect(await commentsOn(database, 'staging_dev.star')).toEqual(['id there']);

  await query("COMMENT ON COLUMN staging_dev.a.n IS 'theirs'; COMMENT ON COLUMN staging_dev.a.id IS 'overruled'; COMMENT ON VIEW staging_dev.v IS 'overruled'");
  project.write({ 'models/p.yaml': properties(text) });
  for (const _ of [1, 2]) {
    expect(await build()).toMatchObject({ exitCode: 0, told: [] });
    expect(await commentsOn(database, 'staging_dev.a')).toEqual([`- ${text}`, 'id the key', 'n theirs']);
    expect(await commentsOn(database, 'staging_dev.v')).toEqual(['- a view', 'id of the view']);
  }
});

test('held tables keep the comments of the model and of others', async () => {
  const { build, database, publish, query } = await workshop(
    { 'staging.a': 'select 1 as id, 2 as n', 'models/p.yaml': 'models: [{name: a, description: ours, columns: [{name: id, description: key}]}]' },
    'comments: true',
  );
  await build();
  await query("COMMENT ON TABLE staging_dev.a IS 'overruled'; COMMENT ON COLUMN staging_dev.a.n IS 'theirs'");
  await build({ hold: true });
  expect(await publish()).toMatchObject({ exitCode: 0, told: [] });
  expect(await commentsOn(database, 'staging_dev.a')).toEqual(['- ours', 'id key', 'n theirs']);
});

test('indexes of every kind, in the workbench before anyone sees the table', async () => {
  const { build, database } = await workshop({
    'staging.a': `{{ config(indexes=[{columns: ['id'], unique: true}, {columns: ['n', 'Odd "name"']}, {columns: ['doc'], type: 'gin'}, {columns: 'n', type: 'hash'}]) }}
      select g as id, g % 2 as n, g as "Odd ""name""", jsonb_build_object('g', g) as doc from generate_series(1, 5) as g`,
  });
  for (const _ of [1, 2]) {
    expect(await build()).toMatchObject({ exitCode: 0, told: [] });
    expect(await indexesOn(database, 'staging_dev.a')).toEqual([
      'CREATE INDEX "a_n_Odd ""name""_idx" ON staging_dev.a USING btree (n, "Odd ""name""")',
      'CREATE INDEX a_doc_idx ON staging_dev.a USING gin (doc)',
      'CREATE INDEX a_n_idx ON staging_dev.a USING hash (n)',
      'CREATE UNIQUE INDEX a_id_idx ON staging_dev.a USING btree (id)',
    ]);
  }
});

test('tables whose indexes would get the same names get others', async () => {
  const long = 'a'.repeat(57);
  const index = (columns: string) => `{{ config(indexes=[{columns: [${columns}]}]) }}`;
  const { build, database, query } = await workshop({
    'staging.x': `${index("'a_b'")}select 1 as a_b`,
    'staging.x_a': `${index("'b'")}select 1 as b`,
    [`staging.${long}_one`]: `${index("'id'")}select 1 as id`,
    [`staging.${long}_two`]: `${index("'id'")}select 1 as id`,
    'staging.y_n_idx': 'select 1 as n',
    'staging.y': `${index("'n'")}select n from staging.y_n_idx`,
  });
  const names = async () => (await query(`SELECT c.relname FROM pg_class AS c WHERE relkind = 'i' AND relnamespace = 'staging_dev'::regnamespace ORDER BY 1`)).map((row) => row['relname'] ?? '');
  for (const threads of [1, 4, 4]) {
    expect(await build({ threads })).toMatchObject({ exitCode: 0, told: [] });
    const all = await names();
    expect(all).toHaveLength(5);
    expect(all.filter((name) => Buffer.byteLength(name) > 63)).toEqual([]);
    expect(await indexesOn(database, 'staging_dev.y')).toEqual([expect.stringMatching(/^CREATE INDEX y_n_idx_[0-9a-f]{8} ON/)]);
    expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
  }
});

test('what failed stays in the workbench until it is built again; nothing else does', async () => {
  const { build, database, project } = await workshop({
    'staging.a': 'select 1 as id',
    'staging.checked': 'select null::int as id from staging.a',
    'staging.v': "{{ config(materialized='view') }}select 1 / (id - id) as x from staging.checked",
    'staging.broken': 'select nope from staging.a',
    'models/p.yaml': 'models: [{name: checked, columns: [{name: id, checks: [not_null]}]}]',
  });
  expect((await build()).nodes).toEqual({ a: 'success', checked: 'failed', v: 'skipped', broken: 'failed' });
  expect(await relationsIn(database, 'staging_dev__work')).toEqual(['table checked']);
  expect(await schemasOf(database)).toEqual(['dbluigi', 'public', 'staging_dev', 'staging_dev__work']);
  project.write({ 'models/POPULATE-staging-checked.sql': "{{ config(materialized='view') }}select 1 as id from staging.a" });
  expect((await build()).nodes).toEqual({ a: 'success', checked: 'success', v: 'success', broken: 'failed' });
  expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
  expect(await relationsIn(database, 'staging_dev')).toEqual(['table a', 'view checked', 'view v']);
});

test('a role that is no superuser builds what it may, and is told what it may not', async () => {
  const database = await createTestDatabase();
  const [role, other] = [await createRole(database), await createRole(database)];
  await database.query(`ALTER ROLE ${role} LOGIN PASSWORD 'secret'; GRANT CREATE ON DATABASE ${database.name} TO ${role}; GRANT CREATE, USAGE ON SCHEMA public TO ${other}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'secret';
  const { build, project } = await workshop({ 'staging.a': 'select 1 as id', 'staging.b': 'select 1 as id', 'staging.c': 'select 1 as id' }, '', { ...database, url: url.href });
  expect(await build()).toMatchObject({ exitCode: 0, told: [] });
  await database.query(`GRANT USAGE ON SCHEMA staging_dev TO ${other}; GRANT SELECT ON staging_dev.a TO ${other};
    SET ROLE ${other}; CREATE VIEW public.theirs AS SELECT id FROM staging_dev.a; RESET ROLE;
    ALTER TABLE staging_dev.b OWNER TO ${other}; ALTER TABLE staging_dev.c OWNER TO ${other}`);
  const hint = 'dbl did not make it and does not drop it. Drop it, build, and create it again.';
  expect([...(await build()).told].toSorted()).toEqual([
    `DBL2401: "staging_dev.a" cannot be replaced, since this hangs on it: view public.theirs, which belongs to ${other} | POPULATE-staging-a.sql | ${hint}`,
    `DBL2401: "staging_dev.b" cannot be replaced, since this hangs on it: owner ${other} | POPULATE-staging-b.sql | ${hint}`,
    `DBL2401: "staging_dev.c" cannot be replaced, since this hangs on it: owner ${other} | POPULATE-staging-c.sql | ${hint}`,
  ]);
  await database.query(`GRANT ${other} TO ${role}; GRANT CREATE ON SCHEMA staging_dev TO ${other}`);
  project.write({ 'models/POPULATE-staging-a.sql': 'select 2 as id' });
  expect(await build()).toMatchObject({ exitCode: 0, told: [] });
  expect(await database.query('SELECT id FROM public.theirs')).toEqual([{ id: '2' }]);
  expect(await relationFacts(database, 'public.theirs')).toMatchObject({ owner: other });
  expect(await relationFacts(database, 'staging_dev.b')).toMatchObject({ owner: other });
  expect(await rightsOn(database, 'staging_dev.a')).toEqual([`- ${other} SELECT`]);
});
