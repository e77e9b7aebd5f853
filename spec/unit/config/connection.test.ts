import { availableParallelism, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Connection, defaultThreads, describeConnection } from '../../../src/config/index.js';
import { load, loaded, project, texts } from './project.js';

type Env = Readonly<Record<string, string>>;

const user = userInfo().username;
const plain = { kind: 'server', origin: 'environment', host: 'localhost', port: 5432, user, password: undefined, database: user, ssl: false };

async function connection(env: Env, config = '{}', files: Readonly<Record<string, string>> = {}): Promise<Connection> {
  return (await loaded(project({ 'dbluigi.config.ts': `export default ${config};`, ...files }), { env })).connection;
}

async function mistakes(env: Env, config = '{}'): Promise<string[]> {
  return texts((await load(project({ 'dbluigi.config.ts': `export default ${config};` }), { env })).diagnostics);
}

const parsed = async (url: string, env: Env = {}) => connection({ ...env, DBL_DATABASE_URL: url });

const server = (parts: Partial<Extract<Connection, { kind: 'server' }>>): Connection => ({
  kind: 'server',
  origin: 'config',
  host: 'db',
  port: 5432,
  user: 'me',
  password: 'geheim',
  database: 'x',
  ssl: false,
  ...parts,
});

const threads = (host: string): number => defaultThreads(server({ host }));

const certificates = { 'pem/ca.pem': 'CA', 'pem/cert.pem': 'CERT', 'pem/key.pem': 'KEY' };

const ssl = async (field: string): Promise<unknown> => {
  const made = await connection({ PGSSLMODE: 'nonsense' }, `{ database: { host: 'db', ssl: ${field} } }`, certificates);
  return made.kind === 'server' ? made.ssl : made;
};

describe('precedence', () => {
  const config = `{ database: 'postgres://config/c', targets: { a: { database: { host: 'target' } }, b: {} }, defaultTarget: 'a' }`;

  test('DBL_DATABASE_URL, the target, the project, PG*, embedded', async () => {
    const env = { PGUSER: 'u', PGDATABASE: 'd' };
    expect(await connection({ ...env, DBL_DATABASE_URL: 'postgres://env/e' }, config)).toMatchObject({
      origin: 'DBL_DATABASE_URL',
      host: 'env',
      user: 'u',
      database: 'e',
    });
    expect(await connection(env, config)).toMatchObject({ origin: 'config', host: 'target', user: 'u', database: 'd' });
    expect(await connection({ DBL_DATABASE_URL: '' }, config.replace("t: 'a'", "t: 'b'"))).toMatchObject({ host: 'config', database: 'c' });
    expect(await connection(env)).toEqual({ ...plain, user: 'u', database: 'd' });
    expect(await connection({ PGPASSWORD: 'x', PGSSLMODE: 'require', PGHOST: '' })).toMatchObject({ kind: 'embedded' });
  });

  test('embedded() beats PG*', async () => {
    expect(await connection({ PGHOST: 'x' }, '{ database: { embedded: true } }')).toMatchObject({ kind: 'embedded' });
  });

  test('.env counts', async () => {
    const folder = project({ 'models/': '', '.env': 'DBL_DATABASE_URL=postgres://x/y' });
    expect((await loaded(folder)).connection).toMatchObject({ host: 'x', database: 'y' });
  });
});

