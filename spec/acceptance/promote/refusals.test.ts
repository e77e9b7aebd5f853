import { expect, it, vi } from 'vitest';
import { relationsIn } from '../../integration/run/hanging.js';
import { type BuildProject, buildProject } from '../build/project.js';

vi.setConfig({ testTimeout: 120_000 });

const failed = 'promote of staging_dev failed, production is as it was\n';

/** Every relation, function and type of the given schemas, with its OID, so that whatever is replaced, moved or dropped shows. */
function inventory({ rows }: Pick<BuildProject, 'rows'>, ...schemas: readonly string[]): Promise<readonly string[]> {
  const list = schemas.map((schema) => `'${schema}'`).join(', ');
  return rows(`SELECT nspname, 'relation', relname, c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname IN (${list})
    UNION ALL SELECT nspname, 'function', proname, p.oid FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace WHERE nspname IN (${list})
    UNION ALL SELECT nspname, 'type', typname, t.oid FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace WHERE nspname IN (${list})
    ORDER BY 1, 2, 3`);
}

/** The messages of the diagnostics, each with its code and, after a bar, its file. */
function mistakes(stderr: string): readonly string[] {
  return stderr
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const [first = '', ...rest] = block.trimEnd().split('\n');
      const file = rest.find((line) => line.startsWith('  models/'));
      return `${first.replace('error ', '')}${file === undefined ? '' : ` |${file.slice(1)}`}`;
    });
}

it('refuses models that are missing, failed, skipped, held, or built from other SQL than the project holds, and lists them all', async () => {
  const files = {
    'macros/macros.njk': '{% macro twice(x) %}{{ x }} * 2{% endmacro %}',
    'models/m.yaml': 'models: [{name: checked, columns: [{name: id, checks: [not_null]}]}]',
    'staging.good': 'select 1 as id',
    'staging.broken': 'select 1 as id',
    'staging.below_broken': "select id from {{ ref('broken') }}",
    'staging.checked': 'select id from raw.ids',
    'staging.kept': 'select 1 as id',
    'staging.own': 'select 1 as id',
    'staging.below_own': "select id from {{ ref('own') }}",
    'staging.far_below_own': "{{ config(materialized='view') }} select id from {{ ref('below_own') }}",
    'staging.by_macro': 'select {{ twice(1) }} as id',
    'staging.by_var': "select {{ var('n') }} as id",
    'staging.sources': 'select id from raw.ids',
  };
  const project = await buildProject(files, `{ vars: { n: 1 }, undeclaredSources: 'allow' }`);
  const { database, dbl, rows, write } = project;
  await database.query('CREATE SCHEMA raw; CREATE TABLE raw.ids AS SELECT 1 AS id');
  expect(await dbl('build', '--quiet')).toMatchObject({ code: 0 });
  await database.query('INSERT INTO raw.ids VALUES (NULL)');
  write({ 'staging.broken': 'select 1 / 0 as id' });
  expect((await dbl('build', '--quiet', '--select', 'broken+', 'checked')).code).toBe(1);
  expect((await dbl('build', '--quiet', '--select', 'kept', '--hold')).code).toBe(0);
  write({
    'staging.broken': files['staging.broken'],
    'staging.own': 'select 2 as id',
    'staging.missing': 'select 1 as id',
    'macros/macros.njk': '{% macro twice(x) %}{{ x }} + {{ x }}{% endmacro %}',
  });
  project.project.write({ 'dbluigi.config.ts': `export default { vars: { n: 2 }, undeclaredSources: 'allow' };` });
  const before = await inventory(project, 'staging_dev', 'staging_dev__work');
  const { code, stderr, stdout } = await dbl('promote');
  expect({ code, stdout, told: mistakes(stderr) }).toEqual({
    code: 1,
    stdout: failed,
    told: [
      'DBL2501: "staging_dev.below_broken" was skipped in the last run that was to build it | models/POPULATE-staging-below_broken.sql',
      'DBL2501: "staging_dev.below_own" was built from other SQL than the project now holds | models/POPULATE-staging-below_own.sql',
      'DBL2501: "staging_dev.broken" failed in the last run that was to build it | models/POPULATE-staging-broken.sql',
      'DBL2501: "staging_dev.by_macro" was built from other SQL than the project now holds | models/POPULATE-staging-by_macro.sql',
      'DBL2501: "staging_dev.by_var" was built from other SQL than the project now holds | models/POPULATE-staging-by_var.sql',
      'DBL2501: "staging_dev.checked" failed in the last run that was to build it | models/POPULATE-staging-checked.sql',
      'DBL2501: "staging_dev.far_below_own" was built from other SQL than the project now holds | models/POPULATE-staging-far_below_own.sql',
      'DBL2501: "staging_dev.kept" is held in the workbench and not published | models/POPULATE-staging-kept.sql',
      'DBL2501: "staging_dev.missing" has not been built | models/POPULATE-staging-missing.sql',
      'DBL2501: "staging_dev.own" was built from other SQL than the project now holds | models/POPULATE-staging-own.sql',
    ],
  });
  expect(await inventory(project, 'staging_dev', 'staging_dev__work')).toEqual(before);
  expect(await rows('SELECT count(*) FROM dbluigi.promotions')).toEqual(['0']);
  expect(await rows('SELECT command, status, exit_code FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1')).toEqual(['promote|failed|1']);

  // Each cure that was told: mended, published, built anew.
  await database.query('DELETE FROM raw.ids WHERE id IS NULL');
  expect((await dbl('publish', '--quiet')).code).toBe(0);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect((await dbl('promote')).code).toBe(0);
  expect(await rows('SELECT count(*) FROM pg_class WHERE relnamespace = \'staging\'::regnamespace')).toEqual(['12']);
});

