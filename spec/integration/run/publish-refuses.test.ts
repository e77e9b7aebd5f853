import { expect, test } from 'vitest';
import { relationsIn, schemasOf } from './hanging.js';
import { workshop } from './project-run.js';

/** What is hung on `staging_dev.t_<name>`, and how the refusal lists it. */
const obstacles: Readonly<Record<string, { readonly sql: string; readonly list: string }>> = {
  materialized: { sql: 'CREATE MATERIALIZED VIEW public.mv AS SELECT id FROM staging_dev.t_materialized', list: 'materialized view public.mv' },
  foreign_key: {
    sql: 'CREATE UNIQUE INDEX ON staging_dev.t_foreign_key (id); CREATE TABLE public.child (id int CONSTRAINT to_t REFERENCES staging_dev.t_foreign_key (id))',
    list: 'table constraint to_t on public.child',
  },
  key: { sql: 'ALTER TABLE staging_dev.t_key ADD CONSTRAINT k PRIMARY KEY (id)', list: 'table constraint k on staging_dev.t_key' },
  checked: { sql: 'ALTER TABLE staging_dev.t_checked ADD CONSTRAINT positive CHECK (id > 0)', list: 'table constraint positive on staging_dev.t_checked' },
  not_null: { sql: 'ALTER TABLE staging_dev.t_not_null ALTER id SET NOT NULL', list: 'not-null constraint staging_dev.t_not_null.id' },
  defaulted: { sql: 'ALTER TABLE staging_dev.t_defaulted ALTER id SET DEFAULT 7', list: 'default value for staging_dev.t_defaulted.id' },
  triggered: { sql: 'CREATE TRIGGER "My t" AFTER INSERT ON staging_dev.t_triggered EXECUTE FUNCTION public.nothing()', list: 'trigger "My t" on staging_dev.t_triggered' },
  policy: { sql: 'CREATE POLICY p ON staging_dev.t_policy USING (id = 1)', list: 'policy p on staging_dev.t_policy' },
  security: { sql: 'ALTER TABLE staging_dev.t_security ENABLE ROW LEVEL SECURITY', list: 'row security staging_dev.t_security' },
  published: { sql: 'CREATE PUBLICATION pub FOR TABLE staging_dev.t_published', list: 'publication relation staging_dev.t_published in publication pub' },
  statistics: { sql: 'CREATE STATISTICS public.s ON id, n FROM staging_dev.t_statistics', list: 'statistics object public.s' },
  atomic: {
    sql: 'CREATE FUNCTION public.atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM staging_dev.t_atomic; END',
    list: 'function public.atomic()',
  },
  set_of: { sql: `CREATE FUNCTION public.set_of() RETURNS SETOF staging_dev.t_set_of LANGUAGE sql AS 'SELECT 1, 1'`, list: 'function public.set_of()' },
  row_type: { sql: 'CREATE TABLE public.holder (n int, one staging_dev.t_row_type)', list: 'table column public.holder.one' },
  row_array: { sql: 'CREATE TABLE public.many (rows staging_dev.t_row_array[])', list: 'table column public.many.rows' },
  inherited: { sql: 'CREATE TABLE public.heir () INHERITS (staging_dev.t_inherited)', list: 'table public.heir' },
  heir: { sql: 'CREATE TABLE public.parent (id int); ALTER TABLE staging_dev.t_heir INHERIT public.parent', list: 'inheritance from public.parent' },
  part: {
    sql: 'CREATE TABLE public.whole (id int, n int) PARTITION BY LIST (id); ALTER TABLE public.whole ATTACH PARTITION staging_dev.t_part FOR VALUES IN (1)',
    list: 'partition of public.whole',
  },
  ruled: { sql: 'CREATE RULE r AS ON DELETE TO staging_dev.t_ruled DO INSTEAD NOTHING', list: 'rule r on staging_dev.t_ruled' },
  numbered: { sql: 'CREATE SEQUENCE staging_dev.numbers OWNED BY staging_dev.t_numbered.id', list: 'sequence staging_dev.numbers' },
  identity: { sql: 'ALTER TABLE staging_dev.t_identity REPLICA IDENTITY FULL', list: 'replica identity staging_dev.t_identity' },
  optioned: { sql: 'ALTER TABLE staging_dev.t_optioned ALTER n SET (n_distinct = 5)', list: 'column options n' },
  several: {
    sql: `ALTER TABLE staging_dev.t_several ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON staging_dev.t_several;
      CREATE MATERIALIZED VIEW public.more AS SELECT id FROM staging_dev.t_several; CREATE VIEW public.fine AS SELECT n FROM staging_dev.t_several`,
    list: 'materialized view public.more; policy p on staging_dev.t_several; row security staging_dev.t_several',
  },
};

const functionForTriggers = "CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";