describe('a URL', () => {
  const origin = 'DBL_DATABASE_URL';

  test.each([
    ['postgres://', {}],
    ['postgresql://db', { host: 'db' }],
    ['POSTGRES://db/', { host: 'db' }],
    ['postgres://me@/x', { user: 'me', database: 'x' }],
    ['postgres://:5433', { port: 5433 }],
    ['postgres://me:@db', { host: 'db', user: 'me', database: 'me' }],
    ['postgres://m%40e:p%2F%3A%25@db:1/d%20b', { host: 'db', port: 1, user: 'm@e', password: 'p/:%', database: 'd b' }],
    ['postgres://me:a:b@db/x', { host: 'db', user: 'me', password: 'a:b', database: 'x' }],
    ['postgres://me@[::1]:5433/x', { host: '::1', port: 5433, user: 'me', database: 'x' }],
    ['postgres:///x?host=/tmp&port=6000&user=u&password=p%26+', { host: '/tmp', port: 6000, user: 'u', password: 'p&+', database: 'x' }],
    ['postgres://%2Fvar%2Frun/x?sslmode=require', { host: '/var/run', database: 'x' }],
    ['postgres://db/x?dbname=y&application_name=z&channel_binding=require', { host: 'db', database: 'y' }],
    ['postgres://db/x?sslmode=disable', { host: 'db', database: 'x' }],
    ['postgres://db/x?sslmode=prefer', { host: 'db', database: 'x' }],
    ['postgres://db/x?sslmode=require', { host: 'db', database: 'x', ssl: { rejectUnauthorized: false } }],
    ['postgres://db/x?sslmode=verify-ca', { host: 'db', database: 'x', ssl: true }],
    ['postgres://db/x?sslmode=verify-full&sslrootcert=system', { host: 'db', database: 'x', ssl: true }],
    ['postgres://db/x?ssl=true', { host: 'db', database: 'x', ssl: true }],
  ])('%s', async (url, parts) => {
    expect(await parsed(url)).toEqual({ ...plain, origin, ...parts });
  });

  test('missing parts come from PG*', async () => {
    const env = { PGHOST: 'h', PGPORT: '6', PGUSER: 'u', PGPASSWORD: 'p', PGDATABASE: 'd', PGSSLMODE: 'verify-full' };
    const parts = { host: 'h', port: 6, user: 'u', password: 'p', database: 'd', ssl: true };
    expect(await parsed('postgres://', env)).toEqual({ ...plain, origin, ...parts });
    const own = await parsed('postgres://me:own@db:5/x?sslmode=disable', env);
    expect(own).toEqual({ ...plain, origin, host: 'db', port: 5, user: 'me', password: 'own', database: 'x' });
  });

  const malformed =
    'DBL_DATABASE_URL is not a URL that Postgres understands / Write it as postgres://user:password@host:5432/database; in a name or password the characters @ : / ? # % are written as %40 %3A %2F %3F %23 %25.';

  test.each([
    'postgres://me:gehe@im@db/x',
    'postgres://me:gehe/im@db/x',
    'postgres://me:12/geheim@db/x',
    'postgres://me:1?geheim=x@db/x',
    'postgres://me:gehe#im@db/x',
    'postgres://me:geheim%@db/x',
    'postgres://me:geheim@[::1/x',
  ])('malformed: %s', async (url) => {
    expect(await mistakes({ DBL_DATABASE_URL: url })).toEqual([`- DBL2020 ${malformed}`]);
  });

  test.each([
    ['me:geheim@db/x', 'does not start with postgres:// or postgresql:// / Write it as postgres://user:password@host:5432/database.'],
    ['postgres://me:geheim@db:70000/x', 'has a port that is no whole number from 1 to 65535 / Postgres listens at 5432 as a rule.'],
    ['postgres://me:geheim@db:port/x', 'has a port that is no whole number from 1 to 65535 / Postgres listens at 5432 as a rule.'],
    ['postgres://me:geheim@db/x?schema=a', 'has the unknown parameter "schema" / Parameters are those of libpq, such as sslmode and host.'],
    ['postgres://me:geheim@a,b/x', 'names several hosts / Name the one that takes writes.'],
  ])('%s', async (url, expected) => {
    expect(await mistakes({ DBL_DATABASE_URL: url })).toEqual([`- DBL2020 DBL_DATABASE_URL ${expected}`]);
  });
});

