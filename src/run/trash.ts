import { setTimeout as sleep } from 'node:timers/promises';
import { trashPrefix } from '../plan/index.js';
import { ConnectionLost, listSchemas, readRelations, ServerError, type Session } from '../postgres/index.js';
import { quoteIdentifier, relationName } from '../sql/index.js';
import { carryLateGrants, type Replaced } from './late-grants.js';

/** The lock table is shared by all sessions: one statement must not fill it. */
const batchSize = 200;
const patienceMs = 400;
/** What tells a run's trash from a schema of somebody's with a name like it. */
const runSuffix = /^[0-9a-f]{12}$/;

/**
 * Drops what runs moved out of the way, this one's and what dead runs left, as far as nobody can still see it. Without CASCADE: what somebody
 * hung on a replaced table keeps that table. What must stay is left for the next run, and so is what is left to do when the signal is aborted.
 * Call it while holding the schemas' locks.
 * @param replaced what this run has replaced: statements of others may have changed their grants still
 */
export async function emptyTrash(
  session: Session,
  physicalSchemas: readonly string[],
  signal: AbortSignal,
  replaced: readonly Replaced[] = [],
): Promise<void> {
  try {
    await dropTrash(session, physicalSchemas, signal, replaced);
  } catch (problem) {
    // What the run did is done: that it could not tidy up afterwards must not change how it ended.
    if (!(problem instanceof ServerError || problem instanceof ConnectionLost)) throw problem;
  }
}

async function dropTrash(session: Session, physicalSchemas: readonly string[], signal: AbortSignal, replaced: readonly Replaced[]): Promise<void> {
  const isTrash = (schema: string): boolean =>
    physicalSchemas.some((physical) => schema.startsWith(trashPrefix(physical)) && runSuffix.test(schema.slice(trashPrefix(physical).length)));
  const trash = (await listSchemas(session)).filter(isTrash);
  if (trash.length === 0) return;
  const invisible = await isInvisible(session, signal);
  await carryLateGrants(session, replaced);
  if (!invisible) return;
  const relations = await readRelations(session, trash);
  for (const kind of ['view', 'table'] as const) {
    const names = relations.filter((relation) => relation.kind === kind).map(({ schema, name }) => relationName(schema, name));
    for (let index = 0; index < names.length; index += batchSize) {
      if (signal.aborted) return;
      const some = names.slice(index, index + batchSize);
      if (await drop(session, `DROP ${kind.toUpperCase()} ${some.join(', ')}`)) continue;
      for (const name of some) await drop(session, `DROP ${kind.toUpperCase()} ${name}`);
    }
  }
  for (const schema of trash) await drop(session, `DROP SCHEMA ${quoteIdentifier(schema)}`);
}

/** False where the statement had to wait, or something depends on what it drops. */
async function drop(session: Session, statement: string): Promise<boolean> {
  try {
    await session.batch(`BEGIN; SET LOCAL lock_timeout = '500ms'; ${statement}; COMMIT`);
    return true;
  } catch (problem) {
    if (!(problem instanceof ServerError)) throw problem;
    await session.rollback();
    return false;
  }
}

/**
 * Waits a little until no snapshot of this database is older than this moment: a program such as pg_dump reads the catalog by an old snapshot and would
 * look for tables that are gone. Where other roles' snapshots are hidden from us, the locks that their statements hold must do.
 */
async function isInvisible(session: Session, signal: AbortSignal): Promise<boolean> {
  const { rows } = await session.query('SELECT pg_current_xact_id()::xid AS now');
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const older = await session.query(
      `SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_xmin IS NOT NULL AND backend_type = 'client backend'
        AND datname = current_database() AND age(backend_xmin) > age($1::text::xid) LIMIT 1`,
      [rows[0]?.['now'] ?? null],
    );
    if (older.rows.length === 0) return true;
    if (Date.now() > deadline || signal.aborted) return false;
    await sleep(50);
  }
}
