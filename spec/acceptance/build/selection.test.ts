import { expect, it } from 'vitest';
import { buildProject, lastNodes } from './project.js';

const files = {
  'staging.a': 'select 1 as id',
  'staging.b': "{{ config(tags=['daily']) }}select id from staging.a",
  'staging.c': "{{ config(materialized='view', tags=['daily']) }}select id from staging.b",
  'staging.d': 'select id from staging.a',
  'models/checks.yaml': `models:
  - name: d
    columns: [{name: id, checks: [unique, {relationships: {to: ref('c'), field: id}}]}]
`,
  'tests/both.sql': 'select * from staging.b, staging.d where false',
};

it('builds what --select and --exclude mean, reads the rest from the target, and says what is missing', async () => {
  const project = await buildProject(files);
  const { dbl, rows } = project;
  expect(await dbl('build', '--select', 'c', 'd')).toEqual({
    code: 2,
    stdout: '',
    stderr: `error DBL2101: "staging.d" reads "staging.a", which is not in "staging_dev"
  models/POPULATE-staging-d.sql:1:16
    |
  1 | select id from staging.a
    |                ^^^^^^^^^
  hint: Build what it reads as well: --select +d

error DBL2101: "staging.c" reads "staging.b", which is not in "staging_dev"
  models/POPULATE-staging-c.sql:1:65
    |
  1 | {{ config(materialized='view', tags=['daily']) }}select id from staging.b
    |                                                                 ^^^^^^^^^
  hint: Build what it reads as well: --select +c

warning DBL2303: the test "both" is not run: it reads "staging.b", which is not in the target yet
  tests/both.sql
  hint: Build the models that it reads once; then it gates every build.
`,
  });
  expect(await rows(`SELECT status, exit_code FROM dbluigi.runs`)).toEqual(['failed|2']);
  expect(await rows(`SELECT nspname FROM pg_namespace WHERE nspname ~ 'staging'`)).toEqual([]);

  expect(await dbl('build', '--select', 'a', 'd')).toMatchObject({
    code: 2,
    stderr: `error DBL2101: the check "staging.d.relationships.id" reads "staging.c", which is not in "staging_dev"
  models/checks.yaml:3:44
    |
  3 |     columns: [{name: id, checks: [unique, {relationships: {to: ref('c'), field: id}}]}]
    |                                            ^^^^^^^^^^^^^
  hint: Build that as well: --select d c

warning DBL2303: the test "both" is not run: it reads "staging.b", which is not in the target yet
  tests/both.sql
  hint: Build the models that it reads once; then it gates every build.
`,
  });
  expect(await dbl('build', '--select', '+c')).toMatchObject({
    code: 0,
    stderr: `warning DBL2303: the test "both" is not run: it reads "staging.d", which is not in the target yet
  tests/both.sql
  hint: Build the models that it reads once; then it gates every build.

build of staging_dev (staging_dev): 3 models
1 of 3  built  staging_dev.a  1 row  T
2 of 3  built  staging_dev.b  1 row  T
3 of 3  built  staging_dev.c  T

`,
  });
  expect((await dbl('build', '--quiet', '--exclude', 'tag:daily', 'a')).stdout).toBe('build of staging_dev is done: 1 built (1 row), in T\n');
  expect(await lastNodes(project)).toEqual(['d success']);
  expect(await rows(`SELECT check_id, status FROM dbluigi.checks ORDER BY 1`)).toEqual(['staging.d.relationships.id|pass', 'staging.d.unique.id|pass', 'test.both|pass']);
  expect((await dbl('build', '--quiet', '--select', 'tag:daily,c+')).stdout).toBe('build of staging_dev is done: 1 built, in T\n');
  expect((await dbl('build', '--quiet', '--select', 'path:tests')).stdout).toBe('nothing to build in staging_dev\n');
});

it('--dry-run prints the steps and changes nothing', async () => {
  const { database, dbl, rows } = await buildProject({ ...files, 'staging.e': "select * from {{ source('raw', 'numbers') }}", 'models/sources.yaml': 'sources: [{name: raw, tables: [{name: numbers}]}]' });
  const schemas = () => rows(`SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1`);
  const before = await schemas();
  const steps = `build    table staging_dev__work.a
publish  staging_dev.a
build    table staging_dev__work.b
build    table staging_dev__work.d
build    view staging_dev__work.c
check    staging.d.unique.id, staging.d.relationships.id, test.both
publish  staging_dev.b, staging_dev.d, staging_dev.c
refuse   model.staging.e: the source "raw.numbers" is not in the database
`;
  expect(await dbl('build', '--dry-run')).toEqual({ code: 0, stdout: steps, stderr: '' });
  expect(await schemas()).toEqual(before);
  await database.query('CREATE SCHEMA raw; CREATE TABLE raw.numbers AS SELECT 1 AS n');
  await dbl('build', '--quiet', '--exclude', 'e');
  await database.query('CREATE MATERIALIZED VIEW public.mv AS SELECT id FROM staging_dev.a; CREATE TABLE staging_dev.e (n int)');
  const state = `SELECT (SELECT count(*) FROM dbluigi.runs) AS runs, (SELECT string_agg(oid || ' ' || xmin, ',' ORDER BY oid) FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ 'staging|dbluigi')) AS relations`;
  const stateBefore = await rows(state);
  expect(await dbl('build', '--dry-run', '--hold', '--select', 'a', 'd', 'e')).toEqual({
    code: 0,
    stderr: '',
    stdout: `refuse   model.staging.a: "staging_dev.a" cannot be replaced, since this hangs on it: materialized view public.mv
build    table staging_dev__work.d
check    staging.d.unique.id, staging.d.relationships.id, test.both
hold     staging_dev__work.d
refuse   model.staging.e: "staging_dev.e" is a table that dbl did not make, so it is not replaced
`,
  });
  expect(await dbl('build', '--dry-run', '--select', 'b+', '--log-format', 'json')).toMatchObject({ code: 0 });
  expect(await rows(state)).toEqual(stateBefore);
});