describe('PG*', () => {
  test('PGHOSTADDR stands in for PGHOST', async () => {
    expect(await connection({ PGHOSTADDR: '10.0.0.1' })).toMatchObject({ host: '10.0.0.1' });
    expect(await connection({ PGHOSTADDR: '10.0.0.1', PGHOST: 'db' })).toMatchObject({ host: 'db' });
  });

  test('wrong values, all at once', async () => {
    expect(await mistakes({ PGHOST: 'a,b', PGPORT: '54x', PGSSLMODE: 'no' })).toEqual([
      '- DBL2020 PGHOST names several hosts / Name the one that takes writes.',
      '- DBL2020 PGPORT must be a whole number from 1 to 65535, not "54x"',
      '- DBL2020 PGSSLMODE is none of the modes of Postgres / The modes are "disable", "allow", "prefer", "require", "verify-ca", "verify-full".',
    ]);
    expect(await mistakes({ PGSERVICE: 'x' })).toEqual([
      '- DBL2020 PGSERVICE is set, and dbl reads no service files / Set PGHOST, PGPORT, PGUSER and PGDATABASE, or DBL_DATABASE_URL.',
    ]);
    expect(await mistakes({ PGHOST: 'a', PGSSLMODE: 'require', PGSSLROOTCERT: 'no.pem' })).toEqual([
      `- DBL2020 PGSSLROOTCERT names a file that cannot be read: "no.pem" / Paths are relative to the project's folder.`,
    ]);
  });
});

describe('TLS', () => {
  const all = { ca: 'CA', cert: 'CERT', key: 'KEY' };

  test('files of libpq', async () => {
    const env = { PGHOST: 'db', PGSSLMODE: 'require', PGSSLROOTCERT: 'pem/ca.pem', PGSSLCERT: 'pem/cert.pem', PGSSLKEY: 'pem/key.pem' };
    expect(await connection(env, '{}', certificates)).toMatchObject({ ssl: { rejectUnauthorized: true, ...all } });
    const url = 'postgres://db?sslmode=require&sslcert=pem/cert.pem&sslkey=pem%2Fkey.pem';
    expect(await connection({ DBL_DATABASE_URL: url }, '{}', certificates)).toMatchObject({
      ssl: { rejectUnauthorized: false, cert: 'CERT', key: 'KEY' },
    });
  });

  test('the field of the configuration, which beats PGSSLMODE', async () => {
    expect(await ssl('false')).toBe(false);
    expect(await ssl('true')).toBe(true);
    expect(await ssl('{}')).toBe(true);
    expect(await ssl('{ rejectUnauthorized: false }')).toEqual({ rejectUnauthorized: false });
    expect(await ssl(`{ ca: 'pem/ca.pem', cert: 'pem/cert.pem', key: 'pem/key.pem' }`)).toEqual({ rejectUnauthorized: true, ...all });
  });
});

describe('what is said of a connection', () => {
  test('never holds the password', () => {
    expect(describeConnection(server({}))).toBe('postgres://me@db:5432/x');
    expect(describeConnection(server({ host: '::1', user: 'm@e', database: 'a/b' }))).toBe('postgres://m%40e@[::1]:5432/a%2Fb');
    expect(describeConnection(server({ host: '/tmp' }))).toBe('postgres://me@/x?host=/tmp');
    expect(describeConnection(server({ host: '/tmp', port: 6000 }))).toBe('postgres://me@/x?host=/tmp&port=6000');
    expect(describeConnection({ kind: 'embedded', folder: join('/a', '.dbl', 'pg') })).toBe('the embedded Postgres in .dbl/pg');
  });

  test('threads: the cores of this machine, four elsewhere', () => {
    expect(['localhost', '127.0.0.1', '127.1.2.3', '::1', '/tmp'].map(threads)).toEqual(Array(5).fill(availableParallelism()));
    expect(threads('db')).toBe(4);
    expect(defaultThreads({ kind: 'embedded', folder: '' })).toBe(availableParallelism());
  });
});
