import { expect, it } from 'vitest';
import { buildProject, lastNodes, runResults } from './project.js';

const view = "{{ config(materialized='view') }}";
const files = {
  'staging.a': 'select {{ var("n", 1) }} as n',
  'staging.v': `${view}select n, n * 10 as ten from staging.a`,
  'staging.w': `${view}select ten + 1 as eleven from staging.v`,
  'staging.b': 'select eleven from staging.w',
  'report.c': "select b.eleven, a.n from {{ ref('b') }} as b, {{ ref('a') }} as a",
};
const read = 'SELECT a.n, v.ten, w.eleven, b.eleven AS b, c.eleven AS c FROM staging_dev.a, staging_dev.v, staging_dev.w, staging_dev.b, report_dev.c';

it('--hold builds and checks without publishing; publish puts all of it in place at once', async () => {
  const project = await buildProject({ ...files, 'tests/t.sql': 'select * from staging.a, report.c where a.n <> c.n' });
  const { database, dbl, rows } = project;
  expect(await dbl('publish')).toEqual({
    code: 0,
    stdout: '',
    stderr: `warning DBL2404: nothing is held in the workbench
  hint: Build and hold first: dbl build --hold --target staging_dev
`,
  });
  expect(await rows('SELECT status, exit_code FROM dbluigi.runs')).toEqual(['success|0']);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  await database.query('CREATE VIEW public.watch AS SELECT a.n, v.ten FROM staging_dev.a, staging_dev.v; CREATE MATERIALIZED VIEW public.mv AS SELECT ten FROM staging_dev.v');

  expect(await dbl('build', '--hold', '--vars', '{"n": 2}')).toEqual({
    code: 0,
    stderr: `build --hold of staging_dev (report_dev, staging_dev): 5 models
1 of 5  held  staging_dev__work.a  1 row  T
2 of 5  held  staging_dev__work.v  T
3 of 5  held  staging_dev__work.w  T
4 of 5  held  staging_dev__work.b  1 row  T
5 of 5  held  report_dev__work.c  1 row  T

`,
    stdout: `held, for a look by hand
  staging_dev__work.a
  staging_dev__work.v
  staging_dev__work.w
  staging_dev__work.b
  report_dev__work.c

build --hold of staging_dev is done: 5 held (3 rows), in T

next
  dbl publish --target staging_dev  publish what is held
`,
  });
  expect(await lastNodes(project)).toEqual(['c held', 'a held', 'b held', 'v held', 'w held']);
  expect(await rows(`SELECT check_id, status, sql FROM dbluigi.checks ORDER BY run_id = (SELECT run_id FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1) DESC LIMIT 1`)).toEqual([
    'test.t|pass|select * from staging_dev__work.a, report_dev__work.c where a.n <> c.n',
  ]);
  expect(await rows(read)).toEqual(['1|10|11|11|11']);
  expect(await rows(read.replaceAll('_dev.', '_dev__work.'))).toEqual(['2|20|21|21|21']);

  expect(await dbl('publish')).toEqual({
    code: 0,
    stderr: `publish of staging_dev (report_dev, staging_dev): 5 models
1 of 5  published  staging_dev.a  1 row  T
2 of 5  published  staging_dev.v  T
3 of 5  published  staging_dev.w  T
4 of 5  published  staging_dev.b  1 row  T
5 of 5  published  report_dev.c  1 row  T

`,
    stdout: `publish of staging_dev is done: 5 published (3 rows), in T

next
  dbl promote --target staging_dev  put it in production's place
`,
  });
  expect(await rows(read)).toEqual(['2|20|21|21|21']);
  expect(await rows('SELECT * FROM public.watch')).toEqual(['2|20']);
  expect(await lastNodes(project)).toEqual(['c success', 'a success', 'b success', 'v success', 'w success']);
  expect(await rows('SELECT count(DISTINCT xmin::text) AS transactions, count(*) FROM dbluigi.relations')).toEqual(['1|5']);
  expect(await rows('SELECT count(*) FROM dbluigi.held')).toEqual(['0']);
  expect(await rows(`SELECT c.relname FROM pg_class AS c WHERE relnamespace::regnamespace::text ~ '__(work|trash)' AND relkind IN ('r', 'v')`)).toEqual([]);
  expect(runResults(project)).toMatchObject({ command: 'publish', status: 'success', exit_code: 0, published: [{ schema: 'staging_dev' }, { schema: 'report_dev' }] });
});

