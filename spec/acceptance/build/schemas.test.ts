import { expect, it } from 'vitest';
import { buildProject } from './project.js';

it('maps several logical schemas, and finds names without a schema in the own one, then in the search path', async () => {
  const { database, dbl, rows } = await buildProject(
    {
      'staging.a': 'select * from codes',
      'staging.b': "select a.code, x.code as other, (select max(code) from a) as highest from {{ ref('a') }} as a, {{ ref('lookup', 'extra') }} as x",
      'staging.twin': "select 'staging' as whose",
      'lookup.twin': "select 'lookup' as whose",
      'lookup.codes': 'select code * 10 as code from raw_codes',
      'lookup.extra': "{{ config(materialized='view') }}select c.code from codes as c where exists (select from twin where whose = 'lookup')",
      'report.whose': "select (select whose from twin) as by_path, (select whose from staging.twin) as staging, (select whose from {{ ref('lookup', 'twin') }}) as lookup",
      'models/sources.yaml': 'sources: [{name: outside, schema: raw, tables: [{name: raw_codes}]}]',
    },
    `{ searchPath: ['lookup', 'raw', 'staging'], targets: { dev: { schemas: { staging: 'stage_x', lookup: 'look_y' }, suffix: '_z' } } }`,
  );
  await database.query(`CREATE SCHEMA raw; CREATE TABLE raw.raw_codes AS SELECT g AS code FROM generate_series(1, 2) AS g;
    CREATE TABLE public.codes AS SELECT 99 AS code; CREATE SCHEMA staging; CREATE TABLE staging.a AS SELECT 98 AS code; CREATE TABLE staging.twin AS SELECT 'production' AS whose`);
  expect(await dbl('build')).toMatchObject({ code: 0, stderr: expect.stringMatching(/^build of dev \(look_y, report_z, stage_x\): 7 models\n/) });
  expect(await rows('SELECT * FROM stage_x.a ORDER BY 1')).toEqual(['10', '20']);
  expect(await rows('SELECT * FROM stage_x.b ORDER BY 1, 2')).toEqual(['10|10|20', '10|20|20', '20|10|20', '20|20|20']);
  expect(await rows('SELECT * FROM report_z.whose')).toEqual(['lookup|staging|lookup']);
  // Production, which has the logical names, is neither read nor written.
  expect(await rows('SELECT code FROM staging.a')).toEqual(['98']);
});

it('reads undeclared tables where the configuration lets it, and names those that are not there', async () => {
  const files = {
    'staging.good': 'select n.x + m.x + o.x + p.x as x from raw.numbers as n, more as m, only_public as o, physical as p',
    'staging.bad': 'select * from raw.number\njoin raw.numbers on true join nowhere.at_all on true',
    'staging.worse': 'select * from {{ source("raw", "absent") }}',
    'staging.after': "select * from {{ ref('bad') }}",
    'models/sources.yaml': 'sources: [{name: raw, tables: [{name: absent}]}]',
  };
  const { database, dbl, rows } = await buildProject(files, `{ undeclaredSources: 'allow', searchPath: ['extra'] }`);
  await database.query(`CREATE SCHEMA raw; CREATE SCHEMA extra; CREATE SCHEMA staging_dev; CREATE TABLE raw.numbers AS SELECT 1 AS x;
    CREATE VIEW extra.more AS SELECT 10 AS x; CREATE TABLE public.more AS SELECT 500 AS x; CREATE FOREIGN DATA WRAPPER w; CREATE TABLE only_public AS SELECT 100 AS x; CREATE TABLE staging_dev.physical AS SELECT 1000 AS x`);
  const { code, stderr, stdout } = await dbl('build');
  expect([code, stderr]).toEqual([1, `build of staging_dev (staging_dev): 4 models

error DBL2103: "raw.number" is neither a model nor a table of the database
  models/POPULATE-staging-bad.sql:1:15
    |
  1 | select * from raw.number
    |               ^^^^^^^^^^
  hint: Did you mean "raw.numbers"?

error DBL2103: "nowhere.at_all" is neither a model nor a table of the database
  models/POPULATE-staging-bad.sql:2:31
    |
  2 | join raw.numbers on true join nowhere.at_all on true
    |                               ^^^^^^^^^^^^^^
  hint: The schema "nowhere" is empty or does not exist.

1 of 4  failed  staging.bad  T
2 of 4  skipped  staging.after  "staging.bad" failed

error DBL2203: the source "raw.absent" is not in the database
  models/POPULATE-staging-worse.sql:1:18
    |
  1 | select * from {{ source("raw", "absent") }}
    |                  ^^^^^^^^^^^^^^^^^^^^^^^
  hint: The source is declared in models/sources.yaml.

3 of 4  failed  staging.worse  T
4 of 4  built  staging_dev.good  1 row  T

`]);
  expect(stdout).toContain('build of staging_dev failed after T: 1 built (1 row), 2 failed, 1 skipped');
  expect(await rows('SELECT x FROM staging_dev.good')).toEqual(['1111']);
});

it('warns of undeclared tables where the configuration says so', async () => {
  const { database, dbl } = await buildProject({ 'staging.a': 'select * from raw.numbers' }, `{ undeclaredSources: 'warn' }`);
  await database.query('CREATE SCHEMA raw; CREATE TABLE raw.numbers AS SELECT 1 AS x');
  const { code, stderr } = await dbl('build');
  expect(code).toBe(0);
  expect(stderr).toMatch(/^warning DBL\d+: .*"raw\.numbers"/);
});

it('builds straight into production only where the target says so, with the variables of project, target and command line', async () => {
  const { dbl, rows } = await buildProject(
    { 'staging.a': "select {{ var('one') }} as one, {{ var('two') }} as two, {{ var('three') }} as three, {{ var('four', 4) }} as four, '{{ target.name }}' as target, '{{ this.schema }}' as schema" },
    `{ vars: { one: 1, two: 1, three: 1 }, targets: { prod: { suffix: '', inPlace: true, vars: { two: 2, three: 2 } } } }`,
  );
  expect(await dbl('build', '--vars', '{"three": 3}')).toEqual({
    code: 0,
    stderr: 'build of prod (staging): 1 model\n1 of 1  built  staging.a  1 row  T\n\n',
    stdout: `build of prod is done: 1 built (1 row), in T

next
  dbl test --target prod  check again what the target holds
`,
  });
  expect(await rows('SELECT * FROM staging.a')).toEqual(['1|2|3|4|prod|staging']);
  expect((await dbl('build', '--quiet', '--vars', '{"one": 5}')).code).toBe(0);
  expect(await rows('SELECT one, two, three FROM staging.a')).toEqual(['5|2|2']);
});
