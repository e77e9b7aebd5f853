import { spawnSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { expect, it, onTestFinished, vi } from 'vitest';
import { withProject } from '../../harness/index.js';
import { history, seed, slowly, sources, startDbl, untilBlocked, untilFound, untilRunning } from './faults.js';
import { type OwnServer, ownServer } from './own-server.js';

vi.setConfig({ testTimeout: 180_000 });

const models = {
  ...sources,
  'models/POPULATE-staging-first.sql': 'select version from raw.version',
  'models/POPULATE-staging-slow.sql': slowly,
  'models/POPULATE-staging-last.sql': "select version from {{ ref('slow') }}",
};

async function built(files: Readonly<Record<string, string>> = models, settings?: Readonly<Record<string, string>>): Promise<OwnServer> {
  const server = await ownServer(files, settings);
  await server.database.query(seed);
  expect((await server.dbl('build', '--quiet')).code).toBe(0);
  await server.database.query('UPDATE raw.version SET version = 2');
  return server;
}

const versions = ({ rows }: OwnServer, schema = 'staging_dev') =>
  rows(`SELECT 'first ' || version FROM ${schema}.first UNION ALL SELECT 'slow ' || version FROM ${schema}.slow UNION ALL SELECT 'last ' || version FROM ${schema}.last`);

it('a server that crashes while dbl builds, publishes or promotes loses nothing', async () => {
  const server = await built();
  const { crash, database, dbl, rows, session } = server;
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  await database.query('UPDATE raw.version SET version = 3; UPDATE raw.delay SET seconds = 60; CREATE SCHEMA outside; CREATE VIEW outside.slow AS SELECT version FROM staging.slow');
  expect(await versions(server)).toEqual(['first 2', 'slow 2', 'last 2']);

  const building = startDbl(server, ['build'], 2);
  await untilRunning(database, 'pg_sleep');
  await building.printed('staging_dev.first');
  await crash();
  const lost = await building.ended;
  expect(lost.code).toBe(3);
  expect(lost.stderr).toContain('error DBL2202: ');
  expect(lost.stderr).not.toContain('DBL1790');
  expect(await versions(server)).toEqual(['first 3', 'slow 2', 'last 2']);

  await database.query('UPDATE raw.delay SET seconds = 0');
  const reader = await session('reader');
  await reader.batch('BEGIN; SELECT * FROM staging_dev.slow');
  const publishing = startDbl(server, ['build', '--select', 'slow']);
  await untilBlocked(database);
  await crash();
  expect((await publishing.ended).code).toBe(3);
  expect(await versions(server)).toEqual(['first 3', 'slow 2', 'last 2']);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await versions(server)).toEqual(['first 3', 'slow 3', 'last 3']);

  const viewer = await session('viewer');
  await viewer.batch('BEGIN; SELECT * FROM outside.slow');
  const promoting = startDbl(server, ['promote']);
  await untilBlocked(database);
  await crash();
  expect((await promoting.ended).code).toBe(3);
  expect(await versions(server, 'staging')).toEqual(['first 1', 'slow 1', 'last 1']);
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  expect(await versions(server, 'staging')).toEqual(['first 3', 'slow 3', 'last 3']);
  expect(await rows('SELECT version FROM outside.slow')).toEqual(['3']);
  // Whether dbl could still write down how its run ended depends on how soon the server was back.
  const lostRuns = (await history(dbl)).filter((run) => !run.includes('success'));
  expect(lostRuns.map((run) => run.replace(/crashed null$/, 'failed 3'))).toEqual(['build failed 3', 'build failed 3', 'promote failed 3']);
});

it('a promotion whose answer is lost is looked up, and so is a publication', async () => {
  // A commit that waits for a standby which does not exist is done, but nobody is told.
  const server = await built(models, { wal_level: 'replica', max_wal_senders: '2' });
  const { database, dbl, rows, session } = server;
  await database.query('SET synchronous_commit = off');
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  expect((await dbl('build', '--quiet')).code).toBe(0);
  await database.query('CREATE SCHEMA outside; CREATE VIEW outside.slow AS SELECT version FROM staging.slow');
  const silence = async () => {
    await database.query(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await database.query('SELECT pg_reload_conf()');
  };
  const hangUp = async () => {
    const pid = await untilFound(database, `SELECT pid FROM pg_stat_activity WHERE application_name ~ '^dbl ' AND wait_event = 'SyncRep'`);
    await database.query(`SELECT pg_terminate_backend(${pid})`);
    await database.query('ALTER SYSTEM RESET synchronous_standby_names');
    await database.query('SELECT pg_reload_conf()');
  };

  const viewer = await session('viewer');
  await viewer.batch('BEGIN; SELECT * FROM outside.slow');
  const promoting = startDbl(server, ['promote']);
  await untilBlocked(database);
  await silence();
  await viewer.query('COMMIT');
  await hangUp();
  expect(await promoting.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^staging_dev is production now, in /) });
  expect(await versions(server, 'staging')).toEqual(['first 2', 'slow 2', 'last 2']);

  expect((await dbl('build', '--quiet')).code).toBe(0);
  await database.query('UPDATE raw.version SET version = 3');
  const reader = await session('reader');
  await reader.batch('BEGIN; SELECT * FROM staging_dev.slow');
  const publishing = startDbl(server, ['build', '--select', 'slow+']);
  await untilBlocked(database);
  await silence();
  await reader.query('COMMIT');
  await hangUp();
  const { code, stderr } = await publishing.ended;
  expect(code).toBe(0);
  expect(stderr).toContain('staging_dev.slow ');
  expect(await versions(server)).toEqual(['first 2', 'slow 3', 'last 3']);
  expect(await rows(`SELECT node, status, rows FROM dbluigi.node_runs WHERE run_id = (SELECT run_id FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1) ORDER BY 1`)).toEqual([
    'model.staging.last|success|1',
    'model.staging.slow|success|1',
  ]);
  expect((await history(dbl)).slice(-3)).toEqual(['promote success 0', 'build success 0', 'build success 0']);
});

