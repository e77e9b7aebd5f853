import { expect, it } from 'vitest';
import { buildProject, lastNodes } from './project.js';

const diamond = {
  'staging.top': 'select 1 as n',
  'staging.left': 'select n from staging.top',
  'staging.right': 'select n from staging.top',
  'staging.bottom': 'select l.n + r.n as n from staging.left as l, staging.right as r',
};

it('a file in tests/ gates the model that it reads and that comes last', async () => {
  const project = await buildProject({
    ...diamond,
    'tests/deep/last.sql': '-- every number is small\nselect t.n as top, b.n as bottom from staging.bottom as b, staging.top as t where b.n > 4',
    'tests/first.sql': 'select * from staging.top where n is null',
  });
  const { dbl, rows, write } = project;
  expect((await dbl('build', '--quiet')).code).toBe(0);
  write({ 'staging.top': 'select 3 as n' });
  const { code, stderr, stdout } = await dbl('build');
  expect(code).toBe(1);
  expect(stderr).toContain(`error DBL2301: the check "test.deep.last" failed: 1 failing row
  tests/deep/last.sql:1:1
    |
  1 | -- every number is small
    | ^
     top | bottom
    -----+--------
       3 |      6
  all of them:
    -- every number is small
    select t.n as top, b.n as bottom from staging_dev__work.bottom as b, staging_dev.top as t where b.n > 4
`);
  expect(stdout).toContain(`failed
  staging.bottom: the check "test.deep.last" failed: 1 failing row
    at tests/deep/last.sql:1:1
    to look at: staging_dev__work.bottom
`);
  expect(await lastNodes(project)).toEqual(['bottom failed: the check "test.deep.last" failed: 1 failing row', 'left success', 'right success', 'top success']);
  expect(await rows('SELECT t.n, b.n AS bottom FROM staging_dev.top AS t, staging_dev.bottom AS b')).toEqual(['3|2']);
});

it('without a single last one, the models that a test reads are published together or not at all', async () => {
  const project = await buildProject({ ...diamond, 'tests/sides.sql': 'select l.n as l, r.n as r from staging.left as l, staging.right as r where l.n <> r.n' });
  const { database, dbl, rows, write } = project;
  expect((await dbl('build', '--quiet', '--threads', '4')).code).toBe(0);
  await database.query('CREATE VIEW public.sides WITH (security_barrier) AS SELECT l.n AS l, r.n AS r FROM staging_dev.left AS l, staging_dev.right AS r');
  write({ 'staging.top': 'select 2 as n', 'staging.right': 'select n * 2 as n from staging.top' });
  const { code, stdout } = await dbl('build', '--threads', '4');
  expect(code).toBe(1);
  expect(await lastNodes(project)).toEqual([
    'bottom skipped: "staging.left" failed',
    'left failed: the check "test.sides" failed: 1 failing row',
    'right held: a check of its publish group failed',
    'top success',
  ]);
  expect(stdout).toContain('held, for a look by hand\n  staging_dev__work."right"\n');
  expect(stdout).toContain('build --target staging_dev --select staging.left+ staging.right+  when it is mended');
  expect(await rows('SELECT * FROM public.sides')).toEqual(['1|1']);
  // What was withheld is not held: only --hold leaves something to publish.
  expect(await dbl('publish', '--quiet')).toMatchObject({ code: 0, stdout: '' });
  expect(await rows('SELECT * FROM public.sides')).toEqual(['1|1']);

  write({ 'staging.left': 'select n * 2 as n from staging.top' });
  expect((await dbl('build', '--quiet', '--threads', '4')).code).toBe(0);
  expect(await rows('SELECT * FROM public.sides')).toEqual(['4|4']);
  expect(await rows(`SELECT reloptions, pg_get_viewdef(oid) LIKE '%staging_dev.%' FROM pg_class WHERE relname = 'sides'`)).toEqual(['{security_barrier=true}|t']);
  // Both were published in one transaction.
  expect(await rows(`SELECT count(DISTINCT xmin::text) FROM dbluigi.relations WHERE name IN ('left', 'right')`)).toEqual(['1']);
});

