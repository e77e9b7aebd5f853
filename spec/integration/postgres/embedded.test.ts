import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedServer, type ServerAddress, connect, openDatabase, startEmbedded } from '../../../src/postgres/index.js';
import { openSession, withProject } from '../../harness/index.js';
import { EmbeddedUser, buildUser, removeUser } from './embedded-user.js';

beforeAll(buildUser);
afterAll(removeUser);

/** The data area of a new project. A server that is left over at the test's end is killed. */
function newArea(): string {
  const { folder } = withProject({});
  const area = path.join(folder, '.dbl', 'pg');
  onTestFinished(() => {
    const pid = postmaster(area);
    if (pid !== undefined && lives(pid)) process.kill(pid, 'SIGQUIT');
  });
  return area;
}

async function start(area: string): Promise<EmbeddedServer> {
  const { value, diagnostics } = await startEmbedded(area);
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error('no server');
  return value;
}

async function mistake(area: string): Promise<string> {
  const { value, diagnostics } = await startEmbedded(area);
  await value?.stop();
  expect(diagnostics).toHaveLength(1);
  return `${diagnostics[0]?.code} ${diagnostics[0]?.message} / ${diagnostics[0]?.hint}`.replaceAll(area, 'AREA');
}

async function ask(address: ServerAddress, sql: string): Promise<unknown> {
  const session = await openSession(address, 'dbl tests');
  const { rows } = await session.query(sql);
  await session.end();
  return rows;
}

