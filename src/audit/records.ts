import { quoteLiteral, relationName } from '../sql/index.js';

// Rows of the audit schema as SQL text, since they travel in the same round trip, and commit in the same transaction, as what they tell of.

export interface NodeRunRecord {
  readonly runId: string;
  readonly node: string;
  readonly status: 'success' | 'failed' | 'skipped' | 'unchanged' | 'held' | 'cancelled';
  readonly reason?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly rows?: number | undefined;
  readonly bytes?: number | undefined;
  /**
   * Milliseconds from the node's start to this transaction's, by the client's clock; undefined where the node was never started. The times
   * themselves are the server's: two clocks would not agree.
   */
  readonly elapsedMs?: number | undefined;
  readonly sqlstate?: string | undefined;
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export interface CheckRecord {
  readonly runId: string;
  readonly checkId: string;
  readonly node: string;
  readonly status: 'pass' | 'warn' | 'fail' | 'error';
  readonly severity: 'error' | 'warn';
  readonly failures: number | undefined;
  readonly sql: string | undefined;
}

export interface PublishedRelation {
  readonly schema: string;
  readonly name: string;
  readonly node: string;
  readonly fingerprint: string;
  readonly runId: string;
  /** Names of indexes on it that others made, and that stay theirs. */
  readonly foreignIndexes?: readonly string[];
}

/** @param measured a table, qualified and quoted, that was just analyzed: its rows and bytes are read from the catalog by the statement itself */
export function insertNodeRun(record: NodeRunRecord, measured?: string): string {
  const relation = `${literal(measured)}::regclass`;
  const values = [
    `${literal(record.runId)}::uuid`,
    literal(record.node),
    literal(record.status),
    literal(record.reason),
    literal(record.fingerprint),
    measured === undefined ? number(record.rows) : `(SELECT reltuples::bigint FROM pg_catalog.pg_class WHERE oid = ${relation})`,
    measured === undefined ? number(record.bytes) : `pg_catalog.pg_table_size(${relation})`,
    record.elapsedMs === undefined ? 'NULL' : `now() - interval '${Math.max(0, Math.round(record.elapsedMs * 1000))} microseconds'`,
    record.elapsedMs === undefined ? 'NULL' : 'clock_timestamp()',
    literal(record.sqlstate),
    literal(record.message),
    literal(record.file),
    number(record.line),
    number(record.column),
  ];
  return `INSERT INTO dbluigi.node_runs (run_id, node, status, reason, fingerprint, rows, bytes, started_at, finished_at, sqlstate, message, file, line, col)
    VALUES (${values.join(', ')})
    ON CONFLICT (run_id, node, attempt) DO NOTHING`;
}

/** Replaces an estimate of a node's rows. */
export function correctRows(runId: string, node: string, rows: number): string {
  return `UPDATE dbluigi.node_runs SET rows = ${rows} WHERE run_id = ${literal(runId)}::uuid AND node = ${literal(node)}`;
}

/** One statement for all checks of a node; undefined where there are none. */
export function insertChecks(records: readonly CheckRecord[]): string | undefined {
  if (records.length === 0) return undefined;
  const rows = records.map((record) => {
    const { runId, checkId, node, status, severity, failures, sql } = record;
    return `(${literal(runId)}::uuid, ${[checkId, node, status, severity].map(literal).join(', ')}, ${number(failures)}::bigint, ${literal(sql)})`;
  });
  return `INSERT INTO dbluigi.checks (run_id, check_id, node, status, severity, failures, sql) VALUES ${rows.join(', ')}
    ON CONFLICT (run_id, node, check_id) DO UPDATE SET status = excluded.status, failures = excluded.failures, sql = excluded.sql`;
}

/** Writes down that a relation now in place is dbl's, and so are its indexes at this moment, but for those of others. */
export function recordPublished(relation: PublishedRelation): string {
  const { schema, name, node, fingerprint, runId, foreignIndexes = [] } = relation;
  const relid = `${literal(relationName(schema, name))}::regclass`;
  const others = foreignIndexes.length === 0 ? '' : ` AND (SELECT relname FROM pg_catalog.pg_class WHERE oid = indexrelid) NOT IN (${foreignIndexes.map(literal).join(', ')})`;
  return `INSERT INTO dbluigi.relations (schema, name, node, relid, fingerprint, published_by, published_at, last_run, last_status, indexes)
    VALUES (${[schema, name, node].map(literal).join(', ')}, ${relid}, ${literal(fingerprint)}, ${literal(runId)}::uuid, clock_timestamp(), ${literal(runId)}::uuid, 'success',
      ARRAY(SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid = ${relid}${others}))
    ON CONFLICT (schema, name) DO UPDATE SET node = excluded.node, relid = excluded.relid, fingerprint = excluded.fingerprint,
      published_by = excluded.published_by, published_at = excluded.published_at, last_run = excluded.last_run,
      last_status = excluded.last_status, indexes = excluded.indexes`;
}

/**
 * Writes down that the last attempt to build a relation did not publish it; what is in place stays dbl's. A run that began later has the last
 * word: one that lost its locks may come to its end after it.
 */
export function recordUnpublished(relation: Omit<PublishedRelation, 'fingerprint'> & { readonly status: string }): string {
  const { schema, name, node, runId, status } = relation;
  return `INSERT INTO dbluigi.relations (schema, name, node, last_run, last_status)
    VALUES (${[schema, name, node].map(literal).join(', ')}, ${literal(runId)}::uuid, ${literal(status)})
    ON CONFLICT (schema, name) DO UPDATE SET last_run = excluded.last_run, last_status = excluded.last_status
    WHERE NOT EXISTS (SELECT FROM dbluigi.runs AS later JOIN dbluigi.runs AS own ON own.run_id = excluded.last_run
      WHERE later.run_id = dbluigi.relations.last_run AND later.started_at > own.started_at)`;
}

export interface HeldRelation extends PublishedRelation {
  readonly kind: 'table' | 'view';
  /** Where the relation is now. */
  readonly workbench: string;
  /** Its place in the order of publishing: what a view reads comes before it. */
  readonly position: number;
  readonly rows: number | undefined;
  /** A view's query, for the target. */
  readonly definition: string | undefined;
}

export function recordHeld(held: HeldRelation): string {
  const relid = `${literal(relationName(held.workbench, held.name))}::regclass`;
  const { schema, name, node, kind, position, fingerprint, runId, rows, definition } = held;
  return `INSERT INTO dbluigi.held (schema, name, node, kind, relid, position, fingerprint, run_id, rows, definition)
    VALUES (${[schema, name, node, kind].map(literal).join(', ')}, ${relid}, ${position}, ${literal(fingerprint)}, ${literal(runId)}::uuid, ${number(rows)}, ${literal(definition)})
    ON CONFLICT (schema, name) DO UPDATE SET node = excluded.node, kind = excluded.kind, relid = excluded.relid, position = excluded.position,
      fingerprint = excluded.fingerprint, run_id = excluded.run_id, rows = excluded.rows, definition = excluded.definition`;
}

export function forgetHeld(schema: string, names: readonly string[]): string {
  return `DELETE FROM dbluigi.held WHERE schema = ${literal(schema)} AND name IN (${names.map(literal).join(', ')})`;
}

export function recordPromotion(promotion: {
  readonly runId: string;
  readonly kind: 'promote';
  readonly schema: string;
  readonly previousSchema: string | undefined;
}): string {
  const { runId, kind, schema, previousSchema } = promotion;
  return `INSERT INTO dbluigi.promotions (run_id, kind, schema, previous_schema)
    VALUES (${literal(runId)}::uuid, ${literal(kind)}, ${literal(schema)}, ${literal(previousSchema)})`;
}

/** Follows the renaming of a schema: what dbl made in it is now under another name. */
export function renameRecordedSchema(from: string, to: string): string {
  return `DELETE FROM dbluigi.relations WHERE schema = ${literal(to)};
    UPDATE dbluigi.relations SET schema = ${literal(to)} WHERE schema = ${literal(from)}`;
}

function literal(text: string | undefined): string {
  // A server's message may hold a NUL that no text of Postgres's can.
  return text === undefined ? 'NULL' : quoteLiteral(text.replaceAll('\0', ''));
}

function number(value: number | undefined): string {
  return value === undefined ? 'NULL' : String(value);
}
