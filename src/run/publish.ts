import { setTimeout as sleep } from 'node:timers/promises';
import { error } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { workbenchOf } from '../plan/index.js';
import { type Attached, type Attachment, changedSqlstate, isRetryable, readAttached, ServerError, type Session } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import type { View } from './carry-over.js';
import { NodeFailure, toDatabaseFailure } from './failure.js';
import { moveIndex } from './move-index.js';
import { type PublishItem, type PublishPart, publishScript } from './publish-script.js';
import type { Script } from './script.js';

export interface PublishOptions {
  readonly runId: string;
  /** The schema that replaced tables of a physical schema are moved to. */
  readonly trashOf: (schema: string) => string;
  /** Indexes that dbl made itself, by oid: they are not carried over. */
  readonly ownIndexes: ReadonlySet<number>;
  /** Whether a view, given as `schema.name`, is dbl's own and built later by this run: it may be dropped where it does not fit the new table. */
  readonly isRebuiltLater: (view: string) => boolean;
  readonly signal: AbortSignal;
}

/** Readers queue behind a waiting publish for at most this long. */
const lockTimeoutMs = 150;
/** An autovacuum worker yields only after `deadlock_timeout`, one second. */
const autovacuumLockTimeoutMs = 1500;
const giveUpAfterMs = 300_000;

/** A new definition does not fit: columns that are gone or have another type, operators that lack for it. */
const misfits = new Set(['42P16', '42703', '42883', '42804', '42846', '42725']);

/**
 * Publishes items in one transaction: readers see all of the old ones, then all of the new ones. What others hung on an old table is put on
 * the new one, and the transaction checks that nothing else was hung there meanwhile. `session` must have `prepareVerification` behind it.
 * Returns the views, as `schema.name`, that had to be dropped because they do not fit; all of them are rebuilt later.
 * @throws NodeFailure, with nothing changed; ServerError 57014 where it was cancelled
 */
export async function publish(session: Session, items: readonly PublishItem[], options: PublishOptions): Promise<readonly string[]> {
  const started = Date.now();
  const { runId, trashOf } = options;
  const dropped = new Map<number, View>();
  const recreated = new Set<NodeId>();
  let current = items;
  let lockTimeout = lockTimeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    const script = publishScript(current, { runId, trashOf, lockTimeoutMs: lockTimeout, dropped, recreated });
    const problem = await runScript(session, script);
    if (problem === undefined) return [...dropped.values()].map(({ schema, name }) => `${schema}.${name}`);
    if (problem.part !== undefined && misfits.has(problem.error.sqlstate)) {
      if (await makeRoom(session, problem.part, options, dropped, recreated)) continue;
      throw misfit(problem.error, problem.part, current);
    }
    if (!mayPass(problem.error)) throw toDatabaseFailure('DBL2403', problem.error, 'publishing failed', fileOf(current));
    if (Date.now() - started > giveUpAfterMs) throw await blocked(session, current);
    lockTimeout = (await autovacuumIsAt(session, current)) ? autovacuumLockTimeoutMs : lockTimeoutMs;
    const pause = attempt < 3 ? 20 + Math.random() * 40 : 300 + Math.random() * 400;
    await sleep(pause, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) throw problem.error;
    current = await readAgain(session, current, options.ownIndexes);
  }
}

interface Problem {
  readonly error: ServerError;
  /** What the error is about, where that can be told. */
  readonly part: PublishPart | undefined;
}

/** Runs the transaction in one round trip; undefined when it committed. */
async function runScript(session: Session, script: Script<PublishPart>): Promise<Problem | undefined> {
  try {
    await session.batch(script.text);
    return undefined;
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    await session.query('ROLLBACK');
    if (error.sqlstate === '57014') throw error;
    return { error, part: script.failed(error)?.part };
  }
}

/** What hung on a relation changed, a lock was not to be had, or a name that we read was gone: another try may do. */
function mayPass(error: ServerError): boolean {
  return isRetryable(error) || [changedSqlstate, '42P01', '2BP01'].includes(error.sqlstate);
}

/** Finds another way to publish what does not fit as it is; false: there is none. */
async function makeRoom(
  session: Session,
  part: PublishPart,
  options: PublishOptions,
  dropped: Map<number, View>,
  recreated: Set<NodeId>,
): Promise<boolean> {
  if (part.kind === 'replace view') {
    if (part.item.existing?.kind !== 'view' || recreated.has(part.item.node)) return false;
    recreated.add(part.item.node);
    return true;
  }
  if (part.kind !== 'restore view') return false;
  const found: View[] = [];
  const pending = [part.view];
  for (let view = pending.pop(); view !== undefined; view = pending.pop()) {
    if (!options.isRebuiltLater(`${view.schema}.${view.name}`)) return false;
    found.push(view);
    const attached = (await readAttached(session, [view.oid])).get(view.oid);
    for (const attachment of attached?.attachments ?? []) {
      if (attachment.kind === 'obstacle') return false;
      if (attachment.kind === 'view') pending.push(attachment);
    }
  }
  // What was found last reads what was found before it.
  for (const view of found.toReversed()) dropped.set(view.oid, view);
  return true;
}

