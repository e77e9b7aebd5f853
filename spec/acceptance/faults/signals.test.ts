import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { spawnDbl } from '../../harness/index.js';
import { type BuildProject, buildProject, lastNodes } from '../build/project.js';
import { history, seed, slowCheck, slowly, sources, startDbl, untilAlone, untilBlocked, untilFound, untilRunning } from './faults.js';

vi.setConfig({ testTimeout: 120_000 });

const models = {
  ...sources,
  'staging.slow': slowly,
  'staging.slower': `${slowly} where v.version > 0`,
  'staging.third': `${slowly} where v.version > -1`,
  'staging.last': "select version from {{ ref('slow') }}",
};

async function seeded(files: Readonly<Record<string, string>> = models, config?: string): Promise<BuildProject> {
  const project = await buildProject(files, config);
  await project.database.query(`${seed}; UPDATE raw.delay SET seconds = 60`);
  return project;
}

const stopping = (signal: NodeJS.Signals) => `stopping: cancelling what runs in the database${signal === 'SIGINT' ? '; press Ctrl-C again to leave at once' : ''}\n`;
const steady = (text: string): string => text.replaceAll(/\b\d+(?:\.\d)? m?s\b/g, 'T').replaceAll(/ {3,}/g, '  ').replaceAll(/^\d of/gm, 'n of');