it('refuses what dbl did not make: in the target, in production, and in the production before, whatever its kind', async () => {
  const project = await buildProject({ 'staging.people': 'select id from generate_series(1, 3) as g (id)' });
  const { database, dbl } = project;
  for (const command of ['build', 'promote', 'build', 'promote', 'build']) expect((await dbl(command, '--quiet')).code).toBe(0);
  await database.query(`
    CREATE TABLE staging_dev.mine (id int); CREATE VIEW staging_dev."My ""view""" AS SELECT 1 AS x; CREATE SEQUENCE staging_dev.numbers;
    CREATE MATERIALIZED VIEW staging_dev.copy AS SELECT * FROM staging_dev.people;
    CREATE FUNCTION staging.f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE staging.p() LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE staging.mood AS ENUM ('good'); CREATE DOMAIN staging.positive AS int CHECK (value > 0); CREATE TYPE staging.pair AS (a int, b int);
    CREATE OPERATOR staging.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq); CREATE COLLATION staging.plain FROM "C";
    CREATE TABLE staging__previous.notes AS SELECT 'precious' AS note`);
  const schemas = ['staging', 'staging_dev', 'staging__previous'];
  const before = await inventory(project, ...schemas);
  const { code, stderr, stdout } = await dbl('promote');
  expect({ code, stdout, told: mistakes(stderr) }).toEqual({
    code: 1,
    stdout: failed,
    told: [
      'DBL2502: the schema "staging" holds something that dbl did not make: operator staging.===(integer,integer)',
      'DBL2502: the schema "staging" holds something that dbl did not make: function staging.f(integer,pg_catalog.text)',
      'DBL2502: the schema "staging" holds something that dbl did not make: type staging.mood',
      'DBL2502: the schema "staging" holds something that dbl did not make: procedure staging.p()',
      'DBL2502: the schema "staging" holds something that dbl did not make: type staging.pair',
      'DBL2502: the schema "staging" holds something that dbl did not make: collation staging.plain',
      'DBL2502: the schema "staging" holds something that dbl did not make: type staging.positive',
      'DBL2502: the schema "staging__previous" holds something that dbl did not make: table staging__previous.notes',
      'DBL2502: the schema "staging_dev" holds something that dbl did not make: view staging_dev."My ""view"""',
      'DBL2502: the schema "staging_dev" holds something that dbl did not make: materialized view staging_dev.copy',
      'DBL2502: the schema "staging_dev" holds something that dbl did not make: table staging_dev.mine',
      'DBL2502: the schema "staging_dev" holds something that dbl did not make: sequence staging_dev.numbers',
      'DBL2401: "staging_dev.people" cannot be renamed away, since this hangs on it: materialized view staging_dev.copy',
    ],
  });
  expect(stderr).toContain('  hint: Move it to another schema or drop it; then promote again.\n');
  expect(await inventory(project, ...schemas)).toEqual(before);
  expect(await database.query('SELECT * FROM staging__previous.notes')).toEqual([{ note: 'precious' }]);
});

