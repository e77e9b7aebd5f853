import { expect, test } from 'vitest';
import { commentsOn, createRole, indexesOn, relationFacts, relationsIn, rightsOn, schemasOf } from './hanging.js';
import { workshop } from './project-run.js';

const people = "select id, 'name ' || id as name, id % 2 = 0 as even from generate_series(1, 4) as g (id)";
const good = { exitCode: 0, told: [] };

test('views of others read the new table: chains, other schemas, options, and two tables at once', async () => {
  const { build, database, query } = await workshop({ 'staging.people': people, 'staging.pets': 'select id, id + 1 as owner from generate_series(1, 3) as g (id)' });
  const reader = await createRole(database);
  await build();
  await query(`
    CREATE SCHEMA outside;
    CREATE VIEW staging_dev.evens WITH (security_barrier) AS SELECT * FROM staging_dev.people WHERE even;
    CREATE VIEW outside."Odd ""One""" (a, b) WITH (check_option = cascaded, security_barrier = false) AS SELECT id, name FROM staging_dev.people WHERE NOT even;
    CREATE VIEW outside.chain AS SELECT e.name, o.b FROM staging_dev.evens AS e, outside."Odd ""One""" AS o;
    CREATE VIEW outside.last AS SELECT count(*) AS n FROM outside.chain;
    CREATE VIEW outside.both AS SELECT p.*, t.id AS pet FROM staging_dev.people AS p JOIN staging_dev.pets AS t ON t.owner = p.id;
    CREATE VIEW outside.whole AS SELECT to_jsonb(p) AS doc FROM staging_dev.people AS p;
    GRANT SELECT ON outside.chain TO ${reader} WITH GRANT OPTION;
    COMMENT ON VIEW outside.chain IS 'kept';
    COMMENT ON COLUMN outside.chain.b IS 'kept too'`);
  const before = await relationFacts(database, 'outside.chain');
  const definitions = () => query(`SELECT c.oid::regclass::text AS view, pg_get_viewdef(c.oid) AS sql, reloptions FROM pg_class AS c WHERE relkind = 'v' AND relnamespace IN ('outside'::regnamespace, 'staging_dev'::regnamespace) ORDER BY 1`);
  const defined = await definitions();
  await query('CREATE TABLE outside.old AS SELECT * FROM outside.both');
  expect(await build()).toMatchObject(good);

  expect(await definitions()).toEqual(defined);
  expect(await relationFacts(database, 'outside.chain')).toEqual(before);
  expect(await rightsOn(database, 'outside.chain')).toEqual([`- ${reader} SELECT grantable`]);
  expect(await commentsOn(database, 'outside.chain')).toEqual(['- kept', 'b kept too']);
  expect(await query('SELECT n FROM outside.last')).toEqual([{ n: '4' }]);
  expect(await query('SELECT * FROM outside.both EXCEPT SELECT * FROM outside.old')).toEqual([]);
  // Nothing reads a table in the trash any more, so nothing keeps the trash.
  expect(await schemasOf(database)).toEqual(['dbluigi', 'outside', 'public', 'staging_dev', 'staging_dev__work']);
  expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
});

test('grants, comments, options and owner of the old table, however often it is rebuilt', async () => {
  const { build, database, query } = await workshop({ 'staging.people': people });
  const [reader, writer, owner] = [await createRole(database), await createRole(database), await createRole(database)];
  await build();
  await query(`
    GRANT SELECT ON staging_dev.people TO ${reader} WITH GRANT OPTION;
    GRANT INSERT, UPDATE, DELETE ON staging_dev.people TO ${writer};
    GRANT SELECT (id, name), UPDATE (name) ON staging_dev.people TO ${writer};
    GRANT REFERENCES (id) ON staging_dev.people TO ${reader} WITH GRANT OPTION;
    GRANT TRIGGER ON staging_dev.people TO PUBLIC;
    GRANT SELECT (even) ON staging_dev.people TO PUBLIC;
    COMMENT ON TABLE staging_dev.people IS 'it''s \\ "theirs"';
    COMMENT ON COLUMN staging_dev.people.even IS 'é 🚓';
    ALTER TABLE staging_dev.people SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = false);
    ALTER TABLE staging_dev.people OWNER TO ${owner};
    GRANT CREATE ON SCHEMA staging_dev TO ${owner}`);
  const rights = await rightsOn(database, 'staging_dev.people');
  expect(rights).toHaveLength(10);
  const facts = await relationFacts(database, 'staging_dev.people');
  for (const _ of [1, 2, 3]) {
    expect(await build()).toMatchObject(good);
    expect(await rightsOn(database, 'staging_dev.people')).toEqual(rights);
    expect(await commentsOn(database, 'staging_dev.people')).toEqual(['- it\'s \\ "theirs"', 'even é 🚓']);
    expect(await relationFacts(database, 'staging_dev.people')).toMatchObject({ ...facts, oid: expect.not.stringMatching(`^${facts['oid']}$`) });
    expect(await query(`SELECT array_to_string(t.reloptions, ',') AS options FROM pg_class AS c JOIN pg_class AS t ON t.oid = c.reltoastrelid WHERE c.oid = 'staging_dev.people'::regclass`)).toEqual([{ options: 'autovacuum_enabled=false' }]);
  }
});