test('what cannot be carried over is listed, and nothing is changed', async () => {
  const models = Object.fromEntries(Object.keys(obstacles).map((name) => [`staging.t_${name}`, 'select 1 as id, 1 as n']));
  const { build, database, query } = await workshop({ ...models, 'staging.after': 'select * from t_key', 'staging.free': 'select 1 as id' });
  expect(await build()).toMatchObject({ exitCode: 0 });
  await query(`${functionForTriggers}; ${Object.values(obstacles).map(({ sql }) => sql).join(';\n')}`);
  const state = () => query(`SELECT c.oid::regclass::text AS name, c.oid, c.xmin FROM pg_class AS c WHERE relnamespace = 'staging_dev'::regnamespace AND relname ~ '^t_|^after' ORDER BY 1`);
  const before = await state();

  const ran = await build();
  expect(ran.exitCode).toBe(1);
  expect([...ran.told].toSorted()).toEqual(
    Object.entries(obstacles)
      .map(([name, { list }]) => `DBL2401: "staging_dev.t_${name}" cannot be replaced, since this hangs on it: ${list} | POPULATE-staging-t_${name}.sql | dbl did not make it and does not drop it. Drop it, build, and create it again.`)
      .toSorted(),
  );
  expect(ran.nodes).toEqual({ ...Object.fromEntries(Object.keys(obstacles).map((name) => [`t_${name}`, 'failed'])), after: 'skipped', free: 'success' });
  expect(await state()).toEqual(before);
  // Nothing is built that could not be published.
  expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
  expect(await schemasOf(database)).not.toContainEqual(expect.stringContaining('trash'));
});

test('a view that does not fit the new columns is named, and nothing is changed', async () => {
  const { build, project, query } = await workshop({
    'staging.people': "select 1 as id, 'a'::varchar(10) as name, 2 as n",
    'staging.pets': 'select 1 as id, 2 as owner',
    'staging.reader': "{{ config(materialized='view') }}select name from staging.people",
  });
  await build();
  await query('CREATE VIEW public.names AS SELECT name FROM staging_dev.people; CREATE VIEW public.owners AS SELECT owner FROM staging_dev.pets; CREATE VIEW public.over AS SELECT * FROM staging_dev.reader');
  const people = (sql: string) => project.write({ 'models/POPULATE-staging-people.sql': sql });
  const hint = 'Keep the columns that are used, or drop the view and create it again; a view that is a model is built along by --select name+.';

  const retyped = 'cannot change data type of view column "name" from character varying(10) to character varying(20)';
  people("select 1 as id, 'a'::varchar(20) as name, 2 as n");
  project.write({ 'models/POPULATE-staging-pets.sql': 'select 1 as id' });
  const changed = await build();
  // Up to Postgres 15 the definition of a view qualifies the column.
  expect(changed.told.map((line) => line.replace('column pets.owner', 'column "owner"')).toSorted()).toEqual([
    `DBL2401: "staging_dev.people" cannot be replaced, since these views do not fit the new one: staging_dev.reader (${retyped}); public.names (${retyped}) | POPULATE-staging-people.sql | ${hint}`,
    `DBL2401: "staging_dev.pets" cannot be replaced, since this view does not fit the new one: public.owners (column "owner" does not exist) | POPULATE-staging-pets.sql | ${hint}`,
  ]);
  expect(changed.nodes).toEqual({ people: 'failed', pets: 'failed', reader: 'skipped' });
  expect(await query('SELECT o.owner, n.name FROM public.owners AS o, public.names AS n')).toEqual([{ owner: '2', name: 'a' }]);

  // A view of another model is not dropped unless the run builds it anew; and not even then where others have built on it.
  await query('DROP VIEW public.names');
  const alone = await build({ select: ['people'] });
  expect(alone.told).toEqual([
    `DBL2401: "staging_dev.people" cannot be replaced, since this view does not fit the new one: staging_dev.reader (${retyped}) | POPULATE-staging-people.sql | ${hint}`,
  ]);
  const together = await build({ select: ['people+'] });
  expect(together.told).toEqual(alone.told);
  expect(together.nodes).toEqual({ people: 'failed', reader: 'skipped' });
  expect(await query('SELECT * FROM public.over')).toEqual([{ name: 'a' }]);
});

