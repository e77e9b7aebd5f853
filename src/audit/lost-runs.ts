import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError, type Session } from '../postgres/index.js';
import { runLock } from './runs.js';

/** What the further sessions of a run are called in `pg_stat_activity`. */
export function sessionName(command: string, runId: string): string {
  return `dbl ${command} ${runId}`;
}

/**
 * A statement that fails when the run has lost its locks, for the end of a transaction that must not commit then. Not for the session that
 * holds them, which loses its transaction with them.
 */
export function mustHoldLocks(runId: string): string {
  return `SELECT (CASE WHEN pg_catalog.pg_try_advisory_xact_lock_shared(pg_catalog.hashtextextended('${runLock(runId)}', 0)) THEN 'the run lost its locks' ELSE '1' END)::integer`;
}

/** The sessions of runs whose lock nobody holds any more, by process: the server has not yet noticed that they have no client. */
const orphans = `WITH named AS MATERIALIZED (
    SELECT pid, regexp_replace(application_name, '^dbl [a-z]+ ', '') AS run_id FROM pg_stat_activity
    WHERE datname = current_database() AND application_name ~ '^dbl [a-z]+ [0-9a-f-]{36}$' AND pid <> pg_backend_pid()
  ), dead AS MATERIALIZED (
    SELECT run_id FROM (SELECT DISTINCT run_id FROM named) AS runs WHERE pg_try_advisory_xact_lock(hashtextextended('dbl:run:' || run_id, 0))
  )
  SELECT pid FROM named JOIN dead USING (run_id) ORDER BY pid`;

/**
 * Ends what runs that died still have running in the server, and waits until it is gone, so that none of it comes in the way of the next run.
 * Returns the processes that are still there after `patienceMs`.
 */
export async function endOrphans(session: Session, patienceMs = 10_000): Promise<readonly number[]> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(20)) {
    const { rows } = await session.query(orphans);
    const pids = rows.map((row) => Number(row['pid']));
    if (pids.length === 0 || Date.now() > deadline) return pids;
    for (const pid of pids) await endBackend(session, pid);
  }
}

/** Ends one session of a run and waits until the server has forgotten it, so that what it did last is decided. False: it is still there. */
export async function endSession(session: Session, pid: number, name: string, patienceMs = 10_000): Promise<boolean> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(20)) {
    const { rowCount } = await session.query('SELECT FROM pg_stat_activity WHERE pid = $1::integer AND application_name = $2', [pid, name]);
    if (rowCount === 0) return true;
    if (Date.now() > deadline) return false;
    await endBackend(session, pid);
  }
}

/** What a run wrote down of a node. */
export interface EndedNode {
  readonly status: 'success' | 'held';
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
}

/** Those of the nodes that a run published or held, by id. */
export async function readEndedWell(session: Session, runId: string, nodes: readonly string[]): Promise<ReadonlyMap<string, EndedNode>> {
  const { rows } = await session.query(
    `SELECT node, status, rows, bytes FROM dbluigi.node_runs WHERE run_id = $1::uuid AND node = ANY ($2::text[]) AND status IN ('success', 'held')`,
    [runId, nodes],
  );
  return new Map(rows.map((row) => [row['node'] ?? '', { status: row['status'] === 'held' ? 'held' : 'success', rows: toNumber(row['rows']), bytes: toNumber(row['bytes']) }]));
}

/** The schemas, by logical name, that a run promoted. */
export async function readPromoted(session: Session, runId: string): Promise<ReadonlySet<string>> {
  const { rows } = await session.query('SELECT schema FROM dbluigi.promotions WHERE run_id = $1::uuid', [runId]);
  return new Set(rows.map((row) => row['schema'] ?? ''));
}

/** What belongs to another role cannot be ended, only waited for. */
async function endBackend(session: Session, pid: number): Promise<void> {
  try {
    await session.query('SELECT pg_terminate_backend($1::integer)', [pid]);
  } catch (problem) {
    if (!(problem instanceof ServerError && problem.sqlstate === '42501')) throw problem;
  }
}

function toNumber(text: string | null | undefined): number | undefined {
  return text == null ? undefined : Number(text);
}
