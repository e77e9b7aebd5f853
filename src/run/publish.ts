import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { error } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { workbenchOf } from '../plan/index.js';
import { type Attached, type Attachment, changedSqlstate, ConnectionLost, isRetryable, readAttached, ServerError, type Session } from '../postgres/index.js';
import { maxIdentifierBytes, quoteIdentifier, relationName } from '../sql/index.js';
import { NodeFailure, toDatabaseFailure } from './failure.js';
import { type Replaced, replacedTables } from './late-grants.js';
import { type DroppedView, makeRoom, misfitFailure, misfits } from './misfits.js';
import { moveIndex } from './move-index.js';
import { type PublishItem, type PublishPart, publishScript } from './publish-script.js';
import type { Script } from './script.js';

export interface PublishOptions {
  readonly runId: string;
  /** Whether another session holds the run's locks, so that they may be lost without this one. */
  readonly guarded: boolean;
  /** The schema that replaced tables of a physical schema are moved to. */
  readonly trashOf: (schema: string) => string;
  /** Indexes that dbl made itself, by oid: they are not carried over. */
  readonly ownIndexes: ReadonlySet<number>;
  /** Whether a view, given as `schema.name`, is dbl's own and built later by this run: it may be dropped where it does not fit the new table. */
  readonly isRebuiltLater: (view: string) => boolean;
  readonly signal: AbortSignal;
  /** Gets, with each publish, the tables that it has replaced. */
  readonly replaced: Replaced[];
}

/** Readers queue behind a waiting publish for at most this long. */
const lockTimeoutMs = 150;
/** An autovacuum worker yields only after `deadlock_timeout`, one second. */
const autovacuumLockTimeoutMs = 1500;
const giveUpAfterMs = 300_000;

/**
 * Publishes items in one transaction: readers see all of the old ones, then all of the new ones. What others hung on an old table is put on
 * the new one, and the transaction checks that nothing else was hung there meanwhile. `session` must have `prepareVerification` behind it.
 * Returns the views that had to be dropped because they do not fit; all of them are rebuilt later.
 * @throws NodeFailure and, where the run has lost its locks, ConnectionLost, with nothing changed; ServerError 57014 where it was cancelled
 */
export async function publish(session: Session, items: readonly PublishItem[], options: PublishOptions): Promise<readonly DroppedView[]> {
  const started = Date.now();
  const { guarded, runId, trashOf } = options;
  const dropped = new Map<number, DroppedView>();
  const recreated = new Set<NodeId>();
  let current = await withoutLostColumns(session, items);
  let lockTimeout = lockTimeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    const script = publishScript(current, { runId, guarded, trashOf, lockTimeoutMs: lockTimeout, dropped, recreated });
    const problem = await runScript(session, script);
    if (problem === undefined) {
      options.replaced.push(...replacedTables(current, trashOf));
      return [...dropped.values()];
    }
    if (problem.part?.kind === 'guard') throw new ConnectionLost('the session that held the locks of the run is gone');
    const columnsChanged = problem.part?.kind === 'lock columns' && problem.error.sqlstate === '42703';
    if (problem.part !== undefined && misfits.has(problem.error.sqlstate) && !columnsChanged) {
      const room = { isRebuiltLater: options.isRebuiltLater, dropped, recreated };
      if (await makeRoom(session, problem.part, room)) continue;
      throw await misfitFailure(session, { ...problem, part: problem.part }, script, current, room);
    }
    if (problem.error.sqlstate === '42P07' && (await renameIndexes(session, current))) continue;
    if (!columnsChanged && !mayPass(problem, attempt)) throw toDatabaseFailure('DBL2403', problem.error, 'publishing failed', fileOf(current));
    if (Date.now() - started > giveUpAfterMs) throw await blocked(session, current);
    const hasChanged = columnsChanged || problem.error.sqlstate === changedSqlstate;
    // Often it is this run that has changed it: a view that reads this table reads another one too, which was published before.
    if (!hasChanged || attempt > 2) {
      lockTimeout = (await autovacuumIsAt(session, current)) ? autovacuumLockTimeoutMs : lockTimeoutMs;
      const pause = attempt < 3 ? 20 + Math.random() * 40 : 300 + Math.random() * 400;
      await sleep(pause, undefined, { signal: options.signal }).catch(() => undefined);
    }
    if (options.signal.aborted) throw problem.error;
    current = await withoutLostColumns(session, await readAgain(session, current, options.ownIndexes));
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
    await session.rollback();
    if (error.sqlstate === '57014') throw error;
    return { error, part: script.failed(error)?.part };
  }
}

/** What hung on a relation changed, a lock was not to be had, or what we name was gone or read by others a moment ago: another try may do. */
function mayPass({ error, part }: Problem, attempt: number): boolean {
  if (isRetryable(error) || error.sqlstate === changedSqlstate) return true;
  // An index of a table that was being replaced at the same time had the name, and has left with it.
  if (error.sqlstate === '42P07') return attempt < 5;
  const isLasting = attempt >= 5 && (part?.kind === 'replace view' || part?.kind === 'clear workbench');
  return !isLasting && ['42P01', '2BP01'].includes(error.sqlstate);
}

function isOfColumn(attachment: Attachment): boolean {
  return (attachment.kind === 'grant' || attachment.kind === 'comment') && attachment.column !== undefined;
}

