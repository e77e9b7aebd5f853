import type { Session } from '../postgres/index.js';

/** What dbl remembers of a relation in a physical schema. */
export interface RecordedRelation {
  readonly schema: string;
  readonly name: string;
  readonly node: string;
  /** The relation's oid; undefined where it was never published. */
  readonly relid: number | undefined;
  readonly fingerprint: string | undefined;
  /** The run that published it; undefined where it was never published. */
  readonly publishedBy: string | undefined;
  readonly lastRun: string;
  /** What the last attempt to build it came to: a node's status. */
  readonly lastStatus: string;
  /** Oids of the indexes that dbl made on it. */
  readonly indexes: readonly number[];
}

/** One query, whatever the number of relations. */
export async function readRecorded(session: Session, schemas: readonly string[]): Promise<readonly RecordedRelation[]> {
  const { rows } = await session.query(
    `SELECT schema, name, node, relid, fingerprint, published_by, last_run, last_status, array_to_string(indexes, ' ') AS indexes
    FROM dbluigi.relations WHERE schema = ANY ($1::text[]) ORDER BY schema COLLATE "C", name COLLATE "C"`,
    [schemas],
  );
  return rows.map((row) => ({
    schema: row['schema'] ?? '',
    name: row['name'] ?? '',
    node: row['node'] ?? '',
    relid: row['relid'] == null ? undefined : Number(row['relid']),
    fingerprint: row['fingerprint'] ?? undefined,
    publishedBy: row['published_by'] ?? undefined,
    lastRun: row['last_run'] ?? '',
    lastStatus: row['last_status'] ?? '',
    indexes: (row['indexes'] ?? '').split(' ').filter(Boolean).map(Number),
  }));
}

export interface HeldRow {
  readonly schema: string;
  readonly name: string;
  readonly node: string;
  readonly kind: 'table' | 'view';
  readonly relid: number;
  readonly fingerprint: string;
  readonly runId: string;
  readonly rows: number | undefined;
  readonly definition: string | undefined;
}

/** What is held in the workbenches of these schemas, in the order of publishing. */
export async function readHeld(session: Session, schemas: readonly string[]): Promise<readonly HeldRow[]> {
  const { rows } = await session.query(
    `SELECT schema, name, node, kind, relid, fingerprint, run_id, rows, definition
    FROM dbluigi.held WHERE schema = ANY ($1::text[]) ORDER BY position, schema COLLATE "C", name COLLATE "C"`,
    [schemas],
  );
  return rows.map((row) => ({
    schema: row['schema'] ?? '',
    name: row['name'] ?? '',
    node: row['node'] ?? '',
    kind: row['kind'] === 'view' ? 'view' : 'table',
    relid: Number(row['relid']),
    fingerprint: row['fingerprint'] ?? '',
    runId: row['run_id'] ?? '',
    rows: row['rows'] == null ? undefined : Number(row['rows']),
    definition: row['definition'] ?? undefined,
  }));
}

/** Milliseconds that each node's last successful builds took, the median of up to five, in this target. */
export async function readExpectedDurations(session: Session, target: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await session.query(
    `SELECT node, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms
    FROM (
      SELECT n.node, extract(epoch FROM n.finished_at - n.started_at) * 1000 AS ms,
        row_number() OVER (PARTITION BY n.node ORDER BY n.started_at DESC) AS age
      FROM dbluigi.node_runs AS n
      JOIN (SELECT run_id FROM dbluigi.runs WHERE target = $1 AND command = 'build' ORDER BY started_at DESC LIMIT 20) AS r USING (run_id)
      WHERE n.status IN ('success', 'held') AND n.started_at IS NOT NULL
    ) AS latest
    WHERE age <= 5 GROUP BY node`,
    [target],
  );
  return new Map(rows.map((row) => [row['node'] ?? '', Number(row['ms'])]));
}
