import { expect, test } from 'vitest';
import { appliedMigrations, migrateAudit } from '../../../src/audit/index.js';
import { ServerError } from '../../../src/postgres/index.js';
import { createTestDatabase } from '../../harness/index.js';
import { createRole } from '../run/hanging.js';

test('several sessions at once bring the schema up to date once', async () => {
  const database = await createTestDatabase();
  const sessions = await Promise.all([1, 2, 3, 4].map(() => database.session()));
  const [first] = sessions;
  if (first === undefined) throw new Error('no session');
  expect(await appliedMigrations(first)).toBe(0);
  await Promise.all(sessions.map((session) => migrateAudit(session)));
  const last = await appliedMigrations(first);
  expect(last).toBeGreaterThan(0);
  const rows = await database.query('SELECT number FROM dbluigi.migrations ORDER BY number');
  expect(rows.map((row) => Number(row['number']))).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  // Nothing is left open, and a later start has nothing to do.
  expect(await database.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)).toEqual([]);
  await migrateAudit(first);
  expect(await appliedMigrations(first)).toBe(last);
});

test('the tables have the columns on which others rely', async () => {
  const database = await createTestDatabase();
  await migrateAudit(await database.session());
  const rows = await database.query(`SELECT c.relname AS table, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'dbluigi'::regnamespace AND c.relkind = 'r' AND c.relname IN ('runs', 'node_runs', 'checks', 'promotions') GROUP BY 1 ORDER BY 1`);
  const columns = Object.fromEntries(rows.map((row) => [row['table'], row['columns']?.split(', ')]));
  expect(columns['runs']).toEqual(
    expect.arrayContaining([
      'run_id uuid', 'project text', 'command text', 'target text', 'status text', 'started_at timestamp with time zone', 'finished_at timestamp with time zone',
      'os_user text', 'db_user text', 'host text', 'pid integer', 'dbl_version text', 'git_commit text', 'exit_code integer',
    ]),
  );
  expect(columns['node_runs']).toEqual(
    expect.arrayContaining([
      'run_id uuid', 'node text', 'attempt integer', 'status text', 'reason text', 'fingerprint text', 'rows bigint', 'bytes bigint', 'started_at timestamp with time zone',
      'finished_at timestamp with time zone', 'sqlstate text', 'message text', 'file text', 'line integer', 'col integer',
    ]),
  );
  expect(columns['checks']).toEqual(expect.arrayContaining(['run_id uuid', 'check_id text', 'node text', 'status text', 'severity text', 'failures bigint', 'sql text']));
  expect(columns['promotions']).toEqual(
    expect.arrayContaining(['run_id uuid', 'kind text', 'schema text', 'previous_schema text', 'xid xid8', 'committed_at timestamp with time zone']),
  );
});

test('a migration that fails leaves nothing behind, and the session can go on', async () => {
  const database = await createTestDatabase();
  const role = await createRole(database);
  const session = await database.session();
  await session.query(`SET ROLE ${role}`);
  const problem = await migrateAudit(session).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(ServerError);
  expect(problem).toMatchObject({ sqlstate: '42501', message: `permission denied for database ${database.name}` });
  await session.query('RESET ROLE');
  expect(await appliedMigrations(session)).toBe(0);
  await migrateAudit(session);
  expect(await appliedMigrations(session)).toBeGreaterThan(0);
});