it('a failed member keeps its group back, in whatever order; what lies between two members belongs to them', async () => {
  const files = {
    'staging.a': 'select 1 as n',
    'staging.between': "{{ config(materialized='view') }}select n from staging.a",
    'staging.c': "{{ config(materialized='view') }}select n from staging.between",
    'staging.other': 'select 1 as n from (select pg_sleep(0.2)) as later',
    'staging.after': 'select n from staging.between',
    'tests/one.sql': 'select * from staging.a, staging.other where a.n <> other.n',
    'tests/two.sql': 'select * from staging.c, staging.other where c.n <> other.n',
  };
  const project = await buildProject(files);
  const { dbl, rows, write } = project;
  expect((await dbl('build', '--quiet', '--threads', '2')).code).toBe(0);
  expect(await rows(`SELECT count(DISTINCT xmin::text) FROM dbluigi.relations WHERE name IN ('a', 'between', 'c', 'other')`)).toEqual(['1']);
  const state = () => rows(`SELECT relname, oid FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace AND relname <> 'after' ORDER BY 1`);
  const before = await state();

  write({ 'staging.other': 'select 1 / (select 0) as n from (select pg_sleep(0.2)) as later' });
  expect((await dbl('build', '--quiet', '--threads', '2')).code).toBe(1);
  expect(await lastNodes(project)).toEqual([
    'a held: "staging.other" of its publish group failed',
    'after skipped: "staging.between" was withheld',
    'between held: "staging.other" of its publish group failed',
    'c held: "staging.other" of its publish group failed',
    'other failed: division by zero',
  ]);
  write({ 'staging.other': files['staging.other'], 'staging.between': "{{ config(materialized='view') }}select n, nope from staging.a" });
  expect((await dbl('build', '--quiet', '--threads', '2')).code).toBe(1);
  expect(await lastNodes(project)).toEqual([
    'a held: "staging.between" of its publish group failed',
    'after skipped: "staging.between" failed',
    'between failed: column "nope" does not exist',
    'c skipped: "staging.between" failed',
    'other held: "staging.between" of its publish group failed',
  ]);
  expect(await state()).toEqual(before);
  // A chain of views in a group, replaced in place.
  write({ 'staging.between': "{{ config(materialized='view') }}select n, n as twice from staging.a" });
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await rows('SELECT * FROM staging_dev.c')).toEqual(['1']);
});

it('a member that cannot be built for what failed above keeps its group back too', async () => {
  const project = await buildProject({
    'staging.bad': 'select 1 / 0 as n',
    'staging.a': 'select n from staging.bad',
    'staging.b': 'select 1 as n from (select pg_sleep(0.5)) as later',
    'staging.early': 'select 1 as n',
    'tests/t.sql': 'select * from staging.a, staging.b, staging.early where false',
  });
  expect((await project.dbl('build', '--quiet', '--threads', '3')).code).toBe(1);
  expect(await lastNodes(project)).toEqual([
    'a skipped: "staging.bad" failed',
    'b held: "staging.a" of its publish group was skipped',
    'bad failed: division by zero',
    expect.stringMatching(/^early (held: "staging.a" of its publish group was skipped|skipped: "staging.a" was skipped)$/),
  ]);
});

it('a test that is not about the data that a run builds is left alone; one that cannot run fails what it gates', async () => {
  const project = await buildProject({
    ...diamond,
    'models/sources.yaml': 'sources: [{name: raw, tables: [{name: numbers}]}]',
    'tests/broken.sql': 'select t.nope\nfrom staging.top as t',
    'tests/source.sql': "select * from {{ source('raw', 'numbers') }}",
    'tests/nothing.sql': 'select 1 as x',
  });
  const { dbl, rows } = project;
  const { code, stderr } = await dbl('build');
  expect(code).toBe(1);
  expect(stderr).toContain(`error DBL2302: the check "test.broken" could not run: column t.nope does not exist
  tests/broken.sql:1:8
    |
  1 | select t.nope
    |        ^^^^^^
  the query:
    select t.nope
    from staging_dev__work.top as t
`);
  expect(await rows('SELECT check_id, node, status FROM dbluigi.checks')).toEqual(['test.broken|model.staging.top|error']);
  expect(await lastNodes(project)).toEqual([
    'bottom skipped: "staging.left" was skipped',
    'left skipped: "staging.top" failed',
    'right skipped: "staging.top" failed',
    'top failed: the check "test.broken" could not run: column t.nope does not exist',
  ]);
});