it('leaves a production alone that is not its own', async () => {
  const project = await buildProject({ 'staging.people': 'select 2 as id' });
  const { database, dbl, rows } = project;
  await database.query('CREATE SCHEMA staging; CREATE TABLE staging.people AS SELECT 1 AS id; CREATE VIEW staging.of_people AS SELECT * FROM staging.people');
  expect((await dbl('build', '--quiet')).code).toBe(0);
  const before = await inventory(project, 'staging', 'staging_dev');
  const { code, stderr, stdout } = await dbl('promote');
  expect({ code, stdout, told: mistakes(stderr) }).toEqual({
    code: 1,
    stdout: failed,
    told: [
      'DBL2502: the schema "staging" holds something that dbl did not make: view staging.of_people',
      'DBL2502: the schema "staging" holds something that dbl did not make: table staging.people',
    ],
  });
  expect(await inventory(project, 'staging', 'staging_dev')).toEqual(before);
  expect(await rows('SELECT id FROM staging.of_people')).toEqual(['1']);

  // An empty schema holds nothing that could be lost.
  await database.query('DROP SCHEMA staging CASCADE; CREATE SCHEMA staging');
  expect((await dbl('promote')).code).toBe(0);
  expect(await rows('SELECT id FROM staging.people')).toEqual(['2']);
  expect(await relationsIn(database, 'staging__previous')).toEqual([]);
});

it('never renames public, the schema of a source, or production that is built in place', async () => {
  const project = await buildProject(
    {
      'models/sources.yaml': 'sources: [{name: register, schema: raw, tables: [{name: ids}]}]',
      'public.open': 'select 1 as id',
      'raw.made': "select id from {{ source('register', 'ids') }}",
      'staging.people': 'select 1 as id',
    },
    `{ targets: { staging_dev: {}, live: { schemas: { public: 'open_dev', raw: 'made_dev', staging: 'staging' }, inPlace: true } }, defaultTarget: 'staging_dev' }`,
  );
  const { database, dbl } = project;
  await database.query('CREATE SCHEMA raw; CREATE TABLE raw.ids AS SELECT 1 AS id');
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await dbl('promote')).toEqual({
    code: 1,
    stdout: failed,
    stderr: `error DBL2503: the schema "public" is never renamed
  hint: Put the models into a schema of their own.

error DBL2503: the schema "raw" is never renamed
  hint: It holds the source source.register.ids. Put models and sources into different schemas.

`,
  });
  expect((await dbl('promote', '--target', 'live')).stderr).toContain(
    'error DBL2503: "staging" is production already: the target "live" builds in place\n  hint: There is nothing to promote.\n',
  );
});

it('refuses while something hangs on production or the target that a renaming would carry off', async () => {
  const project = await buildProject({ 'staging.people': 'select id from generate_series(1, 3) as g (id)', 'staging.pets': 'select 1 as id' });
  const { database, dbl } = project;
  for (const command of ['build', 'promote', 'build']) expect((await dbl(command, '--quiet')).code).toBe(0);
  await database.query(`
    CREATE SCHEMA outside; CREATE UNIQUE INDEX ON staging.people (id);
    CREATE TABLE outside.visits (person int REFERENCES staging.people (id));
    CREATE MATERIALIZED VIEW outside.copy AS SELECT * FROM staging.people;
    CREATE FUNCTION outside.count() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM staging.people; END;
    CREATE FUNCTION outside.all_of_them() RETURNS SETOF staging.pets LANGUAGE sql AS 'SELECT * FROM staging.pets';
    CREATE TABLE outside.rows (pet staging.pets);
    CREATE VIEW outside.ahead AS SELECT d.id FROM staging_dev.people AS d JOIN staging.people AS p USING (id);
    CREATE FUNCTION outside.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER watch AFTER INSERT ON staging.pets EXECUTE FUNCTION outside.nothing();
    CREATE POLICY mine ON staging.pets USING (true); ALTER TABLE staging.pets ENABLE ROW LEVEL SECURITY;
    CREATE RULE quiet AS ON DELETE TO staging.pets DO INSTEAD NOTHING`);
  const before = await inventory(project, 'staging', 'staging_dev', 'outside');
  const { code, stderr, stdout } = await dbl('promote');
  expect({ code, stdout, told: mistakes(stderr) }).toEqual({ code: 1, stdout: failed, told: [
    'DBL2401: "staging_dev.people" cannot be renamed away, since this hangs on it: view outside.ahead',
    'DBL2401: "staging.people" cannot be renamed away, since these hang on it: function outside.count(); materialized view outside.copy; ' +
      'table constraint visits_person_fkey on outside.visits',
    'DBL2401: "staging.pets" cannot be renamed away, since these hang on it: function outside.all_of_them(); policy mine on staging.pets; ' +
      'row security staging.pets; rule quiet on staging.pets; table column outside.rows.pet; trigger watch on staging.pets',
  ] });
  expect(stderr).toContain('  hint: Drop it, promote, and create it again.\n');
  expect(stderr).toContain('  hint: Drop them, promote, and create them again.\n');
  expect(await inventory(project, 'staging', 'staging_dev', 'outside')).toEqual(before);
  expect(await database.query('SELECT outside.count() AS n')).toEqual([{ n: '3' }]);
});