/** The pid in postmaster.pid; undefined where there is none. */
function postmaster(area: string): number | undefined {
  const file = path.join(area, 'data', 'postmaster.pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  await expect.poll(() => lives(pid), { timeout: 10_000 }).toBe(false);
}

test('it starts, keeps its data, and leaves nothing running', async () => {
  const area = newArea();
  const first = await start(area);
  const pid = postmaster(area);
  expect(await ask(first.address, 'SELECT current_user AS who, current_database() AS what')).toEqual([{ who: 'dbl', what: 'dbl' }]);
  expect(await ask(first.address, `SELECT upper('crème ïé') AS shout, 'B' < 'a' AS by_code`)).toEqual([{ shout: 'CRÈME ÏÉ', by_code: 't' }]);
  await ask(first.address, 'CREATE TABLE kept AS SELECT 42 AS x');
  expect(statSync(path.join(area, 'password')).mode & 0o777).toBe(0o600);
  expect((await connect({ ...first.address, password: 'guess' }, { applicationName: 'dbl tests' })).diagnostics[0]?.code).toBe('DBL2004');
  await first.stop();
  await first.stop();
  expect(pid !== undefined && lives(pid)).toBe(false);
  expect(postmaster(area)).toBeUndefined();
  expect(readdirSync(area).toSorted()).toEqual(['data', 'log', 'password']);

  const second = await start(area);
  expect(await ask(second.address, 'SELECT x FROM kept')).toEqual([{ x: '42' }]);
  await second.stop();
});

test('openDatabase starts the embedded server, and leaves any other alone', async () => {
  const area = newArea();
  const { value: own } = await openDatabase({ kind: 'embedded', folder: area });
  if (own === undefined) throw new Error('no server');
  expect(postmaster(area)).toBeDefined();
  const { value: same } = await openDatabase({ kind: 'server', origin: 'config', ...own.address });
  expect(same?.address).toMatchObject(own.address);
  await same?.close();
  expect(await ask(own.address, 'SELECT 1 AS x')).toEqual([{ x: '1' }]);
  await own.close();
  expect(postmaster(area)).toBeUndefined();
});

test('two commands at once share one server, and the last one stops it', async () => {
  const area = newArea();
  const users = [new EmbeddedUser(area), new EmbeddedUser(area)];
  const here = await start(area);
  const ports = await Promise.all(users.map((user) => user.ready()));
  expect(new Set([...ports, here.address.port]).size).toBe(1);
  await here.stop();
  await users[0]?.leave();
  expect(await ask(here.address, 'SELECT 1 AS x')).toEqual([{ x: '1' }]);
  const pid = postmaster(area);
  await users[1]?.leave();
  expect(pid !== undefined && lives(pid)).toBe(false);
  expect(postmaster(area)).toBeUndefined();
});

test('a client that is connected by other means keeps the server', async () => {
  const area = newArea();
  const server = await start(area);
  const session = await openSession(server.address, 'psql');
  await server.stop();
  expect((await session.query('SELECT 1 AS x')).rows).toEqual([{ x: '1' }]);
  await session.end();
  await (await start(area)).stop();
  expect(postmaster(area)).toBeUndefined();
});

test('a server whose starter was killed is found and stopped by the next command', async () => {
  const area = newArea();
  const user = new EmbeddedUser(area);
  const port = await user.ready();
  const pid = postmaster(area);
  user.process.kill('SIGKILL');
  await user.ended;
  const server = await start(area);
  expect(server.address.port).toBe(port);
  expect(postmaster(area)).toBe(pid);
  await server.stop();
  expect(postmaster(area)).toBeUndefined();
  // The starter is not there to ask how it ended, so the system lists it until init has.
  if (pid !== undefined) await untilGone(pid);
});

test('Ctrl-C in the terminal does not reach the server', async () => {
  const area = newArea();
  const user = new EmbeddedUser(area);
  const port = await user.ready();
  process.kill(-user.pid, 'SIGINT');
  await user.ended;
  await sleep(100);
  const server = await start(area);
  expect(server.address.port).toBe(port);
  await server.stop();
});

test('a command killed while it makes the database leaves nothing that is taken for one', async () => {
  const area = newArea();
  const user = new EmbeddedUser(area);
  const halfMade = () => existsSync(area) && readdirSync(area).some((name) => existsSync(path.join(area, name, 'PG_VERSION')));
  await expect.poll(halfMade, { interval: 5, timeout: 10_000 }).toBe(true);
  user.process.kill('SIGKILL');
  await user.ended;
  expect(existsSync(path.join(area, 'data'))).toBe(false);
  const server = await start(area);
  expect(await ask(server.address, 'SELECT 1 AS x')).toEqual([{ x: '1' }]);
  await server.stop();
  expect(readdirSync(area).toSorted()).toEqual(['data', 'log', 'password']);
});

test('a server that was killed recovers', async () => {
  const area = newArea();
  const first = await start(area);
  await ask(first.address, 'CREATE TABLE kept AS SELECT 42 AS x');
  const pid = postmaster(area);
  if (pid === undefined) throw new Error('no postmaster.pid');
  process.kill(pid, 'SIGKILL');
  await untilGone(pid);
  await first.stop();
  const second = await start(area);
  expect(await ask(second.address, 'SELECT x FROM kept')).toEqual([{ x: '42' }]);
  await second.stop();
});

test('a stale postmaster.pid whose number a stranger has now', async () => {
  const area = newArea();
  await (await start(area)).stop();
  const stale = [process.pid, path.join(area, 'data'), 1700000000, 1, '', '127.0.0.1', '  1 1', 'ready   '];
  writeFileSync(path.join(area, 'data', 'postmaster.pid'), `${stale.join('\n')}\n`);
  const server = await start(area);
  expect(postmaster(area)).not.toBe(process.pid);
  await server.stop();
});

test('a database of another major version', async () => {
  const area = newArea();
  await (await start(area)).stop();
  writeFileSync(path.join(area, 'data', 'PG_VERSION'), '14\n');
  expect(await mistake(area)).toBe(
    'DBL2034 the database in AREA was made by Postgres 14, and this dbl brings Postgres 18 / Use the release of dbl that made it, or delete AREA and build anew.',
  );
});

test('a database without its password', async () => {
  const area = newArea();
  await (await start(area)).stop();
  rmSync(path.join(area, 'password'));
  expect(await mistake(area)).toBe('DBL2035 the database in AREA is not whole: password is missing / Delete AREA and build anew.');
});

test('a folder that is no database', async () => {
  const area = newArea();
  mkdirSync(path.join(area, 'data', 'notes'), { recursive: true });
  expect(await mistake(area)).toBe('DBL2035 the database in AREA is not whole: data/PG_VERSION is missing / Delete AREA and build anew.');
});

test('a damaged database', async () => {
  const area = newArea();
  await (await start(area)).stop();
  renameSync(path.join(area, 'data', 'global', 'pg_control'), path.join(area, 'pg_control'));
  expect(await mistake(area)).toBe(
    'DBL2031 the embedded Postgres did not start:\n' +
      '  postgres: could not find the database system\n' +
      '  Expected to find it in the directory "AREA/data",\n' +
      '  but could not open file "AREA/data/global/pg_control": No such file or directory / ' +
      'Its log is AREA/log. To begin anew, delete AREA; the tables in it are lost.',
  );
});

test('a file where the folder should be', async () => {
  const { folder } = withProject({ '.dbl/pg': '' });
  expect(await mistake(path.join(folder, '.dbl', 'pg'))).toBe(
    'DBL2035 the folder AREA cannot be made: a file stands in its place / Move it away. Name a server of your own in DBL_DATABASE_URL.',
  );
});
