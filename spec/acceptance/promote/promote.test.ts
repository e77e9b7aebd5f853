import { expect, it, vi } from 'vitest';
import { relationsIn, schemasOf } from '../../integration/run/hanging.js';
import { type BuildProject, buildProject } from '../build/project.js';

vi.setConfig({ testTimeout: 120_000 });

const models = {
  'staging.people': 'select id, version from raw.people',
  'staging.evens': "{{ config(materialized='view') }} select id, version from staging.people where id % 2 = 0",
  'models/sources.yaml': 'sources: [{name: raw, tables: [{name: people}]}]',
};
const built = (n: number, rows: number) => ({ code: 0, stderr: '', stdout: `build of staging_dev is done: ${n} built (${rows} rows), in T\n` });

async function seeded(): Promise<BuildProject> {
  const project = await buildProject(models);
  await project.database.query(`CREATE SCHEMA raw; CREATE TABLE raw.people AS SELECT id, 1 AS version FROM generate_series(1, 4) AS g (id)`);
  return project;
}

/** The versions that a schema holds, by table: `evens 1`. */
function versions({ rows }: BuildProject, schema: string): Promise<readonly string[]> {
  return rows(`SELECT DISTINCT 'people ' || version FROM ${schema}.people UNION SELECT 'evens ' || version FROM ${schema}.evens ORDER BY 1`);
}

it('promotes once, twice and a third time, keeps the production before, and makes the target empty', async () => {
  const project = await seeded();
  const { database, dbl, rows } = project;
  for (const version of [1, 2, 3]) {
    await database.query(`UPDATE raw.people SET version = ${version}`);
    expect(await dbl('build', '--quiet')).toEqual(built(2, 4));
    expect(await dbl('promote')).toEqual({
      code: 0,
      stderr: '',
      stdout: `staging_dev is production now, in T\n  ${version === 1 ? 'staging is new' : 'staging is replaced, what it was is in staging__previous'}\n`,
    });
    expect(await versions(project, 'staging')).toEqual([`evens ${version}`, `people ${version}`]);
    if (version > 1) expect(await versions(project, 'staging__previous')).toEqual([`evens ${version - 1}`, `people ${version - 1}`]);
    expect(await relationsIn(database, 'staging_dev')).toEqual([]);
    expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
    // One production is kept, and the one before that is gone with its trash.
    expect(await schemasOf(database)).toEqual(['dbluigi', 'public', 'raw', 'staging', ...(version > 1 ? ['staging__previous'] : []), 'staging_dev', 'staging_dev__work']);
  }
  expect(await rows('SELECT kind, schema, previous_schema, pg_xact_status(xid) FROM dbluigi.promotions ORDER BY committed_at')).toEqual([
    'promote|staging||committed',
    'promote|staging|staging__previous|committed',
    'promote|staging|staging__previous|committed',
  ]);
  expect(await rows('SELECT count(DISTINCT xid) AS xids, count(DISTINCT run_id) AS runs FROM dbluigi.promotions JOIN dbluigi.runs USING (run_id) WHERE committed_at BETWEEN started_at AND finished_at')).toEqual(['3|3']);
  expect(await rows('SELECT command, target, status, exit_code FROM dbluigi.runs ORDER BY started_at')).toEqual([1, 2, 3].flatMap(() => ['build|staging_dev|success|0', 'promote|staging_dev|success|0']));
  expect(await rows('SELECT schema, name FROM dbluigi.relations WHERE relid = (quote_ident(schema) || \'.\' || quote_ident(name))::regclass ORDER BY 1, 2')).toEqual([
    'staging|evens', 'staging|people', 'staging__previous|evens', 'staging__previous|people',
  ]);

  const again = await dbl('promote');
  expect(again).toEqual({
    code: 1,
    stderr: `error DBL2501: the target "staging_dev" is empty: nothing was built in it since it was made
  hint: Build it: dbl build --target staging_dev

`,
    stdout: 'promote of staging_dev failed, production is as it was\n',
  });
  expect(await versions(project, 'staging')).toEqual(['evens 3', 'people 3']);
});

it('promotes several schemas in one transaction, views between them and odd names included', async () => {
  const config = `{ targets: { 'dev "1"': { schemas: { 'Rép "ort"': 'Rép.dev "1"', staging: 'Stäging dev', ['x'.repeat(30)]: '🚓' } } } }`;
  const long = 'x'.repeat(30);
  const project = await buildProject(
    {
      'staging.Some "one"': 'select id, 1 as version from generate_series(1, 3) as g (id)',
      'Rép "ort".vïew': `{{ config(materialized='view') }} select count(*) as n, max(version) as version from {{ ref('Some "one"') }}`,
      'Rép "ort".table.one': `select n from {{ ref('vïew') }}`,
      [`${long}.last`]: `{{ config(materialized='view') }} select v.n + t.n as n from {{ ref('vïew') }} as v, {{ ref('table.one') }} as t`,
    },
    config,
  );
  const { database, dbl, rows, write } = project;
  expect((await dbl('build', '--quiet')).stdout).toBe('build of dev "1" is done: 4 built (4 rows), in T\n');
  expect(await dbl('promote')).toEqual({
    code: 0,
    stderr: '',
    stdout: `dev "1" is production now, in T\n  Rép "ort" is new\n  staging is new\n  ${long} is new\n`,
  });
  expect(await rows(`SELECT n FROM ${long}.last`)).toEqual(['6']);
  await database.query(`CREATE SCHEMA "Öutside"; CREATE VIEW "Öutside"."of ""them""" AS SELECT l.n, v.version FROM ${long}.last AS l, "Rép ""ort"""."vïew" AS v`);

  write({ 'staging.Some "one"': 'select id, 2 as version from generate_series(1, 4) as g (id)' });
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await rows(`SELECT n FROM ${long}.last`)).toEqual(['6']);
  expect((await dbl('promote')).stdout).toBe(
    `dev "1" is production now, in T
  Rép "ort" is replaced, what it was is in Rép "ort"__previous
  staging is replaced, what it was is in staging__previous
  ${long} is replaced, what it was is in ${long}__previous
`,
  );
  expect(await rows(`SELECT n FROM ${long}.last`)).toEqual(['8']);
  expect(await rows(`SELECT n FROM ${long}__previous.last`)).toEqual(['6']);
  expect(await rows('SELECT * FROM "Öutside"."of ""them"""')).toEqual(['8|2']);
  // All of them have the transaction of one run.
  expect(await rows('SELECT string_agg(schema, \', \' ORDER BY schema), count(DISTINCT xid) FROM dbluigi.promotions GROUP BY run_id ORDER BY min(committed_at)')).toEqual(
    [1, 2].map(() => `Rép "ort", staging, ${long}|1`),
  );
  expect(await schemasOf(database)).toEqual([
    'Rép "ort"', 'Rép "ort"__previous', 'Rép.dev "1"', 'Rép.dev "1"__work', 'Stäging dev', 'Stäging dev__work', 'dbluigi', 'public',
    'staging', 'staging__previous', long, `${long}__previous`, 'Öutside', '🚓', '🚓__work',
  ]);
});
