import { expect, it, vi } from 'vitest';
import { relationsIn, schemasOf } from '../../integration/run/hanging.js';
import type { RunningDbl } from '../../harness/index.js';
import { type BuildProject, buildProject } from '../build/project.js';
import { history, seed, slowCheck, slowly, sources, startDbl, untilAlone, untilBlocked, untilRunning } from './faults.js';

vi.setConfig({ testTimeout: 120_000 });

const models = {
  ...sources,
  'staging.first': 'select version from raw.version',
  'staging.slow': slowly,
  'staging.last': "select version from {{ ref('slow') }}",
};

/** Version 1 in the target, and version 2 in the sources. */
async function built(files: Readonly<Record<string, string>> = models): Promise<BuildProject> {
  const project = await buildProject(files);
  await project.database.query(seed);
  expect((await project.dbl('build', '--quiet')).code).toBe(0);
  await project.database.query('UPDATE raw.version SET version = 2');
  return project;
}

const versions = ({ rows }: BuildProject, schema = 'staging_dev') =>
  rows(`SELECT 'first ' || version FROM ${schema}.first UNION ALL SELECT 'slow ' || version FROM ${schema}.slow UNION ALL SELECT 'last ' || version FROM ${schema}.last`);

/** Kills dbl so that it can do nothing more, and sees to it that the server is rid of it within two seconds. */
async function kill({ database }: BuildProject, running: RunningDbl): Promise<void> {
  running.process.kill('SIGKILL');
  expect(await running.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  await untilAlone(database, 2000);
}

it('killed while it builds: what was published stays, nothing is half done, and the next build succeeds', async () => {
  const project = await built();
  const { database, dbl, rows } = project;
  await database.query('UPDATE raw.delay SET seconds = 60');
  const running = startDbl(project, ['build'], 2);
  await untilRunning(database, 'pg_sleep');
  await running.printed('staging_dev.first');
  await kill(project, running);
  expect(await versions(project)).toEqual(['first 2', 'slow 1', 'last 1']);
  expect(await rows('SELECT status FROM dbluigi.runs ORDER BY started_at')).toEqual(['success', 'running']);
  expect(await rows(`SELECT status, last_run = (SELECT run_id FROM dbluigi.runs WHERE status = 'running') FROM dbluigi.relations JOIN dbluigi.node_runs AS n ON n.run_id = published_by AND n.node = relations.node WHERE name = 'first'`)).toEqual(['success|t']);
  expect(await history(dbl)).toEqual(['build success 0', 'build crashed null']);
  expect((await dbl('promote')).stderr).toBe(
    ['last', 'slow']
      .map((name) => `error DBL2501: "staging_dev.${name}" was not finished by the last run that was to build it, which crashed
  models/POPULATE-staging-${name}.sql
  hint: Build it: dbl build --target staging_dev --select ${name}

`)
      .join(''),
  );

  await database.query('UPDATE raw.delay SET seconds = 0');
  expect(await dbl('build', '--quiet')).toEqual({ code: 0, stderr: '', stdout: 'build of staging_dev is done: 3 built (3 rows), in T\n' });
  expect(await versions(project)).toEqual(['first 2', 'slow 2', 'last 2']);
  expect(await schemasOf(database)).toEqual(['dbluigi', 'public', 'raw', 'staging_dev', 'staging_dev__work']);
  expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
  expect(await history(dbl)).toEqual(['build success 0', 'build crashed null', 'promote failed 1', 'build success 0']);
});

it('killed while it checks: the table that was being checked is not published', async () => {
  const project = await built({ ...models, 'staging.slow': 'select version from raw.version', 'tests/slow.sql': slowCheck });
  const { database, dbl } = project;
  await database.query('UPDATE raw.delay SET seconds = 60');
  const running = startDbl(project, ['build'], 2);
  await untilRunning(database, 'pg_sleep');
  await running.printed('staging_dev.first');
  await kill(project, running);
  expect(await versions(project)).toEqual(['first 2', 'slow 1', 'last 1']);
  expect(await relationsIn(database, 'staging_dev__work')).toEqual(['table slow']);
  await database.query('UPDATE raw.delay SET seconds = 0');
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await versions(project)).toEqual(['first 2', 'slow 2', 'last 2']);
  expect(await relationsIn(database, 'staging_dev__work')).toEqual([]);
  expect(await history(dbl)).toEqual(['build success 0', 'build crashed null', 'build success 0']);
});

it('killed while it publishes: the old table is in its place, with all that hangs on it', async () => {
  const project = await built();
  const { database, dbl, rows } = project;
  await database.query('CREATE VIEW public.outside AS SELECT version FROM staging_dev.slow');
  const reader = await database.session('reader');
  await reader.batch('BEGIN; SELECT * FROM staging_dev.slow');
  const running = startDbl(project, ['build', '--select', 'slow']);
  await untilBlocked(database);
  await kill(project, running);
  await reader.query('COMMIT');
  expect(await versions(project)).toEqual(['first 1', 'slow 1', 'last 1']);
  expect(await rows('SELECT version FROM public.outside')).toEqual(['1']);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await versions(project)).toEqual(['first 2', 'slow 2', 'last 2']);
  expect(await rows('SELECT version FROM public.outside')).toEqual(['2']);
  expect(await schemasOf(database)).toEqual(['dbluigi', 'public', 'raw', 'staging_dev', 'staging_dev__work']);
  expect(await history(dbl)).toEqual(['build success 0', 'build crashed null', 'build success 0']);
});

it('killed while it promotes: production is as it was, and the next promotion succeeds', async () => {
  const project = await built();
  const { database, dbl, rows } = project;
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  await database.query('CREATE SCHEMA outside; CREATE VIEW outside.slow AS SELECT version FROM staging.slow');
  const reader = await database.session('reader');
  await reader.batch('BEGIN; SELECT * FROM outside.slow');
  const running = startDbl(project, ['promote']);
  await untilBlocked(database);
  await kill(project, running);
  await reader.query('COMMIT');
  expect(await versions(project, 'staging')).toEqual(['first 1', 'slow 1', 'last 1']);
  expect(await versions(project)).toEqual(['first 2', 'slow 2', 'last 2']);
  expect(await schemasOf(database)).toEqual(['dbluigi', 'outside', 'public', 'raw', 'staging', 'staging_dev', 'staging_dev__work']);
  expect(await history(dbl)).toEqual(['build success 0', 'promote success 0', 'build success 0', 'promote crashed null']);
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  expect(await versions(project, 'staging')).toEqual(['first 2', 'slow 2', 'last 2']);
  expect(await versions(project, 'staging__previous')).toEqual(['first 1', 'slow 1', 'last 1']);
  expect(await rows('SELECT version FROM outside.slow')).toEqual(['2']);
  expect(await rows('SELECT count(*) FROM dbluigi.promotions')).toEqual(['2']);
});