test('indexes that others made are on every later table, with those of the model', async () => {
  const { build, database, project, query } = await workshop({ 'staging.people': people });
  await build();
  await query(`
    CREATE INDEX ON staging_dev.people (name);
    CREATE UNIQUE INDEX "Hand ""made""" ON staging_dev.people (lower(name) COLLATE "C" text_pattern_ops DESC NULLS LAST) INCLUDE (id) WITH (fillfactor = 90) WHERE even;
    CREATE INDEX hashed ON staging_dev.people USING hash (id)`);
  const byHand = await indexesOn(database, 'staging_dev.people');
  for (const _ of [1, 2, 3]) {
    expect(await build()).toMatchObject(good);
    expect(await indexesOn(database, 'staging_dev.people')).toEqual(byHand);
  }

  // The model now declares one whose name Postgres would have given to what is there already.
  const withIndex = `{{ config(indexes=[{columns: ['name']}, {columns: ['id'], unique: true}]) }}${people}`;
  project.write({ 'models/POPULATE-staging-people.sql': withIndex });
  for (const _ of [1, 2]) {
    expect(await build()).toMatchObject(good);
    expect(await indexesOn(database, 'staging_dev.people')).toEqual([
      ...byHand,
      'CREATE INDEX people_name_idx1 ON staging_dev.people USING btree (name)',
      'CREATE UNIQUE INDEX people_id_idx ON staging_dev.people USING btree (id)',
    ].toSorted());
  }
  await query('DROP INDEX staging_dev.people_name_idx');
  project.write({ 'models/POPULATE-staging-people.sql': people });
  expect(await build()).toMatchObject(good);
  expect(await indexesOn(database, 'staging_dev.people')).toEqual(byHand.filter((line) => !line.includes('people_name_idx')));
});

test('what hung on a column that the new table lacks goes with the column', async () => {
  const { build, database, project, query } = await workshop({ 'staging.people': people });
  const reader = await createRole(database);
  await build();
  await query(`
    GRANT SELECT (id, even) ON staging_dev.people TO ${reader};
    COMMENT ON COLUMN staging_dev.people.even IS 'gone';
    COMMENT ON COLUMN staging_dev.people.id IS 'stays'`);
  project.write({ 'models/POPULATE-staging-people.sql': 'select name, id from (values (1, 2)) as v (id, name)' });
  expect(await build()).toMatchObject(good);
  expect(await rightsOn(database, 'staging_dev.people')).toEqual([`id ${reader} SELECT`]);
  expect(await commentsOn(database, 'staging_dev.people')).toEqual(['id stays']);
});

test('a view model keeps its oid, and with it what hangs on it', async () => {
  const { build, database, project, query } = await workshop({
    'staging.people': people,
    'staging.evens': "{{ config(materialized='view') }} select id, name from staging.people where even",
  });
  const [reader, owner] = [await createRole(database), await createRole(database)];
  await build();
  await query(`
    GRANT SELECT ON staging_dev.evens TO ${reader}; GRANT SELECT (id) ON staging_dev.evens TO PUBLIC;
    COMMENT ON VIEW staging_dev.evens IS 'theirs';
    ALTER VIEW staging_dev.evens SET (security_barrier = true, check_option = local);
    GRANT CREATE ON SCHEMA staging_dev TO ${owner}; ALTER VIEW staging_dev.evens OWNER TO ${owner};
    GRANT SELECT ON staging_dev.people TO ${owner};
    CREATE MATERIALIZED VIEW public.copy AS SELECT * FROM staging_dev.evens;
    CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER instead INSTEAD OF INSERT ON staging_dev.evens FOR EACH ROW EXECUTE FUNCTION public.nothing();
    CREATE VIEW public.over AS SELECT name FROM staging_dev.evens`);
  const facts = await relationFacts(database, 'staging_dev.evens');
  expect(await build()).toMatchObject(good);
  expect(await relationFacts(database, 'staging_dev.evens')).toEqual(facts);
  // A column at the end is what Postgres lets a view gain.
  project.write({ 'models/POPULATE-staging-evens.sql': "{{ config(materialized='view') }} select id, name, even from staging.people where even" });
  expect(await build()).toMatchObject(good);
  expect(await relationFacts(database, 'staging_dev.evens')).toEqual(facts);
  expect(await rightsOn(database, 'staging_dev.evens')).toEqual([`- ${reader} SELECT`, 'id public SELECT']);
  expect(await commentsOn(database, 'staging_dev.evens')).toEqual(['- theirs']);
  expect(await query('SELECT tgname FROM pg_trigger WHERE NOT tgisinternal')).toEqual([{ tgname: 'instead' }]);
  expect(await query('SELECT name FROM public.over ORDER BY 1')).toEqual([{ name: 'name 2' }, { name: 'name 4' }]);
  expect(await query('REFRESH MATERIALIZED VIEW public.copy; SELECT count(*) FROM public.copy')).toEqual([{ count: '2' }]);
});

