import { expect, test, vi } from 'vitest';
import { type TestDatabase, type TestProject, createTestDatabase, runDbl, withProject } from '../harness/index.js';
import { said } from './said.js';

vi.setConfig({ testTimeout: 120_000 });

const project = (): TestProject =>
  withProject({
    'dbluigi.config.ts': "export default { name: 'crime', targets: { staging_dev: { suffix: '_dev' }, other: { suffix: '_other' } }, defaultTarget: 'staging_dev' }\n",
    'models/POPULATE-staging-months.sql': "select n from generate_series(1, {{ var('count', 12) }}) as n\n",
    'models/POPULATE-staging-seen.sql': "{{ config(materialized='view') }}\nselect n from {{ ref('months') }}\n",
    'tests/few.sql': "select n from {{ ref('months') }} where n > 24\n",
  });

/** Runs of months, oldest first: how many minutes ago, for how many seconds, with how many rows, in which target. */
async function pretend(database: TestDatabase, runs: readonly { ago: number; seconds: number; rows: number | null; status?: string; target?: string }[]): Promise<void> {
  const values = runs.map(({ ago, seconds, rows, status = 'success', target = 'staging_dev' }, index) => {
    const started = `now() - interval '${ago} minutes'`;
    const id = `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`;
    return `INSERT INTO dbluigi.runs (run_id, project, command, target, status, started_at, finished_at, exit_code, schemas, arguments)
        VALUES ('${id}', 'crime', 'build', '${target}', 'success', ${started}, ${started} + interval '${seconds} seconds', 0, '{}', '{}');
      INSERT INTO dbluigi.node_runs (run_id, node, attempt, status, rows, started_at, finished_at)
        VALUES ('${id}', 'model.staging.months', 1, '${status}', ${rows}, ${started}, ${started} + interval '${seconds} seconds')`;
  });
  await database.query(values.join(';'));
}

/** How wide a column of durations is depends on how fast the machine is. */
function oneBlank(text: string): string {
  return text.replaceAll(/ +/g, ' ');
}

test('before the first run there is none, and looking makes none', async () => {
  const folder = project();
  const database = await createTestDatabase();
  expect(await said({ project: folder, database }, 'history')).toEqual({ code: 0, signal: null, stdout: 'no runs yet\n', stderr: '' });
  expect(await said({ project: folder, database }, 'history', 'months')).toEqual({ code: 0, signal: null, stdout: 'no run of "months" yet\n', stderr: '' });
  expect((await said({ project: folder, database }, 'history', '--output', 'json')).stdout).toBe('[]\n');
  expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname = 'dbluigi'")).toEqual([]);
});

test('the runs of all targets, newest first, as text and JSON', async () => {
  const folder = project();
  const database = await createTestDatabase();
  const dbl = async (code: number, ...args: readonly string[]) => expect([args, (await said({ project: folder, database }, ...args)).code]).toEqual([args, code]);
  await dbl(0, 'build');
  await dbl(1, 'build', '--vars', '{"count": 30}');
  await dbl(0, 'test');
  await dbl(0, 'build', '--target', 'other', '--select', 'months');
  await dbl(2, 'build', '--target', 'other', '--select', 'seen', '--exclude', 'months', '--threads', 'none');
  await dbl(1, 'promote');

  const { code, stdout, stderr } = await said({ project: folder, database }, 'history');
  expect(oneBlank(stdout)).toMatchInlineSnapshot(`
    "started command target status time run
    WHEN promote staging_dev failed TIME RUN
    WHEN build other success TIME RUN
    WHEN test staging_dev success TIME RUN
    WHEN build staging_dev failed TIME RUN
    WHEN build staging_dev success TIME RUN
    "
  `);
  expect([code, stderr]).toEqual([0, '']);
  expect((await said({ project: folder, database }, 'history', '--limit', '2')).stdout.split('\n')).toHaveLength(4);

  const rows = JSON.parse((await said({ project: folder, database }, 'history', '--output', 'json')).stdout);
  const stored = await database.query("SELECT run_id, os_user, db_user, host, pid, dbl_version, git_commit FROM dbluigi.runs ORDER BY started_at DESC");
  expect(rows).toHaveLength(5);
  expect(rows.map(({ command, target, status, exit_code: exit }: Record<string, unknown>) => [command, target, status, exit])).toEqual([
    ['promote', 'staging_dev', 'failed', 1],
    ['build', 'other', 'success', 0],
    ['test', 'staging_dev', 'success', 0],
    ['build', 'staging_dev', 'failed', 1],
    ['build', 'staging_dev', 'success', 0],
  ]);
  expect(Object.keys(rows[0])).toEqual([
    'run_id',
    'project',
    'command',
    'target',
    'status',
    'started_at',
    'finished_at',
    'os_user',
    'db_user',
    'host',
    'pid',
    'dbl_version',
    'git_commit',
    'exit_code',
  ]);
  expect(rows.map(({ pid, ...row }: Record<string, unknown>) => ({ ...row, pid: String(pid) }))).toEqual(
    // said() puts words in the place of ids and times.
    stored.map(({ run_id: _id, ...row }) => expect.objectContaining({ ...row, run_id: 'RUN', project: 'crime', started_at: 'WHEN', finished_at: 'WHEN' })),
  );
});