test('a view model that does not fit is dropped and built anew in the same run, with what hung on it', async () => {
  const view = "{{ config(materialized='view') }}";
  const { build, project, query } = await workshop({
    'staging.people': "select 1 as id, 'a'::varchar(10) as name",
    'staging.names': `${view}select name from staging.people`,
    'staging.upper': `${view}select upper(name) as name, name as other from staging.names`,
    'staging.count': 'select count(*) as n from staging.upper',
  });
  await build();
  await query("GRANT SELECT ON staging_dev.names, staging_dev.upper TO PUBLIC; COMMENT ON VIEW staging_dev.upper IS 'theirs'; ALTER VIEW staging_dev.names SET (security_barrier)");
  project.write({ 'models/POPULATE-staging-people.sql': "select 1 as id, 'b'::varchar(20) as name" });
  const ran = await build();
  expect(ran).toMatchObject({ exitCode: 0, nodes: { people: 'success', names: 'success', upper: 'success', count: 'success' } });
  expect(ran.told).toEqual([
    'DBL2405: the view "staging_dev.names" did not fit the new "staging.people" and was dropped; this run builds it anew | POPULATE-staging-people.sql',
    'DBL2405: the view "staging_dev.upper" did not fit the new "staging.people" and was dropped; this run builds it anew | POPULATE-staging-people.sql',
  ]);
  expect(await query('SELECT name, other FROM staging_dev.upper')).toEqual([{ name: 'B', other: 'b' }]);
  expect(await query(`SELECT relname, relacl::text LIKE '%{=r/%' OR relacl::text LIKE '%,=r/%' AS granted, reloptions::text, obj_description(oid) AS comment FROM pg_class
    WHERE relnamespace = 'staging_dev'::regnamespace AND relkind = 'v' ORDER BY 1`)).toEqual([
    { relname: 'names', granted: 't', reloptions: '{security_barrier=true}', comment: null },
    { relname: 'upper', granted: 't', reloptions: null, comment: 'theirs' },
  ]);
});

test('a view model cannot be made anew over what hangs on it', async () => {
  const view = "{{ config(materialized='view') }}";
  const { build, project, query } = await workshop({ 'staging.v': `${view}select 1 as id, 2 as n` });
  await build();
  await query(`${functionForTriggers}; CREATE MATERIALIZED VIEW public.mv AS SELECT n FROM staging_dev.v; CREATE TRIGGER t INSTEAD OF INSERT ON staging_dev.v FOR EACH ROW EXECUTE FUNCTION public.nothing()`);
  project.write({ 'models/POPULATE-staging-v.sql': `${view}select 1 as id` });
  expect((await build()).told).toEqual([
    'DBL2401: the view "staging_dev.v" cannot be given its new columns in place (cannot drop columns from view), nor be made anew, since this hangs on it: materialized view public.mv; trigger t on staging_dev.v | POPULATE-staging-v.sql | Drop it, build, and create it again.',
  ]);
  project.write({ 'models/POPULATE-staging-v.sql': 'select 1 as id, 2 as n' });
  expect((await build()).told).toEqual([
    'DBL2401: "staging_dev.v" cannot be replaced, since this hangs on it: materialized view public.mv; trigger t on staging_dev.v | POPULATE-staging-v.sql | dbl did not make it and does not drop it. Drop it, build, and create it again.',
  ]);
  expect(await query('SELECT * FROM staging_dev.v')).toEqual([{ id: '1', n: '2' }]);
});

test('what dbl did not make is not replaced, whatever it is', async () => {
  const { build, database, query } = await workshop({
    'staging.a': 'select 1 as id', 'staging.b': "{{ config(materialized='view') }}select 1 as id", 'staging.c': 'select 1 as id', 'staging.d': 'select 1 as id', 'staging.e': 'select 1 as id',
  });
  await query(`CREATE SCHEMA staging_dev; CREATE TABLE staging_dev.a AS SELECT 7 AS id; CREATE VIEW staging_dev.b AS SELECT 7 AS id;
    CREATE MATERIALIZED VIEW staging_dev.c AS SELECT 7 AS id; CREATE SEQUENCE staging_dev.d; CREATE TABLE staging_dev.e (id int) PARTITION BY LIST (id)`);
  const before = await relationsIn(database, 'staging_dev');
  const kinds = { a: 'a table', b: 'a view', c: 'a materialized view', d: 'a sequence', e: 'a partitioned table' };
  const refused = async () => expect([...(await build()).told].toSorted()).toEqual(
    Object.entries(kinds).map(([name, kind]) => `DBL2102: "staging_dev.${name}" is ${kind} that dbl did not make, so it is not replaced | POPULATE-staging-${name}.sql | Rename it, move it to another schema or drop it; then build again.`),
  );
  await refused();
  // What failed once is no more dbl's than before.
  await refused();
  expect(await relationsIn(database, 'staging_dev')).toEqual(before);
  await query('DROP TABLE staging_dev.a');
  expect((await build({ select: ['a'] })).exitCode).toBe(0);
  // Not even a namesake of what dbl made is.
  await query('DROP TABLE staging_dev.a; CREATE TABLE staging_dev.a AS SELECT 8 AS id');
  expect((await build({ select: ['a'] })).told).toHaveLength(1);
  expect(await query('SELECT id FROM staging_dev.a')).toEqual([{ id: '8' }]);
});
