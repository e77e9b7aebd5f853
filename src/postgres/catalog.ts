import type { Row, Session } from './session.js';

export type RelationKind =
  | 'table'
  | 'partitioned table'
  | 'view'
  | 'materialized view'
  | 'sequence'
  | 'index'
  | 'partitioned index'
  | 'foreign table'
  | 'composite type'
  | 'toast table'
  | 'property graph';

export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  readonly kind: RelationKind;
  readonly owner: string;
  readonly comment: string | undefined;
  /** The planner's estimate; undefined where the relation was never analyzed. */
  readonly estimatedRows: number | undefined;
  /**
   * Heap and TOAST as of the last VACUUM or ANALYZE. `pg_table_size` would be exact, but waits behind whoever holds the table
   * exclusively, and a reader of the catalog must never wait.
   */
  readonly bytes: number;
}

export interface Column {
  readonly name: string;
  /** As `format_type` prints it: `character varying(10)`. */
  readonly type: string;
  readonly notNull: boolean;
}

const kinds: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  S: 'sequence',
  i: 'index',
  I: 'partitioned index',
  f: 'foreign table',
  c: 'composite type',
  t: 'toast table',
  g: 'property graph',
};

/** Every relation in `schemas`, by schema and name; schemas that do not exist have none. One query. */
export async function readRelations(session: Session, schemas: readonly string[]): Promise<readonly Relation[]> {
  if (schemas.length === 0) return [];
  const { rows } = await session.query(
    `SELECT n.nspname AS schema, c.relname AS name, c.oid, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
      d.description AS comment, c.reltuples::numeric AS rows,
      (c.relpages + coalesce(t.relpages, 0))::bigint * current_setting('block_size')::bigint AS bytes
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_class AS t ON t.oid = c.reltoastrelid
    LEFT JOIN pg_description AS d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
    WHERE n.nspname = ANY ($1::text[])
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
    [schemas],
  );
  return rows.map(toRelation);
}

function toRelation(row: Row): Relation {
  const kind = kinds[text(row, 'kind')];
  if (kind === undefined) throw new Error(`unknown relkind ${text(row, 'kind')}`);
  const rows = Number(text(row, 'rows'));
  return {
    schema: text(row, 'schema'),
    name: text(row, 'name'),
    oid: Number(text(row, 'oid')),
    kind,
    owner: text(row, 'owner'),
    comment: row['comment'] ?? undefined,
    estimatedRows: rows < 0 ? undefined : rows,
    bytes: Number(text(row, 'bytes')),
  };
}

/** The columns of relations by oid, in the order of the table; an oid that is gone is absent. One query. */
export async function readColumns(session: Session, oids: readonly number[]): Promise<ReadonlyMap<number, readonly Column[]>> {
  const columns = new Map<number, Column[]>();
  if (oids.length === 0) return columns;
  const { rows } = await session.query(
    `SELECT attrelid AS oid, attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS not_null
    FROM pg_attribute
    WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped
    ORDER BY attrelid, attnum`,
    [oids],
  );
  for (const row of rows) {
    const oid = Number(text(row, 'oid'));
    const list = columns.get(oid) ?? [];
    if (list.length === 0) columns.set(oid, list);
    list.push({ name: text(row, 'name'), type: text(row, 'type'), notNull: row['not_null'] === 't' });
  }
  return columns;
}

export async function schemaExists(session: Session, schema: string): Promise<boolean> {
  const { rows } = await session.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  return rows.length > 0;
}

/** The names of all schemas but Postgres's own, sorted by code unit. */
export async function listSchemas(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query(
    `SELECT nspname AS name FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    ORDER BY nspname COLLATE "C"`,
  );
  return rows.map((row) => text(row, 'name'));
}

function text(row: Row, column: string): string {
  const value = row[column];
  if (value === undefined || value === null) throw new Error(`the catalog gave no ${column}`);
  return value;
}
