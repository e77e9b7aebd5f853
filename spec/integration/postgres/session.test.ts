import { expect, test } from 'vitest';
import { ConnectionLost, type Notice, ServerError, isRetryable } from '../../../src/postgres/index.js';
import { createTestDatabase, openSession, testServer } from '../../harness/index.js';

async function session(applicationName = 'dbl tests') {
  return openSession(testServer(), applicationName);
}

async function serverError(running: Promise<unknown>): Promise<ServerError> {
  const thrown: unknown = await running.catch((failure: unknown) => failure);
  if (thrown instanceof ServerError) return thrown;
  throw new Error(`no ServerError: ${String(thrown)}`);
}

test('values come as the server prints them', async () => {
  const opened = await session();
  const { rows, rowCount, command, columns } = await opened.query(
    `SELECT 9007199254740993 AS big, 1.10::numeric AS exact, true AS yes, null AS nothing, date '2024-02-29' AS day,
      '{"a": 1}'::json AS doc, array[1, 2] AS list, $1::text AS given, $2::int[] AS given_list`,
    ['ü', [3, 4]],
  );
  expect(rows).toEqual([
    { big: '9007199254740993', exact: '1.10', yes: 't', nothing: null, day: '2024-02-29', doc: '{"a": 1}', list: '{1,2}', given: 'ü', given_list: '{3,4}' },
  ]);
  expect({ rowCount, command }).toEqual({ rowCount: 1, command: 'SELECT' });
  expect(columns.slice(0, 2)).toEqual([
    { name: 'big', typeOid: 20, typeModifier: -1 },
    { name: 'exact', typeOid: 1700, typeModifier: -1 },
  ]);
  await opened.end();
});

test('a batch gives each result', async () => {
  const opened = await session();
  const results = await opened.batch('CREATE TEMP TABLE t (x int); INSERT INTO t VALUES (1), (2); SELECT x FROM t ORDER BY x');
  expect(results.map(({ command, rowCount }) => [command, rowCount])).toEqual([
    ['CREATE', 0],
    ['INSERT', 2],
    ['SELECT', 2],
  ]);
  expect(results[2]?.rows).toEqual([{ x: '1' }, { x: '2' }]);
  expect(results[2]?.values).toEqual([['1'], ['2']]);
  expect(await opened.batch('')).toMatchObject([{ command: '', rows: [] }]);
  await opened.end();
});

test('columns of one name are told apart by their place', async () => {
  const opened = await session();
  const { columns, rows, values } = await opened.query('SELECT 1 AS x, NULL AS y, 2 AS x');
  expect(columns.map(({ name }) => name)).toEqual(['x', 'y', 'x']);
  expect([rows, values]).toEqual([[{ x: '2', y: null }], [['1', null, '2']]]);
});

test('with values, a text of several statements is refused by the server', async () => {
  const opened = await session();
  const refused = await serverError(opened.query('SELECT 1; SELECT 2', []));
  expect(refused.sqlstate).toBe('42601');
  await opened.end();
});

test('settings of a session', async () => {
  const opened = await session('dbl: spring');
  const { rows } = await opened.query(`SELECT current_setting('application_name') AS name, current_setting('standard_conforming_strings') AS strings,
    current_setting('client_connection_check_interval', true) AS checked, pg_backend_pid() AS pid, current_setting('server_version_num') AS version`);
  expect(rows[0]).toMatchObject({ name: 'dbl: spring', strings: 'on', pid: String(opened.pid), version: String(opened.serverVersion) });
  if (opened.serverVersion >= 140000 && process.platform === 'linux') expect(rows[0]?.['checked']).toBe('500ms');
  await opened.end();
});

test('an error knows its place in the text, in UTF-16 offsets', async () => {
  const opened = await (await createTestDatabase()).session();
  const text = `SELECT '😀é' AS face, nonsense FROM pg_class`;
  const failure = await serverError(opened.query(text));
  expect(failure).toMatchObject({ sqlstate: '42703', severity: 'ERROR', message: 'column "nonsense" does not exist', offset: text.indexOf('nonsense') });
  const batch = `SELECT '😀'; SELECT 1 FROM nowhere`;
  expect((await serverError(opened.batch(batch))).offset).toBe(batch.indexOf('nowhere'));
  expect(opened.isOpen).toBe(true);
  await opened.end();
});

