import { chmodSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { type ConnectOptions, type ServerAddress, connect } from '../../../src/postgres/index.js';
import { createTestDatabase, testServer, withProject } from '../../harness/index.js';
import { answer, certificate, closedPort, listen, passOn, passOnWithTls, refuse } from './fake-server.js';

const SECRET = 'correct horse battery';

/** The one diagnostic of a connection that cannot be made, as `code message / hint`. */
async function mistake(changes: Partial<ServerAddress>, options: Partial<ConnectOptions> = {}): Promise<string> {
  const server: ServerAddress = { host: '127.0.0.1', port: 5432, user: 'ada', password: SECRET, database: 'library', ssl: false, ...changes };
  const { value, diagnostics } = await connect(server, { applicationName: 'dbl tests', ...options });
  await value?.end();
  expect(value).toBeUndefined();
  const [diagnostic] = diagnostics;
  expect(diagnostics).toHaveLength(1);
  expect(JSON.stringify(diagnostic)).not.toContain(SECRET);
  return `${diagnostic?.code} ${diagnostic?.message} / ${diagnostic?.hint}`;
}

/** Of the server at a port of this machine. Ports are replaced by a word, since they differ in each run. */
async function mistakeAt(port: number, changes: Partial<ServerAddress> = {}, options: Partial<ConnectOptions> = {}): Promise<string> {
  return (await mistake({ ...changes, host: '127.0.0.1', port }, options)).replaceAll(String(port), 'PORT');
}

/** Of the server of this run, asked for what it does not have. */
async function mistakeOfServer(changes: Partial<ServerAddress>): Promise<string> {
  const server = testServer();
  const said = await mistake({ ...server, ...changes });
  return said.replaceAll(String(server.port), 'PORT').replaceAll(server.host, 'HOST');
}

test('nobody listens', async () => {
  expect(await mistakeAt(await closedPort())).toBe(
    'DBL2001 no server listens at 127.0.0.1:PORT / Start it, or correct the address in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST and PGPORT.',
  );
});

test('no such socket', async () => {
  expect(await mistake({ host: '/nowhere' })).toBe(
    'DBL2001 no server listens at /nowhere/.s.PGSQL.5432 / Start it, or correct the address in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST and PGPORT.',
  );
});

test('unknown host', async () => {
  expect(await mistake({ host: 'nowhere.invalid' })).toBe(
    'DBL2002 no host is named "nowhere.invalid" / Correct the host in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST.',
  );
});

test('a server that says nothing', async () => {
  const port = await listen(() => undefined);
  expect(await mistakeAt(port, {}, { timeout: 300 })).toBe(
    'DBL2003 no answer from 127.0.0.1:PORT within 0.3 seconds / Check the address in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST and PGPORT, the firewall and the VPN.',
  );
});

test('wrong password', async () => {
  const server = testServer();
  expect(await mistakeOfServer({ password: SECRET })).toBe(
    `DBL2004 the server at HOST:PORT refuses the password of role "${server.user}" / ` +
      'Set the right one in DBL_DATABASE_URL, PGPASSWORD or .pgpass. Postgres gives the same answer where there is no such role.',
  );
});

test('no password', async () => {
  const server = testServer();
  expect(await mistakeOfServer({ password: undefined })).toBe(
    `DBL2004 the server at HOST:PORT asks for the password of role "${server.user}", and none was given / ` +
      'Set it in DBL_DATABASE_URL, PGPASSWORD or .pgpass.',
  );
});

test('the password comes from .pgpass', async () => {
  const server = testServer();
  const { folder } = withProject({ pgpass: `*:${server.port}:*:${server.user}:${server.password}\n` });
  chmodSync(path.join(folder, 'pgpass'), 0o600);
  vi.stubEnv('PGPASSFILE', path.join(folder, 'pgpass'));
  vi.stubEnv('PGPASSWORD', undefined);
  const { value: session, diagnostics } = await connect({ ...server, password: undefined }, { applicationName: 'dbl tests' });
  vi.unstubAllEnvs();
  expect(diagnostics).toEqual([]);
  await session?.end();
});

test('unknown role, where the server says so', async () => {
  const port = await listen((socket) => refuse(socket, '28000', 'role "ada" does not exist'));
  expect(await mistakeAt(port)).toBe(
    'DBL2005 the server at 127.0.0.1:PORT has no role "ada" / Create it: createuser -h 127.0.0.1 -p PORT -U postgres ada.',
  );
});

test('unknown database', async () => {
  const server = testServer();
  expect(await mistakeOfServer({ database: 'no such' })).toBe(
    `DBL2006 the server at HOST:PORT has no database "no such" / Create it: createdb -h HOST -p PORT -U ${server.user} no such.`,
  );
});

test('a role that may not connect', async () => {
  const database = await createTestDatabase();
  const role = `${database.name}_role`;
  await database.query(`REVOKE CONNECT ON DATABASE ${database.name} FROM public; CREATE ROLE ${role} LOGIN PASSWORD '${SECRET}'`);
  const said = await mistakeOfServer({ database: database.name, user: role, password: SECRET });
  await database.query(`DROP ROLE ${role}`);
  expect(said).toBe(
    `DBL2013 role "${role}" may not connect to database "${database.name}" at HOST:PORT / Let its owner GRANT CONNECT ON DATABASE to the role.`,
  );
});

test('a role without connections left', async () => {
  const database = await createTestDatabase();
  const role = `${database.name}_role`;
  await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${SECRET}' CONNECTION LIMIT 0`);
  const said = await mistakeOfServer({ database: database.name, user: role, password: SECRET });
  await database.query(`DROP ROLE ${role}`);
  expect(said).toBe(
    `DBL2009 the server at HOST:PORT has no connection left: too many connections for role "${role}" / ` +
      'Close other programs that use it, use fewer threads, or raise max_connections.',
  );
});

test('pg_hba.conf wants TLS', async () => {
  const refusal = 'no pg_hba.conf entry for host "10.0.0.9", user "ada", database "library", no encryption';
  const port = await listen((socket) => refuse(socket, '28000', refusal));
  expect(await mistakeAt(port)).toBe(
    `DBL2013 the server at 127.0.0.1:PORT does not let role "ada" in: ${refusal} / ` +
      'Turn TLS on: "?sslmode=require" in the URL, or "ssl: true" in the configuration.',
  );
});

test('TLS that the server does not offer', async () => {
  const port = await listen((socket) => socket.once('data', () => socket.write('N')));
  expect(await mistakeAt(port, { ssl: true })).toBe(
    'DBL2007 the server at 127.0.0.1:PORT does not offer TLS / Turn TLS on in the server, or off here: "?sslmode=disable" in the URL, or "ssl: false".',
  );
});

test('a certificate that nobody vouches for', async () => {
  const server = testServer();
  const port = await listen((socket) => passOnWithTls(socket, server));
  expect(await mistakeAt(port, { ...server, ssl: true })).toBe(
    'DBL2008 the certificate of 127.0.0.1:PORT is not trusted: self-signed certificate / ' +
      'Name the certificate authority\'s file as "ssl: { ca }", or "sslrootcert=" in the URL.',
  );
});

test('a certificate that is trusted, for the session and for cancelling', async () => {
  const server = testServer();
  const port = await listen((socket) => passOnWithTls(socket, server));
  const { value: session } = await connect(
    { ...server, host: '127.0.0.1', port, ssl: { rejectUnauthorized: true, ca: certificate } },
    { applicationName: 'dbl tests' },
  );
  const sleeping = session?.query('SELECT pg_sleep(20)');
  setTimeout(() => void session?.cancel(), 100);
  await expect(sleeping).rejects.toMatchObject({ sqlstate: '57014' });
  await session?.end();
});

test('a server that starts up is asked again', async () => {
  const server = testServer();
  let refused = 0;
  const port = await listen((socket) => {
    if (refused < 2) {
      refused += 1;
      refuse(socket, '57P03', 'the database system is starting up');
    } else {
      passOn(socket, server);
    }
  });
  const { value: session, diagnostics } = await connect({ ...server, host: '127.0.0.1', port }, { applicationName: 'dbl tests' });
  expect(diagnostics).toEqual([]);
  expect(refused).toBe(2);
  await session?.end();
});

test('a server that starts up for too long', async () => {
  const port = await listen((socket) => refuse(socket, '57P03', 'the database system is starting up'));
  expect(await mistakeAt(port, {}, { startupTimeout: 300 })).toBe(
    'DBL2010 the server at 127.0.0.1:PORT does not accept connections yet: the database system is starting up / Try again in a moment.',
  );
});

test.each([
  ['a web server', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', false],
  ['a web server, asked for TLS', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', true],
  ['a mail server', '220 mail.example.org ESMTP\r\n', false],
  ['a server that hangs up', '', false],
])('%s', async (_, greeting, ssl) => {
  const port = await listen((socket) => socket.once('data', () => socket.end(greeting)));
  expect(await mistakeAt(port, { ssl })).toBe(
    'DBL2011 what listens at 127.0.0.1:PORT does not answer like a Postgres server / Correct the port in DBL_DATABASE_URL, dbluigi.config.ts or PGPORT.',
  );
});

test('an old server', async () => {
  const port = await listen((socket) => answer(socket, { pid: '1', version: '120017' }));
  expect(await mistakeAt(port)).toBe(
    'DBL2012 the server at 127.0.0.1:PORT is Postgres 12, and dbl needs 13 or later / Upgrade the server, or use another one.',
  );
});

test('a pooler in transaction mode gives the same server process to two sessions', async () => {
  const port = await listen((socket) => answer(socket, { pid: '77', version: '150000' }));
  expect(await mistakeAt(port)).toBe(
    'DBL2014 a pooler in transaction mode answers at 127.0.0.1:PORT, and dbl cannot work through it / ' +
      'Give the address of the Postgres server itself: locks and settings are lost between the transactions of such a pooler.',
  );
});

test('a proxy that gives every session its own server process is fine', async () => {
  const server = testServer();
  // BackendKeyData: a "K", the length 12, the process, the secret.
  const port = await listen((socket) =>
    passOn(socket, server, (data) => {
      const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]));
      if (at >= 0) data.writeInt32BE(7, at + 5);
      return data;
    }),
  );
  const { value: session, diagnostics } = await connect({ ...server, host: '127.0.0.1', port }, { applicationName: 'dbl tests' });
  expect(diagnostics).toEqual([]);
  expect(session?.pid).not.toBe(7);
  await session?.end();
});

test('anything else', async () => {
  const port = await listen((socket) => refuse(socket, '0A000', `unsupported startup parameter for ${SECRET}`));
  expect(await mistakeAt(port)).toBe('DBL2015 no connection to 127.0.0.1:PORT: unsupported startup parameter for *** / undefined');
});