test('one model over time: rows and durations, and what is slower or smaller than usual', async () => {
  const folder = project();
  const database = await createTestDatabase();
  await said({ project: folder, database }, 'build', '--select', 'months');
  await database.query('TRUNCATE dbluigi.node_runs, dbluigi.runs CASCADE');
  await pretend(database, [
    { ago: 60, seconds: 10, rows: 1000 },
    { ago: 50, seconds: 12, rows: 1204 },
    // Known runs are too few to call this slow.
    { ago: 45, seconds: 90, rows: 1100 },
    { ago: 40, seconds: 11, rows: 1210 },
    { ago: 35, seconds: 1, rows: 3, target: 'other' },
    { ago: 30, seconds: 75, rows: 1300 },
    { ago: 20, seconds: 9, rows: 400 },
    { ago: 15, seconds: 0.25, rows: null, status: 'failed' },
    { ago: 10, seconds: 200, rows: 0, status: 'held' },
    { ago: 5, seconds: 13, rows: 1250 },
  ]);
  // Durations are what this is about, so this is no matter for said().
  const { code, stdout, stderr } = await runDbl(['history', 'months'], { cwd: folder.folder, env: { DBL_DATABASE_URL: database.url } });
  expect(stdout.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'WHEN'.padEnd(19))).toMatchInlineSnapshot(`
    "started              target       status         time        rows  run
    WHEN                 staging_dev  success      13.0 s  1,250 rows  00000000-0000-0000-0000-000000000009
    WHEN                 staging_dev  held     3 min 20 s      0 rows  00000000-0000-0000-0000-000000000008  slower than usual (11.5 s), smaller than usual (1,152 rows)
    WHEN                 staging_dev  failed        0.3 s              00000000-0000-0000-0000-000000000007
    WHEN                 staging_dev  success       9.0 s    400 rows  00000000-0000-0000-0000-000000000006  smaller than usual (1,204 rows)
    WHEN                 staging_dev  success  1 min 15 s  1,300 rows  00000000-0000-0000-0000-000000000005  slower than usual (11.5 s)
    WHEN                 other        success       1.0 s      3 rows  00000000-0000-0000-0000-000000000004
    WHEN                 staging_dev  success      11.0 s  1,210 rows  00000000-0000-0000-0000-000000000003
    WHEN                 staging_dev  success  1 min 30 s  1,100 rows  00000000-0000-0000-0000-000000000002
    WHEN                 staging_dev  success      12.0 s  1,204 rows  00000000-0000-0000-0000-000000000001
    WHEN                 staging_dev  success      10.0 s  1,000 rows  00000000-0000-0000-0000-000000000000
    "
  `);
  expect([code, stderr]).toEqual([0, '']);
  const rows: readonly Record<string, unknown>[] = JSON.parse((await said({ project: folder, database }, 'history', 'months', '--output', 'json')).stdout);
  expect(rows.map(({ target, status, rows: built, duration_ms, slower, smaller }) => [target, status, built, duration_ms, slower, smaller])).toEqual([
    ['staging_dev', 'success', 1250, 13000, false, false],
    ['staging_dev', 'held', 0, 200000, true, true],
    ['staging_dev', 'failed', null, 250, false, false],
    ['staging_dev', 'success', 400, 9000, false, true],
    ['staging_dev', 'success', 1300, 75000, true, false],
    ['other', 'success', 3, 1000, false, false],
    ['staging_dev', 'success', 1210, 11000, false, false],
    ['staging_dev', 'success', 1100, 90000, false, false],
    ['staging_dev', 'success', 1204, 12000, false, false],
    ['staging_dev', 'success', 1000, 10000, false, false],
  ]);
  // Runs that are not shown count for what is usual all the same.
  const two: readonly Record<string, unknown>[] = JSON.parse((await said({ project: folder, database }, 'history', 'months', '--limit', '2', '--output', 'json')).stdout);
  expect(two.map(({ slower, smaller }) => [slower, smaller])).toEqual([
    [false, false],
    [true, true],
  ]);
});

test('a run whose process died is told as crashed', async () => {
  const folder = project();
  const database = await createTestDatabase();
  await said({ project: folder, database }, 'build');
  await database.query(`INSERT INTO dbluigi.runs (run_id, project, command, target, status, started_at, pid, schemas, arguments)
    VALUES ('00000000-0000-0000-0000-000000000001', 'crime', 'build', 'staging_dev', 'running', now() - interval '1 hour', 99999999, '{}', '{}')`);
  const { stdout } = await said({ project: folder, database }, 'history');
  expect(oneBlank(stdout)).toMatchInlineSnapshot(`
    "started command target status time run
    WHEN build staging_dev success TIME RUN
    WHEN build staging_dev crashed 1 h 00 min RUN
    "
  `);
  expect(await database.query("SELECT status, finished_at IS NULL AS open FROM dbluigi.runs WHERE run_id = '00000000-0000-0000-0000-000000000001'")).toEqual([{ status: 'crashed', open: 'f' }]);
});
