import { expect, it, vi } from 'vitest';
import { relationsIn, schemasOf } from '../../integration/run/hanging.js';
import { type BuildProject, buildProject, lastNodes } from '../build/project.js';
import { controlOf, history, seed, slowCheck, slowly, sources, startDbl, untilAlone, untilBlocked, untilFound, untilRunning } from './faults.js';

vi.setConfig({ testTimeout: 120_000 });

const models = {
  ...sources,
  'staging.fast': 'select version from raw.version',
  'staging.slow': slowly,
  'staging.last': "select version from {{ ref('slow') }}",
};
const sleeping = 'UPDATE raw.delay SET seconds = 60';

async function seeded(files: Readonly<Record<string, string>> = models): Promise<BuildProject> {
  const project = await buildProject(files);
  await project.database.query(seed);
  return project;
}

/** Version 1 in the target, and version 2 in the sources. */
async function built(files: Readonly<Record<string, string>> = models): Promise<BuildProject> {
  const project = await seeded(files);
  expect((await project.dbl('build', '--quiet')).code).toBe(0);
  await project.database.query('UPDATE raw.version SET version = 2');
  return project;
}

/** Standard error without progress, which depends on the order of things. */
const problems = (stderr: string): string => stderr.replaceAll(/^(?:build of|\d+ of \d+) .*\n/gm, '').trim();

it('a session that is ended from outside fails its model alone', async () => {
  const project = await built();
  const { database, dbl, rows } = project;
  await database.query(sleeping);
  const running = startDbl(project, ['build'], 2);
  const worker = await untilRunning(database, 'pg_sleep');
  await database.query(`SELECT pg_terminate_backend(${worker})`);
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(problems(stderr)).toBe('error DBL2202: the connection to the server was lost: terminating connection due to administrator command\n  models/POPULATE-staging-slow.sql');
  expect(await lastNodes(project)).toEqual([
    'fast success',
    'last skipped: "staging.slow" failed',
    'slow failed: the connection to the server was lost: terminating connection due to administrator command',
  ]);
  expect(await history(dbl)).toEqual(['build success 0', 'build failed 1']);
  expect(await rows('SELECT (SELECT version FROM staging_dev.fast) AS fast, (SELECT version FROM staging_dev.slow) AS slow')).toEqual(['2|1']);
});

it('a run that loses its locks stops at once, publishes nothing more, and says so', async () => {
  const project = await built();
  const { database, dbl, rows } = project;
  await database.query(sleeping);
  const running = startDbl(project, ['build'], 2);
  await untilRunning(database, 'pg_sleep');
  await running.printed('staging_dev.fast');
  await database.query(`SELECT pg_terminate_backend(${await controlOf(database)})`);
  await untilAlone(database, 5000);
  const { code, stderr, stdout } = await running.ended;
  expect(code).toBe(3);
  expect(problems(stderr)).toBe(`error DBL2202: the run lost its locks on "staging_dev" with the connection that held them
  hint: Another run may hold it by now, so nothing was published after that. What was published before stays.`);
  expect(stdout).toContain('\nbuild of staging_dev failed after ');
  expect(await lastNodes(project)).toEqual(['fast success', 'last skipped: the run lost the locks on its target', 'slow cancelled: the run lost the locks on its target']);
  expect(await history(dbl)).toEqual(['build success 0', 'build failed 3']);
  expect(await rows('SELECT version FROM staging_dev.slow')).toEqual(['1']);
  await database.query('UPDATE raw.delay SET seconds = 0');
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await rows('SELECT version FROM staging_dev.last')).toEqual(['2']);
});