test('where the database has no encoding, the server counts bytes', async () => {
  const database = await createTestDatabase();
  const bytes = `${database.name}_bytes`;
  const provider = (await database.session()).serverVersion < 150000 ? '' : 'LOCALE_PROVIDER libc';
  await database.query(`CREATE DATABASE ${bytes} TEMPLATE template0 ENCODING 'SQL_ASCII' ${provider} LC_COLLATE 'C' LC_CTYPE 'C'`);
  const opened = await openSession({ ...database.address, database: bytes }, 'dbl tests');
  const text = `SELECT '😀é' AS face, nonsense FROM pg_class`;
  const failure = await serverError(opened.query(text));
  await opened.end();
  await database.query(`DROP DATABASE ${bytes} WITH (FORCE)`);
  expect(failure.offset).toBe(text.indexOf('nonsense'));
});

test('what an error says besides', async () => {
  const database = await createTestDatabase();
  const opened = await database.session();
  await opened.batch(`CREATE TABLE public.parent (id int CONSTRAINT parent_key PRIMARY KEY); INSERT INTO parent VALUES (1);
    CREATE FUNCTION broken() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT x FROM nowhere); END'`);
  expect(await serverError(opened.query('INSERT INTO parent VALUES (1)'))).toMatchObject({
    sqlstate: '23505',
    detail: 'Key (id)=(1) already exists.',
    schema: 'public',
    table: 'parent',
    constraint: 'parent_key',
    offset: undefined,
  });
  const inside = await serverError(opened.query('SELECT broken()'));
  expect(inside).toMatchObject({ sqlstate: '42P01', offset: undefined, internalQuery: '(SELECT x FROM nowhere)' });
  expect(inside.context).toContain('PL/pgSQL function broken() line 1 at RETURN');
});

test('notices', async () => {
  const opened = await session();
  const notices: Notice[] = [];
  opened.onNotice = (notice) => notices.push(notice);
  await opened.query(`DO $$ BEGIN RAISE WARNING 'careful' USING HINT = 'Look twice.'; END $$`);
  expect(notices).toEqual([{ severity: 'WARNING', sqlstate: '01000', message: 'careful', detail: undefined, hint: 'Look twice.' }]);
  await opened.end();
});

test('one query at a time', async () => {
  const opened = await session();
  const first = opened.query('SELECT pg_sleep(0.1)');
  await expect(opened.query('SELECT 1')).rejects.toThrow('a session runs one query at a time');
  await first;
  await opened.end();
  await expect(opened.query('SELECT 1')).rejects.toThrow('the session was ended');
  expect(opened.isOpen).toBe(false);
});

test('cancel stops the query and leaves the session usable', async () => {
  const opened = await session();
  await opened.cancel();
  const sleeping = serverError(opened.query('SELECT pg_sleep(20)'));
  setTimeout(() => void opened.cancel(), 100);
  const started = Date.now();
  expect((await sleeping).sqlstate).toBe('57014');
  expect(Date.now() - started).toBeLessThan(2000);
  expect((await opened.query('SELECT 1 AS x')).rows).toEqual([{ x: '1' }]);
  await opened.end();
});

test('a session that the server ends, busy or idle, is lost', async () => {
  const killer = await session();
  const busy = await session();
  const idle = await session();
  const sleeping = busy.query('SELECT pg_sleep(20)').catch((failure: unknown) => failure);
  for (const { pid } of [busy, idle]) await killer.query('SELECT pg_terminate_backend($1)', [pid]);
  const lost = await sleeping;
  expect(lost).toBeInstanceOf(ConnectionLost);
  expect(lost).toMatchObject({ reason: 'terminating connection due to administrator command' });
  await expect.poll(() => idle.isOpen).toBe(false);
  await expect(idle.query('SELECT 1')).rejects.toThrow('the connection to the server was lost: terminating connection due to administrator command');
  expect(busy.isOpen).toBe(false);
  for (const opened of [killer, busy, idle]) await opened.end();
});

test('what is worth another try', async () => {
  const database = await createTestDatabase();
  const one = await database.session();
  const two = await database.session();
  await one.query('CREATE TABLE t (x int)');
  await one.batch('BEGIN; LOCK TABLE t');
  const timeout = await serverError(two.batch(`SET lock_timeout = '50ms'; SELECT * FROM t`));
  expect(timeout.sqlstate).toBe('55P03');
  expect(isRetryable(timeout)).toBe(true);
  const concurrently = await serverError(two.query(`DO $$ BEGIN RAISE 'tuple concurrently updated' USING ERRCODE = 'XX000'; END $$`));
  expect(isRetryable(concurrently)).toBe(true);
  const other = await serverError(two.query(`DO $$ BEGIN RAISE 'cache lookup failed' USING ERRCODE = 'XX000'; END $$`));
  expect(isRetryable(other)).toBe(false);
  expect(isRetryable(new ConnectionLost('gone'))).toBe(false);
});
