import type { Session } from '../postgres/index.js';

/** Applied in order, each once. A migration that was released is never changed: what comes later is a new one. */
const migrations: readonly string[] = [
  `CREATE TABLE dbluigi.runs (
    run_id uuid PRIMARY KEY,
    project text NOT NULL,
    command text NOT NULL,
    target text NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'success', 'failed', 'cancelled', 'crashed')),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    os_user text,
    db_user text NOT NULL DEFAULT session_user,
    host text,
    pid integer,
    dbl_version text,
    git_commit text,
    exit_code integer,
    schemas text[] NOT NULL,
    backend_pid integer NOT NULL DEFAULT pg_backend_pid(),
    arguments jsonb NOT NULL
  );
  CREATE INDEX runs_started_at_idx ON dbluigi.runs (started_at);
  CREATE TABLE dbluigi.node_runs (
    run_id uuid NOT NULL REFERENCES dbluigi.runs ON DELETE CASCADE,
    node text NOT NULL,
    attempt integer NOT NULL DEFAULT 1,
    status text NOT NULL CHECK (status IN ('success', 'failed', 'skipped', 'unchanged', 'held', 'cancelled')),
    reason text,
    fingerprint text,
    rows bigint,
    bytes bigint,
    started_at timestamptz,
    finished_at timestamptz,
    sqlstate text,
    message text,
    file text,
    line integer,
    col integer,
    PRIMARY KEY (run_id, node, attempt)
  );
  CREATE INDEX node_runs_node_idx ON dbluigi.node_runs (node, started_at);
  CREATE TABLE dbluigi.checks (
    run_id uuid NOT NULL REFERENCES dbluigi.runs ON DELETE CASCADE,
    check_id text NOT NULL,
    node text NOT NULL,
    status text NOT NULL CHECK (status IN ('pass', 'warn', 'fail', 'error')),
    severity text NOT NULL CHECK (severity IN ('error', 'warn')),
    failures bigint,
    sql text,
    PRIMARY KEY (run_id, node, check_id)
  );
  CREATE TABLE dbluigi.promotions (
    run_id uuid NOT NULL REFERENCES dbluigi.runs,
    kind text NOT NULL,
    schema text NOT NULL,
    previous_schema text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, schema)
  );
  CREATE TABLE dbluigi.relations (
    schema text NOT NULL,
    name text NOT NULL,
    node text NOT NULL,
    relid oid,
    fingerprint text,
    published_by uuid,
    published_at timestamptz,
    last_run uuid NOT NULL,
    last_status text NOT NULL,
    indexes oid[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (schema, name)
  );
  COMMENT ON TABLE dbluigi.relations IS 'What dbl made and where it is now: relid tells it from what others made under the same name.';
  CREATE TABLE dbluigi.held (
    schema text NOT NULL,
    name text NOT NULL,
    node text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('table', 'view')),
    relid oid NOT NULL,
    position integer NOT NULL,
    fingerprint text NOT NULL,
    run_id uuid NOT NULL,
    rows bigint,
    definition text,
    PRIMARY KEY (schema, name)
  );
  COMMENT ON TABLE dbluigi.held IS 'Built and checked in a workbench, and kept there until dbl publish; definition is the query of a view.'`,
];

/**
 * Brings the audit schema up to date. Safe when several processes start at once: the first does it, the others wait for it.
 * Needs CREATE on the database the first time. Throws what the session throws.
 */
export async function migrateAudit(session: Session): Promise<void> {
  if ((await appliedMigrations(session)) >= migrations.length) return;
  await session.batch('BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(\'dbl:migrate\', 0))');
  try {
    await session.batch(`CREATE SCHEMA IF NOT EXISTS dbluigi;
      CREATE TABLE IF NOT EXISTS dbluigi.migrations (
        number integer PRIMARY KEY,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    for (let number = (await appliedMigrations(session)) + 1; number <= migrations.length; number += 1) {
      await session.batch(`${migrations[number - 1]}; INSERT INTO dbluigi.migrations (number) VALUES (${number})`);
    }
    await session.query('COMMIT');
  } catch (error) {
    if (session.isOpen) await session.rollback();
    throw error;
  }
}

/** How many migrations the database has; 0 where there is no audit schema yet. */
export async function appliedMigrations(session: Session): Promise<number> {
  const { rows } = await session.query(`SELECT to_regclass('dbluigi.migrations') AS migrations`);
  if (rows[0]?.['migrations'] === null) return 0;
  const applied = await session.query('SELECT coalesce(max(number), 0) AS number FROM dbluigi.migrations');
  return Number(applied.rows[0]?.['number']);
}
