import { expect } from 'vitest';
import { type RunningDbl, spawnDbl, type TestDatabase, type TestProject } from '../../harness/index.js';

type Asked = Pick<TestDatabase, 'query'>;

/** Starts dbl on a project of its own database; `threads` models at a time. */
export function startDbl({ project, database }: { readonly project: TestProject; readonly database: Pick<TestDatabase, 'url'> }, args: readonly string[], threads = 1): RunningDbl {
  return spawnDbl(args, { cwd: project.folder, env: { DBL_DATABASE_URL: database.url, DBL_THREADS: String(threads) } });
}

/** Waits until a query gives a row, and gives its first value. */
export async function untilFound({ query }: Asked, sql: string, timeout = 40_000): Promise<string> {
  let found: string | null | undefined;
  await expect
    .poll(
      async () => {
        const [row] = await query(sql);
        found = row && Object.values(row)[0];
        return found;
      },
      { timeout, interval: 20, message: sql },
    )
    .toBeDefined();
  return found ?? '';
}

/** The process in which dbl is in the midst of something whose statement holds this text. */
export function untilRunning(database: Asked, text: string): Promise<string> {
  return untilFound(database, `SELECT pid FROM pg_stat_activity WHERE ${ofDbl} AND state = 'active' AND query LIKE '%${text.replaceAll("'", "''")}%'`);
}

/** The process of dbl's that waits for a lock on a relation. */
export function untilBlocked(database: Asked): Promise<string> {
  return untilFound(database, `SELECT pid FROM pg_stat_activity WHERE ${ofDbl} AND wait_event_type = 'Lock' AND wait_event = 'relation'`);
}

/** The process that holds the locks of a run, or of all runs that there are. */
export function controlOf(database: Asked): Promise<string> {
  return untilFound(database, `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^dbl [0-9a-f-]{36}$'`);
}

/** The tests' own sessions have other names. */
const ofDbl = `datname = current_database() AND application_name ~ '^dbl ([a-z]+ )?[0-9a-f-]{36}$'`;

/** Waits until no session of dbl's is left in the database. */
export async function untilAlone({ query }: Asked, timeout: number): Promise<void> {
  const sessions = async () => (await query(`SELECT application_name, state, query FROM pg_stat_activity WHERE ${ofDbl}`)).map((row) => Object.values(row).join(' | '));
  await expect.poll(sessions, { timeout, interval: 20 }).toEqual([]);
}

/** Command, status and exit code of each run, the oldest first, as `dbl history` gives them. */
export async function history(dbl: (...args: readonly string[]) => Promise<{ readonly stdout: string }>): Promise<readonly string[]> {
  const { stdout } = await dbl('history', '--output', 'json');
  const runs = JSON.parse(stdout) as readonly Readonly<Record<'command' | 'status' | 'exit_code' | 'finished_at', string | number | null>>[];
  return runs.map(({ command, exit_code, finished_at, status }) => `${command} ${status} ${exit_code}${finished_at === null ? ' unfinished' : ''}`).toReversed();
}

/** What a model reads in order to take as long as the test wants: `raw.delay` holds seconds. */
export const sources = { 'models/sources.yaml': 'sources: [{name: raw, tables: [{name: delay}, {name: version}]}]' };
export const seed = 'CREATE SCHEMA raw; CREATE TABLE raw.delay AS SELECT 0 AS seconds; CREATE TABLE raw.version AS SELECT 1 AS version';
/** A query of one row, the version, which takes that long. */
export const slowly = 'select v.version from raw.version as v, (select pg_sleep(seconds) from raw.delay) as slept';
/** A test that finds nothing in the model `slow`, and takes that long for it. */
export const slowCheck = "select version from {{ ref('slow') }}, raw.delay where pg_sleep(seconds + 0 * version) is null";