test('a view becomes a table and a table a view: dependents, grants and comments stay', async () => {
  const asView = "{{ config(materialized='view') }} select id, name from staging.people where even";
  const asTable = asView.replace('view', 'table');
  const { build, database, project, query } = await workshop({ 'staging.people': people, 'staging.evens': asView });
  const reader = await createRole(database);
  await build();
  await query(`
    CREATE VIEW public.over AS SELECT name FROM staging_dev.evens; CREATE VIEW public.far AS SELECT count(*) AS n FROM public.over;
    GRANT SELECT ON staging_dev.evens TO ${reader}; GRANT SELECT (id) ON staging_dev.evens TO PUBLIC;
    COMMENT ON COLUMN staging_dev.evens.id IS 'theirs'`);
  for (const [sql, kind] of [[asTable, 'r'], [asView, 'v'], [asTable, 'r']] as const) {
    project.write({ 'models/POPULATE-staging-evens.sql': sql });
    expect(await build()).toMatchObject(good);
    expect(await relationFacts(database, 'staging_dev.evens')).toMatchObject({ kind });
    expect(await rightsOn(database, 'staging_dev.evens')).toEqual([`- ${reader} SELECT`, 'id public SELECT']);
    expect(await commentsOn(database, 'staging_dev.evens')).toEqual(['id theirs']);
    expect(await query('SELECT n FROM public.far')).toEqual([{ n: '2' }]);
    expect(await relationsIn(database, 'staging_dev')).toEqual([`${kind === 'r' ? 'table' : 'view'} evens`, 'table people']);
    expect(await schemasOf(database)).toEqual(['dbluigi', 'public', 'staging_dev', 'staging_dev__work']);
  }
});

test('a view model whose columns changed is made anew with all that hung on it', async () => {
  const { build, database, project, query } = await workshop({
    'staging.people': people,
    'staging.evens': "{{ config(materialized='view') }} select id, name from staging.people where even",
  });
  const reader = await createRole(database);
  await build();
  await query(`
    CREATE VIEW public.over AS SELECT name FROM staging_dev.evens;
    GRANT SELECT ON staging_dev.evens TO ${reader}; COMMENT ON VIEW staging_dev.evens IS 'theirs';
    ALTER VIEW staging_dev.evens SET (security_barrier = true)`);
  const { oid: _, ...facts } = await relationFacts(database, 'staging_dev.evens');
  project.write({ 'models/POPULATE-staging-evens.sql': "{{ config(materialized='view') }} select even, name from staging.people where even" });
  expect(await build()).toMatchObject(good);
  expect(await relationFacts(database, 'staging_dev.evens')).toMatchObject(facts);
  expect(await rightsOn(database, 'staging_dev.evens')).toEqual([`- ${reader} SELECT`]);
  expect(await commentsOn(database, 'staging_dev.evens')).toEqual(['- theirs']);
  expect(await query('SELECT name FROM public.over ORDER BY 1')).toEqual([{ name: 'name 2' }, { name: 'name 4' }]);
});

test('default privileges are given to what is new and not given again to what is not', async () => {
  const { build, database, project, query } = await workshop({ 'staging.people': people });
  const [reader, everywhere] = [await createRole(database), await createRole(database)];
  await query(`
    CREATE SCHEMA staging_dev;
    ALTER DEFAULT PRIVILEGES IN SCHEMA staging_dev GRANT SELECT ON TABLES TO ${reader};
    ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO ${everywhere}`);
  expect(await build()).toMatchObject(good);
  const all = [`- ${everywhere} INSERT`, `- ${everywhere} SELECT`, `- ${reader} SELECT`];
  expect(await rightsOn(database, 'staging_dev.people')).toEqual(all.toSorted());

  await query(`REVOKE ALL ON staging_dev.people FROM ${everywhere}, ${reader}; GRANT UPDATE ON staging_dev.people TO ${reader}`);
  project.write({ 'models/POPULATE-staging-view.sql': "{{ config(materialized='view') }} select id from staging.people" });
  expect(await build()).toMatchObject(good);
  expect(await rightsOn(database, 'staging_dev.people')).toEqual([`- ${reader} UPDATE`]);
  expect(await rightsOn(database, 'staging_dev.view')).toEqual(all.toSorted());

  await query(`REVOKE ALL ON staging_dev.view FROM ${everywhere}, ${reader}`);
  project.write({ 'models/POPULATE-staging-view.sql': 'select id from staging.people' });
  expect(await build()).toMatchObject(good);
  expect(await rightsOn(database, 'staging_dev.view')).toEqual([]);
});