it('what is held can be added to, and is read by what is held later', async () => {
  const project = await buildProject(files);
  const { dbl, rows } = project;
  expect((await dbl('build', '--quiet', '--hold', '--select', 'a', 'v')).code).toBe(0);
  expect((await dbl('build', '--quiet', '--hold', '--select', 'w')).code).toBe(0);
  expect((await dbl('build', '--quiet', '--hold', '--select', 'b', 'c')).code).toBe(0);
  expect(await rows(read.replaceAll('_dev.', '_dev__work.'))).toEqual(['1|10|11|11|11']);
  // Without --hold the held parents do not count: readers of the target could not follow.
  expect((await dbl('build', '--quiet', '--select', 'b')).stderr).toContain('error DBL2101: "staging.b" reads "staging.w", which is not in "staging_dev"');
  expect((await dbl('publish', '--quiet')).stdout).toBe('publish of staging_dev is done: 5 published (3 rows), in T\n');
  expect(await rows(read)).toEqual(['1|10|11|11|11']);
});

it('holding a table again drops the held views that read it, and only those', async () => {
  const { dbl, rows } = await buildProject({ ...files, 'staging.x': `${view}select 7 as x` });
  expect((await dbl('build', '--quiet', '--hold')).code).toBe(0);
  expect((await dbl('build', '--quiet', '--hold', '--select', 'a', '--vars', '{"n": 2}')).code).toBe(0);
  expect(await rows(`SELECT relname FROM pg_class WHERE relnamespace = 'staging_dev__work'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1`)).toEqual(['a', 'b', 'x']);
  const { code, stderr } = await dbl('publish');
  expect([code, stderr]).toEqual([1, `error DBL2406: what was held is not there any more: "staging_dev__work.v", "staging_dev__work.w"
  hint: Build and hold them again. Nothing was published.
`]);
  expect(await rows(`SELECT count(*) FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace`)).toEqual(['0']);
  expect((await dbl('build', '--quiet', '--hold', '--select', 'a+', '--vars', '{"n": 2}')).code).toBe(0);
  expect((await dbl('publish', '--quiet')).code).toBe(0);
  expect(await rows(`${read}, staging_dev.x`)).toEqual(['2|20|21|21|21']);
});

it('a held table that is dropped by hand stops the publish; a build takes what is held out of the way', async () => {
  const project = await buildProject(files);
  const { database, dbl, rows } = project;
  await dbl('build', '--quiet', '--hold');
  await database.query('DROP TABLE report_dev__work.c; CREATE TABLE report_dev__work.c AS SELECT 666 AS eleven, 666 AS n');
  expect(await dbl('publish')).toEqual({
    code: 1,
    stdout: '',
    stderr: `error DBL2406: what was held is not there any more: "report_dev__work.c"
  hint: Build and hold them again. Nothing was published.
`,
  });
  expect(await rows('SELECT status, exit_code FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1')).toEqual(['failed|1']);
  expect((await dbl('build', '--quiet', '--vars', '{"n": 3}')).code).toBe(0);
  expect(await rows(read)).toEqual(['3|30|31|31|31']);
  expect((await dbl('publish')).stderr).toContain('warning DBL2404: nothing is held in the workbench');
  expect(await rows(read)).toEqual(['3|30|31|31|31']);
});