it('nothing is published by a run that has lost its locks without noticing', async () => {
  const project = await seeded({ ...sources, 'staging.slow': slowly });
  const { database, rows } = project;
  await database.query('UPDATE raw.delay SET seconds = 3');
  const running = startDbl(project, ['build']);
  // From here on the server has all that it needs for building and publishing, and the process hears of nothing.
  await untilRunning(database, 'pg_sleep');
  running.process.kill('SIGSTOP');
  await database.query(`SELECT pg_terminate_backend(${await controlOf(database)})`);
  await untilFound(database, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction (aborted)'`);
  expect(await relationsIn(database, 'staging_dev')).toEqual([]);
  running.process.kill('SIGCONT');
  expect((await running.ended).code).toBe(3);
  expect(await relationsIn(database, 'staging_dev')).toEqual([]);
  expect(await rows('SELECT status, exit_code FROM dbluigi.runs')).toEqual(['failed|3']);
});

it('a run takes the place of one that lost its locks, and ends what that one still has running', async () => {
  const project = await built({ ...sources, 'staging.slow': slowly });
  const { database, dbl, rows } = project;
  await database.query(sleeping);
  const frozen = startDbl(project, ['build']);
  const worker = await untilRunning(database, 'pg_sleep');
  frozen.process.kill('SIGSTOP');
  await database.query(`SELECT pg_terminate_backend(${await controlOf(database)})`);
  await untilFound(database, `SELECT 'gone' WHERE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`);
  await database.query('UPDATE raw.delay SET seconds = 0');
  expect(await dbl('build', '--quiet')).toEqual({ code: 0, stderr: '', stdout: 'build of staging_dev is done: 1 built (1 row), in T\n' });
  expect(await rows(`SELECT count(*) FROM pg_stat_activity WHERE pid = ${worker}`)).toEqual(['0']);
  frozen.process.kill('SIGCONT');
  expect((await frozen.ended).code).toBe(3);
  expect(await rows('SELECT version FROM staging_dev.slow')).toEqual(['2']);
  // What the first run wrote down afterwards did not touch what the second one knows of the table.
  expect(await rows('SELECT last_status FROM dbluigi.relations')).toEqual(['success']);
  expect((await rows('SELECT status FROM dbluigi.runs ORDER BY started_at')).at(-1)).toBe('success');
  expect(await schemasOf(database)).toEqual(expect.arrayContaining(['staging_dev', 'staging_dev__work']));
});

it('a statement that somebody else cancels, or a time limit, is a failure of the model or the check', async () => {
  const project = await built({ ...models, 'staging.checked': 'select version from raw.version', 'tests/slow.sql': slowCheck.replace("ref('slow')", "ref('checked')") });
  const { database, dbl, rows } = project;
  await database.query(sleeping);
  const running = startDbl(project, ['build'], 2);
  for (const doing of ['create table%pg_sleep', 'AS failures FROM%pg_sleep']) {
    await database.query(`SELECT pg_cancel_backend(${await untilRunning(database, doing)})`);
  }
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  const told = problems(stderr);
  expect(told).toContain('error DBL2302: the check "test.slow" could not run: canceling statement due to user request');
  expect(told).toContain(`error DBL2201: the server stopped a statement: canceling statement due to user request
  models/POPULATE-staging-slow.sql
  hint: Somebody with the right to do so, or a limit such as statement_timeout, stopped it; dbl did not.`);
  expect(await lastNodes(project)).toEqual([
    'checked failed: the check "test.slow" could not run: canceling statement due to user request',
    'fast success',
    'last skipped: "staging.slow" failed',
    'slow failed: the server stopped a statement: canceling statement due to user request',
  ]);
  expect(await history(dbl)).toEqual(['build success 0', 'build failed 1']);

  await database.query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''2s''', current_database()); END $$`);
  expect((await dbl('build', '--quiet', '--select', 'slow')).stderr).toContain('error DBL2201: the server stopped a statement: canceling statement due to statement timeout\n');
  expect(await history(dbl)).toEqual(['build success 0', 'build failed 1', 'build failed 1']);
  expect(await rows('SELECT (SELECT version FROM staging_dev.checked) AS checked, (SELECT version FROM staging_dev.slow) AS slow')).toEqual(['1|1']);
});

it('a publication or a promotion that somebody else cancels or ends has failed, and nothing is lost', async () => {
  const project = await built();
  const { database, dbl, rows } = project;
  const reader = await database.session('reader');
  await reader.batch('BEGIN; SELECT * FROM staging_dev.slow');
  const publishing = startDbl(project, ['build', '--select', 'slow']);
  await database.query(`SELECT pg_cancel_backend(${await untilBlocked(database)})`);
  const published = await publishing.ended;
  expect(published.code).toBe(1);
  expect(published.stderr).toContain('error DBL2201: the server stopped a statement: canceling statement due to user request\n');
  await reader.query('COMMIT');
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  await database.query('CREATE SCHEMA outside; CREATE VIEW outside.slow AS SELECT version FROM staging.slow');
  await reader.batch('BEGIN; SELECT * FROM outside.slow');
  const oid = () => rows(`SELECT 'staging.slow'::regclass::oid`);
  const production = await oid();

  const cancelled = startDbl(project, ['promote']);
  await database.query(`SELECT pg_cancel_backend(${await untilBlocked(database)})`);
  expect(await cancelled.ended).toMatchObject({
    code: 1,
    stdout: 'promote of staging_dev failed, production is as it was\n',
    stderr: `error DBL2204: the server stopped a statement: canceling statement due to user request
  hint: Somebody with the right to do so, or a limit such as statement_timeout, stopped it; dbl did not.

`,
  });
  const ended = startDbl(project, ['promote']);
  await database.query(`SELECT pg_terminate_backend(${await untilBlocked(database)})`);
  expect(await ended.ended).toMatchObject({
    code: 3,
    stdout: 'promote of staging_dev failed\n',
    stderr: `error DBL2202: the connection to the server was lost: terminating connection due to administrator command
  hint: Nothing half done is left behind. When the server can be reached again, run the command again.

`,
  });
  expect(await oid()).toEqual(production);
  expect(await history(dbl)).toEqual(['build success 0', 'build failed 1', 'build success 0', 'promote success 0', 'build success 0', 'promote failed 1', 'promote failed 3']);
  await reader.query('COMMIT');
  expect((await dbl('promote', '--quiet')).code).toBe(0);
});