it('a lock table that is too small for a publish group is a clear failure, and nothing is lost', async () => {
  const names = Array.from({ length: 400 }, (_, index) => `t${String(index).padStart(3, '0')}`);
  const server = await built(
    { ...sources, ...Object.fromEntries(names.map((name) => [`models/POPULATE-staging-${name}.sql`, 'select version from raw.version'])) },
    { max_locks_per_transaction: '10', max_connections: '12', max_worker_processes: '1', autovacuum_worker_slots: '2', autovacuum_max_workers: '1' },
  );
  const { dbl, project, rows } = server;
  const read = names.map((name) => `select version from staging.${name}`).join(' union all ');
  project.write({ 'tests/all.sql': `select * from (${read}) as everything where version < 0` });
  const { code, stderr, stdout } = await dbl('build', '--quiet');
  expect(code).toBe(1);
  expect(stderr).toContain('out of shared memory');
  expect(stderr).toContain('max_locks_per_transaction');
  expect(stdout).toMatch(/^build of staging_dev failed after /);
  expect(await rows(`SELECT count(*) FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace AND relkind = 'r'`)).toEqual(['400']);
  expect(await rows('SELECT version FROM staging_dev.t000 UNION ALL SELECT version FROM staging_dev.t399')).toEqual(['1', '1']);
  expect((await history(dbl)).at(-1)).toBe('build failed 1');

  project.write({ 'tests/all.sql': 'select version from staging.t000 where version < 0' });
  expect(await dbl('build', '--quiet')).toMatchObject({ code: 0, stderr: '' });
  expect(await rows('SELECT version FROM staging_dev.t000 UNION ALL SELECT version FROM staging_dev.t399')).toEqual(['2', '2']);
  expect(await dbl('promote', '--quiet')).toMatchObject({ code: 0, stderr: '' });
});

/** A folder on a file system of so many bytes; undefined where nobody may mount one. */
function smallDisk(bytes: number): string | undefined {
  const { folder } = withProject({});
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', folder]).status !== 0) return undefined;
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return folder;
}

it('a full disk is a failure of the model that filled it, and what was published stays', async ({ skip }) => {
  const disk = smallDisk(12_000_000);
  if (disk === undefined) {
    skip('only root can mount a small disk');
    return;
  }
  const server = await ownServer({
    ...sources,
    'models/POPULATE-staging-small.sql': 'select version from raw.version',
    'models/POPULATE-staging-large.sql': "select version, repeat('x', 800) as filler from raw.version, generate_series(1, (select seconds from raw.delay)) as g",
    'models/POPULATE-staging-last.sql': "select distinct version from {{ ref('large') }}",
  });
  const { data, database, dbl, rows } = server;
  const { gid, uid } = statSync(data);
  chownSync(disk, uid, gid);
  await database.query(`${seed}; UPDATE raw.delay SET seconds = 10`);
  await database.query(`CREATE TABLESPACE small LOCATION '${disk}'`);
  await database.query('ALTER ROLE dbl SET default_tablespace = small');
  expect(await dbl('build', '--quiet')).toMatchObject({ code: 0, stderr: '' });
  await database.query('UPDATE raw.delay SET seconds = 100000; UPDATE raw.version SET version = 2');
  const { code, stderr } = await dbl('build', '--quiet');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error DBL2201: could not extend file "[^"]*".*: No space left on device\n/);
  expect(stderr).toContain('  hint: Check free disk space.\n');
  expect(await rows('SELECT node, status FROM dbluigi.node_runs WHERE run_id = (SELECT run_id FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1) ORDER BY 1')).toEqual([
    'model.staging.large|failed', 'model.staging.last|skipped', 'model.staging.small|success',
  ]);
  expect(await rows('SELECT count(*), max(version) FROM staging_dev.large')).toEqual(['10|1']);
  await database.query('UPDATE raw.delay SET seconds = 10');
  expect(await dbl('build', '--quiet')).toMatchObject({ code: 0, stderr: '' });
  expect(await rows('SELECT count(*), max(version) FROM staging_dev.large')).toEqual(['10|2']);
  expect(await history(dbl)).toEqual(['build success 0', 'build failed 1', 'build success 0']);
});