function misfit(problem: ServerError, part: PublishPart, items: readonly PublishItem[]): NodeFailure {
  const relation = items.map(({ schema, name }) => `"${schema}.${name}"`).join(', ');
  if (part.kind === 'restore view') {
    const { schema, name } = part.view;
    const message = `the view "${schema}.${name}" reads ${relation} and does not fit the new one: ${problem.message}`;
    const hint = 'Keep the columns that it uses, or drop the view and create it again; a view that is a model is built along by --select name+.';
    return new NodeFailure(error('DBL2401', message, fileOf(items), { hint }), problem.sqlstate);
  }
  return toDatabaseFailure('DBL2403', problem, 'publishing failed', fileOf(items));
}

/** Reads anew what hangs on the old relations, and makes on the new tables the indexes that were added meanwhile. */
async function readAgain(session: Session, items: readonly PublishItem[], ownIndexes: ReadonlySet<number>): Promise<readonly PublishItem[]> {
  const oids = items.flatMap(({ existing }) => existing?.oid ?? []);
  const attached = await readAttached(session, oids, ownIndexes);
  const fresh = items.map((item): PublishItem => {
    const now = item.existing === undefined ? undefined : attached.get(item.existing.oid);
    return now === undefined ? { ...item, existing: undefined, attached: undefined } : { ...item, attached: now };
  });
  for (const [index, item] of fresh.entries()) {
    const obstacle = item.attached?.attachments.find(({ kind }) => kind === 'obstacle');
    if (obstacle?.kind === 'obstacle') {
      const message = `"${item.schema}.${item.name}" cannot be replaced, since this was hung on it meanwhile: ${obstacle.type} ${obstacle.identity}`;
      throw new NodeFailure(error('DBL2401', message, item.file, { hint: 'Drop it, build, and create it again.' }));
    }
    if (item.view === undefined) await addIndexes(session, items[index]?.attached, item);
  }
  return fresh;
}

async function addIndexes(session: Session, before: Attached | undefined, item: PublishItem): Promise<void> {
  const known = new Set((before?.attachments ?? []).flatMap((attachment) => (attachment.kind === 'index' ? [attachment.oid] : [])));
  for (const attachment of item.attached?.attachments ?? []) {
    if (attachment.kind !== 'index' || known.has(attachment.oid)) continue;
    try {
      await session.query(moveIndex(attachment.definition, workbenchOf(item.schema)));
    } catch (problem) {
      throw toDatabaseFailure('DBL2401', problem, `the index "${attachment.name}" cannot be made on the new table`, item.file);
    }
  }
}

async function autovacuumIsAt(session: Session, items: readonly PublishItem[]): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
    WHERE l.relation = ANY ($1::pg_catalog.oid[]) AND l.granted AND a.backend_type = 'autovacuum worker' LIMIT 1`,
    [items.flatMap(({ existing }) => existing?.oid ?? [])],
  );
  return rows.length > 0;
}

async function blocked(session: Session, items: readonly PublishItem[]): Promise<NodeFailure> {
  const { rows } = await session.query(
    `SELECT DISTINCT a.pid, a.usename, a.application_name FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
    WHERE l.relation = ANY ($1::pg_catalog.oid[]) AND l.granted AND l.pid <> pg_catalog.pg_backend_pid() ORDER BY a.pid`,
    [items.flatMap(({ existing, attached }) => [...(existing === undefined ? [] : [existing.oid]), ...viewOids(attached)])],
  );
  const holders = rows.map((row) => `process ${row['pid']} (${[row['usename'], row['application_name']].filter(Boolean).join(', ')})`);
  const relation = items.map(({ schema, name }) => relationName(schema, name)).join(', ');
  const message = `publishing ${relation} gave up after ${giveUpAfterMs / 60_000} minutes, since others hold locks on what it replaces: ${holders.join('; ') || 'they have gone by now'}`;
  return new NodeFailure(error('DBL2402', message, fileOf(items), { hint: 'Wait for them or end them, then build again.' }), '55P03');
}

function viewOids(attached: Attached | undefined): readonly number[] {
  return (attached?.attachments ?? []).flatMap((attachment: Attachment) => (attachment.kind === 'view' ? [attachment.oid] : []));
}

function fileOf(items: readonly PublishItem[]): string {
  return items[0]?.file ?? '';
}