for (const [signal, exitCode] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
  it(`${signal} cancels what a build has running within a second, and closes the run and its models as cancelled`, async () => {
    const project = await seeded();
    const { database, dbl, rows } = project;
    const running = startDbl(project, ['build'], 2);
    await expect.poll(async () => rows(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(s%' AND pid <> pg_backend_pid()`), { timeout: 40_000 }).toEqual(['2']);
    running.process.kill(signal);
    await expect.poll(async () => rows(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(s%' AND pid <> pg_backend_pid()`), { timeout: 1000, interval: 20 }).toEqual(['0']);
    const { code, stderr, stdout } = await running.ended;
    expect(code).toBe(exitCode);
    expect(steady(stderr).split('\n').slice(1, 6).toSorted()).toEqual([
      'n of 4  cancelled  staging.last  the run was stopped',
      'n of 4  cancelled  staging.slow  the run was stopped',
      'n of 4  cancelled  staging.slower  the run was stopped',
      'n of 4  cancelled  staging.third  the run was stopped',
      stopping(signal).trimEnd(),
    ]);
    expect(steady(stdout)).toContain('build of staging_dev was cancelled after T: 4 cancelled\n');
    await untilAlone(database, 1000);
    expect(await lastNodes(project)).toEqual(['last', 'slow', 'slower', 'third'].map((name) => `${name} cancelled: the run was stopped`));
    expect(await rows(`SELECT node FROM dbluigi.node_runs WHERE started_at IS NOT NULL AND finished_at IS NOT NULL ORDER BY 1`)).toHaveLength(2);
    expect(await history(dbl)).toEqual([`build cancelled ${exitCode}`]);
    expect(await rows(`SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text ~ '^staging'`)).toEqual(['0']);

    await database.query('UPDATE raw.delay SET seconds = 0');
    expect((await dbl('build', '--quiet')).stdout).toBe('build of staging_dev is done: 4 built (4 rows), in T\n');
  });
}

it('a program that checks is ended with all that it started', async () => {
  const project = await seeded({
    ...sources,
    'staging.watched': 'select version from raw.version',
    'models/m.yaml': 'models: [{name: watched, checks: [{command: [sh, -c, "sleep 61 & echo $! > child; echo $$ > parent; wait"]}]}]',
  });
  const { database, dbl, rows } = project;
  const running = startDbl(project, ['build']);
  const pid = (name: string): number => Number(readFileSync(path.join(project.project.folder, name), 'utf8'));
  await expect.poll(() => existsSync(path.join(project.project.folder, 'parent')), { timeout: 40_000, interval: 20 }).toBe(true);
  const pids = [pid('parent'), pid('child')];
  running.process.kill('SIGINT');
  await expect.poll(() => pids.filter(lives), { timeout: 1000, interval: 20 }).toEqual([]);
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  // It was ended, which is no verdict.
  expect(stderr).not.toContain('failed');
  await untilAlone(database, 1000);
  expect(await lastNodes(project)).toEqual(['watched cancelled: the run was stopped']);
  expect(await rows('SELECT count(*) FROM dbluigi.checks')).toEqual(['0']);
  expect(await history(dbl)).toEqual(['build cancelled 130']);
});

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A dead child of a dead parent, which nobody has asked how it ended, is listed still.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

it('a test run, a publication and a promotion are stopped as well, and leave everything as it was', async () => {
  const project = await seeded({ ...sources, 'staging.slow': 'select version from raw.version', 'tests/slow.sql': slowCheck });
  const { database, dbl, rows } = project;
  await database.query('UPDATE raw.delay SET seconds = 0');
  for (const command of ['build', 'promote', 'build']) expect((await dbl(command, '--quiet')).code).toBe(0);
  await database.query('UPDATE raw.delay SET seconds = 60; UPDATE raw.version SET version = 2');
  const expected = ['build success 0', 'promote success 0', 'build success 0'];

  const testing = startDbl(project, ['test']);
  await untilRunning(database, 'pg_sleep');
  testing.process.kill('SIGTERM');
  expect(await testing.ended).toMatchObject({ code: 143 });
  expected.push('test cancelled 143');

  project.write({ 'staging.sleepy': slowly });
  const showing = spawnDbl(['show', 'sleepy'], { cwd: project.project.folder, env: { DBL_DATABASE_URL: database.url } });
  await untilFound(database, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dbl' AND state = 'active' AND query LIKE '%pg_sleep%'`);
  showing.process.kill('SIGINT');
  expect(await showing.ended).toMatchObject({ code: 130, stdout: '' });
  rmSync(path.join(project.project.folder, 'models', 'POPULATE-staging-sleepy.sql'));

  const checking = startDbl(project, ['build']);
  await untilRunning(database, 'pg_sleep');
  checking.process.kill('SIGINT');
  expect(await checking.ended).toMatchObject({ code: 130 });
  expected.push('build cancelled 130');

  await database.query('UPDATE raw.delay SET seconds = 0');
  const reader = await database.session('reader');
  await reader.batch('BEGIN; SELECT * FROM staging_dev.slow');
  const publishing = startDbl(project, ['build']);
  await untilBlocked(database);
  publishing.process.kill('SIGINT');
  expect(await publishing.ended).toMatchObject({ code: 130 });
  expected.push('build cancelled 130');
  expect(await lastNodes(project)).toEqual(['slow cancelled: the run was stopped']);

  expect((await dbl('build', '--quiet', '--hold')).code).toBe(0);
  const held = startDbl(project, ['publish']);
  await untilBlocked(database);
  held.process.kill('SIGINT');
  expect(await held.ended).toMatchObject({ code: 130 });
  expected.push('build success 0', 'publish cancelled 130');
  await reader.query('COMMIT');
  expect(await rows('SELECT version FROM staging_dev.slow')).toEqual(['1']);
  expect((await dbl('publish', '--quiet')).code).toBe(0);
  expect(await rows('SELECT version FROM staging_dev.slow')).toEqual(['2']);
  expected.push('publish success 0');

  await database.query('CREATE SCHEMA outside; CREATE VIEW outside.slow AS SELECT version FROM staging.slow');
  await reader.batch('BEGIN; SELECT * FROM outside.slow');
  const promoting = startDbl(project, ['promote']);
  await untilBlocked(database);
  promoting.process.kill('SIGTERM');
  expect(await promoting.ended).toMatchObject({ code: 143, stdout: 'promote of staging_dev was cancelled, production is as it was\n', stderr: stopping('SIGTERM') });
  expected.push('promote cancelled 143');
  await reader.batch('ROLLBACK; BEGIN; LOCK TABLE outside.slow');
  // It cannot even look what it would have to do.
  const planning = startDbl(project, ['promote']);
  await untilBlocked(database);
  planning.process.kill('SIGINT');
  expect(await planning.ended).toMatchObject({ code: 130, stderr: stopping('SIGINT') });
  await reader.query('ROLLBACK');
  expected.push('promote cancelled 130');
  expect(await rows('SELECT version FROM staging.slow')).toEqual(['1']);
  await untilAlone(database, 1000);
  expect(await history(dbl)).toEqual(expected);
});

it('a second Ctrl-C leaves at once, and the next run finds the first one crashed', async () => {
  const project = await seeded();
  const { database, dbl } = project;
  const running = startDbl(project, ['build']);
  await untilRunning(database, 'pg_sleep');
  // So that writing down how it ended takes longer than anybody waits.
  const other = await database.session('somebody');
  await other.batch('BEGIN; LOCK TABLE dbluigi.node_runs');
  running.process.kill('SIGINT');
  await running.printed('press Ctrl-C again');
  await untilBlocked(database);
  running.process.kill('SIGINT');
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain(stopping('SIGINT'));
  expect(stderr).toMatch(/left at once: the server may need a moment to notice\n$/);
  await untilAlone(database, 2000);
  await other.query('COMMIT');
  expect(await history(dbl)).toEqual(['build crashed null']);
});