function nameInWorkbench({ schema, name }: PublishItem): string {
  return relationName(workbenchOf(schema), name);
}

/** What hung on a column that the new relation does not have goes with the column. */
async function withoutLostColumns(session: Session, items: readonly PublishItem[]): Promise<readonly PublishItem[]> {
  const concerned = items.filter(({ attached }) => attached?.attachments.some(isOfColumn));
  if (concerned.length === 0) return items;
  const { rows } = await session.query(
    `SELECT relation, pg_catalog.array_to_json(pg_catalog.array_agg(attname)) AS columns FROM unnest($1::text[]) AS relation
    JOIN pg_catalog.pg_attribute ON attrelid = relation::pg_catalog.regclass AND attnum > 0 AND NOT attisdropped GROUP BY relation`,
    [concerned.map(nameInWorkbench)],
  );
  const columns = new Map(rows.map((row) => [row['relation'] ?? '', new Set<string | undefined>(JSON.parse(row['columns'] ?? '[]') as string[])]));
  return items.map((item) => {
    const known = columns.get(nameInWorkbench(item));
    const { attached } = item;
    if (known === undefined || attached === undefined) return item;
    const attachments = attached.attachments.filter((attachment) => !isOfColumn(attachment) || ('column' in attachment && known.has(attachment.column)));
    return { ...item, attached: { ...attached, attachments } };
  });
}

/**
 * Gives indexes of the new tables other names where the target has their names already: Postgres made them up in the workbench, where it did
 * not see those. False: there are none.
 */
async function renameIndexes(session: Session, items: readonly PublishItem[]): Promise<boolean> {
  let renamed = false;
  for (const item of items) {
    const { existing, name, schema, view } = item;
    if (view !== undefined) continue;
    const { rows } = await session.query(
      `SELECT x.relname FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
      WHERE i.indrelid = $1::pg_catalog.regclass AND EXISTS (
        SELECT FROM pg_catalog.pg_class AS other JOIN pg_catalog.pg_namespace AS n ON n.oid = other.relnamespace
        WHERE n.nspname = $2 AND other.relname = x.relname
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS old WHERE old.indexrelid = other.oid AND old.indrelid = $3::pg_catalog.oid))`,
      [relationName(workbenchOf(schema), name), schema, existing?.oid ?? 0],
    );
    for (const row of rows) {
      await renameIndex(session, item, row['relname'] ?? '');
      renamed = true;
    }
  }
  return renamed;
}

/** Reads anew what hangs on the old relations, and makes on the new tables the indexes that were added meanwhile. */
async function readAgain(session: Session, items: readonly PublishItem[], ownIndexes: ReadonlySet<number>): Promise<readonly PublishItem[]> {
  const oids = items.flatMap(({ existing }) => existing?.oid ?? []);
  const attached = await readAttached(session, oids, ownIndexes);
  const fresh = items.map((item): PublishItem => {
    if (item.existing === undefined) return item;
    const now = attached.get(item.existing.oid);
    return now === undefined ? { ...item, existing: undefined, attached: undefined } : { ...item, attached: now };
  });
  for (const [index, item] of fresh.entries()) {
    const obstacle = item.attached?.attachments.find(({ kind }) => kind === 'obstacle');
    if (obstacle?.kind === 'obstacle') {
      const message = `"${item.schema}.${item.name}" cannot be replaced, since this was hung on it meanwhile: ${obstacle.type} ${obstacle.identity}`;
      throw new NodeFailure(error('DBL2401', message, item.file, { hint: 'Drop it, build, and create it again.' }));
    }
    const before = new Set(items[index]?.attached?.attachments.flatMap((one) => (one.kind === 'index' ? [one.oid] : [])));
    if (item.view === undefined) await addIndexes(session, item, ({ oid }) => before.has(oid));
  }
  return fresh;
}

/** Makes on a new table in the workbench the indexes of the old one that it has not got yet. */
export async function addIndexes(session: Session, item: PublishItem, isThere: (index: Index) => boolean): Promise<void> {
  for (const index of item.attached?.attachments ?? []) {
    if (index.kind !== 'index' || isThere(index)) continue;
    try {
      await makeIndex(session, item, index);
    } catch (problem) {
      throw toDatabaseFailure('DBL2401', problem, `the index "${index.name}" cannot be made on the new table`, item.file);
    }
  }
}

type Index = Extract<Attachment, { readonly kind: 'index' }>;

async function makeIndex(session: Session, item: PublishItem, { definition, name }: Index): Promise<void> {
  const statement = moveIndex(definition, workbenchOf(item.schema));
  try {
    await session.query(statement);
  } catch (problem) {
    if (!(problem instanceof ServerError) || problem.sqlstate !== '42P07') throw problem;
    await renameIndex(session, item, name);
    await session.query(statement);
  }
}

/** Gives an index of ours in the workbench another name than the one that Postgres made up for it. */
async function renameIndex(session: Session, { name, schema }: PublishItem, index: string): Promise<void> {
  const hash = createHash('sha256').update(`${name}\0${index}`).digest('hex').slice(0, 8);
  const beginning = Buffer.from(index).subarray(0, maxIdentifierBytes - hash.length - 1).toString().replace(/\uFFFD+$/, '');
  await session.query(`ALTER INDEX ${relationName(workbenchOf(schema), index)} RENAME TO ${quoteIdentifier(`${beginning}_${hash}`)}`);
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