it('what others did to the published table while the new one was held is kept, or stops the publish', async () => {
  const { database, dbl, rows, write } = await buildProject({ ...files, 'staging.new': 'select 1 as id' });
  await dbl('build', '--quiet', '--exclude', 'new');
  await dbl('build', '--quiet', '--hold', '--vars', '{"n": 2}');
  await database.query(`CREATE INDEX late ON staging_dev.a (n); GRANT SELECT (n) ON staging_dev.a TO PUBLIC; CREATE TRIGGER t AFTER INSERT ON staging_dev.b EXECUTE FUNCTION suppress_redundant_updates_trigger();
    CREATE TABLE staging_dev.new AS SELECT 'theirs' AS whose`);
  expect(await dbl('publish')).toEqual({
    code: 1,
    stdout: '',
    stderr: `error DBL2102: "staging_dev.new" is a table that dbl did not make, so it is not replaced
  models/POPULATE-staging-new.sql
  hint: Rename it, move it to another schema or drop it; then build again.

error DBL2401: "staging_dev.b" cannot be replaced, since this hangs on it: trigger t on staging_dev.b
  models/POPULATE-staging-b.sql
  hint: dbl did not make it and does not drop it. Drop it, build, and create it again.
`,
  });
  expect(await rows(read)).toEqual(['1|10|11|11|11']);
  await database.query('DROP TRIGGER t ON staging_dev.b; DROP TABLE staging_dev.new');
  expect((await dbl('publish', '--quiet')).code).toBe(0);
  expect(await rows(read)).toEqual(['2|20|21|21|21']);
  expect(await rows(`SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'staging_dev.a'::regclass`)).toEqual(['CREATE INDEX late ON staging_dev.a USING btree (n)']);
  expect(await rows(`SELECT count(*) FROM pg_attribute WHERE attrelid = 'staging_dev.a'::regclass AND attacl IS NOT NULL`)).toEqual(['1']);
  write({ 'staging.a': 'select 9 as n' });
  expect((await dbl('build', '--quiet', '--select', 'a')).code).toBe(0);
  expect(await rows(`SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'staging_dev.a'::regclass`)).toEqual(['staging_dev.late']);
});

it('a failed check or statement keeps back only its own, also with --hold', async () => {
  const project = await buildProject({
    ...files,
    'staging.bad': 'select 1 / (n - 1) as x from staging.a',
    'models/p.yaml': 'models: [{name: b, columns: [{name: eleven, checks: [{accepted_values: {values: [0]}}]}]}]',
  });
  const { dbl, rows } = project;
  const { code, stdout } = await dbl('build', '--hold');
  expect(code).toBe(1);
  expect(await lastNodes(project)).toEqual([
    'c skipped: "staging.b" failed',
    'a held',
    'b failed: the check "staging.b.accepted_values.eleven" failed: 1 failing row',
    'bad failed: division by zero',
    'v held',
    'w held',
  ]);
  expect(stdout).toContain('build --hold of staging_dev failed after T: 3 held (1 row), 2 failed, 1 skipped\n');
  expect(stdout).toContain('next\n  dbl build --hold --target staging_dev --select staging.b+ staging.bad+  when it is mended\n');
  expect((await dbl('publish', '--quiet')).stdout).toBe('publish of staging_dev is done: 3 published (1 row), in T\n');
  expect(await rows(`SELECT relname FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace ORDER BY 1`)).toEqual(['a', 'v', 'w']);
});

it('the workbench is dbl\'s own, but what others have hung on its tables is not dropped', async () => {
  const { database, dbl, rows } = await buildProject({ 'staging.a': 'select 1 as n', 'staging.v': `${view}select n from staging.a` });
  await dbl('build', '--quiet', '--hold');
  await database.query('CREATE VIEW public.look AS SELECT n FROM staging_dev__work.v');
  const { code, stderr } = await dbl('build', '--hold');
  expect([code, stderr]).toEqual([1, `build --hold of staging_dev (staging_dev): 2 models

error DBL2401: the workbench cannot be cleared for what is built anew: cannot drop view staging_dev__work.v because other objects depend on it; view look depends on view staging_dev__work.v
  hint: dbl drops only what it made. Drop what was hung on tables in the workbench, and build again.

`]);
  expect(await rows('SELECT n FROM public.look')).toEqual(['1']);
  // Publishing a view makes it anew in the target; what reads the one in the workbench stands in its way, and nothing is published.
  const published = await dbl('publish');
  expect([published.code, published.stderr]).toEqual([1, expect.stringContaining('error DBL2403: publishing failed: cannot drop view staging_dev__work.v because other objects depend on it; view public.look depends on view staging_dev__work.v')]);
  await database.query('DROP VIEW public.look; CREATE VIEW public.look AS SELECT n FROM staging_dev__work.a');
  // A table is moved with what reads it.
  expect((await dbl('publish', '--quiet')).code).toBe(0);
  expect(await rows(`SELECT pg_get_viewdef('public.look'::regclass) LIKE '%staging_dev.a%'`)).toEqual(['t']);
});
