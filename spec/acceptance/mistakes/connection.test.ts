import { describe, expect, test, vi } from 'vitest';
import { type TestProject, createTestDatabase, testServer, withProject } from '../../harness/index.js';
import { answer, closedPort, listen, passOnWithTls, refuse } from '../../integration/postgres/fake-server.js';
import { said } from '../said.js';

vi.setConfig({ testTimeout: 120_000 });

const secret = 's3cret of the tests';
const login = `ada:${encodeURIComponent(secret)}`;

function smallProject(files: Readonly<Record<string, string>> = {}): TestProject {
  return withProject({ 'dbluigi.config.ts': 'export default {}\n', 'models/POPULATE-staging-agencies.sql': 'select 1 as id\n', ...files });
}

/** What `dbl build` says of an address: exit code 3 or 2, nothing on stdout, and never the password. */
async function mistake(url: string | undefined, { env = {}, files = {}, code = 3 } = {}): Promise<string> {
  const address: Record<string, string> = url === undefined ? {} : { DBL_DATABASE_URL: url };
  const result = await said({ project: smallProject(files), env: { ...address, ...env } }, 'build');
  expect([result.code, result.stdout]).toEqual([code, '']);
  expect(result.stderr).not.toContain('s3cret');
  return result.stderr;
}

async function mistakeAt(port: number, parameters = ''): Promise<string> {
  return (await mistake(`postgres://${login}@127.0.0.1:${port}/library${parameters}`)).replaceAll(String(port), 'PORT');
}

describe('nobody there', () => {
  test('a port where nobody listens, with every command that needs the database', async () => {
    const port = await closedPort();
    const env = { DBL_DATABASE_URL: `postgres://${login}@localhost:${port}/library` };
    const project = smallProject();
    for (const args of [['build'], ['build', '--dry-run'], ['publish'], ['test'], ['promote'], ['show', 'agencies'], ['history'], ['history', 'agencies', '--output', 'json']]) {
      const { code, stdout, stderr } = await said({ project, env }, ...args);
      expect(stderr.replaceAll(String(port), 'PORT')).toMatchInlineSnapshot(`
        "error DBL2001: no server listens at localhost:PORT
          hint: Start it, or correct the address in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST and PGPORT.
        "
      `);
      expect([args, code, stdout]).toEqual([args, 3, '']);
    }
  });

  test('the commands that need no database do not ask for one', async () => {
    const env = { DBL_DATABASE_URL: `postgres://${login}@127.0.0.1:${await closedPort()}/library` };
    const project = smallProject();
    for (const args of [['compile', '--quiet'], ['compile', 'agencies'], ['ls', '--tree']]) {
      expect(await said({ project, env }, ...args)).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('an unknown host, a folder without a socket', async () => {
    expect(await mistake(`postgres://${login}@nowhere.invalid/library`)).toMatchInlineSnapshot(`
      "error DBL2002: no host is named "nowhere.invalid"
        hint: Correct the host in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST.
      "
    `);
    expect(await mistake(`postgres://${login}@/library?host=/nowhere`)).toMatchInlineSnapshot(`
      "error DBL2001: no server listens at /nowhere/.s.PGSQL.5432
        hint: Start it, or correct the address in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST and PGPORT.
      "
    `);
  });

  test('in JSON: one line that says why', async () => {
    const env = { DBL_DATABASE_URL: `postgres://${login}@nowhere.invalid/library` };
    const { code, stdout, stderr } = await said({ project: smallProject(), env }, 'build', '--log-format', 'json');
    expect([code, stderr]).toEqual([3, '']);
    expect(stdout.trim().split('\n').map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ v: 1, event: 'diagnostic', code: 'DBL2002', severity: 'error', message: 'no host is named "nowhere.invalid"', file: null, line: null }),
    ]);
  });
});

describe('somebody else there', () => {
  test('a web server', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await mistakeAt(port)).toMatchInlineSnapshot(`
      "error DBL2011: what listens at 127.0.0.1:PORT does not answer like a Postgres server
        hint: Correct the port in DBL_DATABASE_URL, dbluigi.config.ts or PGPORT.
      "
    `);
    expect(await mistakeAt(port, '?sslmode=require')).toMatchInlineSnapshot(`
      "error DBL2011: what listens at 127.0.0.1:PORT does not answer like a Postgres server
        hint: Correct the port in DBL_DATABASE_URL, dbluigi.config.ts or PGPORT.
      "
    `);
  });

  test('a server that hangs up', async () => {
    const port = await listen((socket) => socket.end());
    expect(await mistakeAt(port)).toMatchInlineSnapshot(`
      "error DBL2011: what listens at 127.0.0.1:PORT does not answer like a Postgres server
        hint: Correct the port in DBL_DATABASE_URL, dbluigi.config.ts or PGPORT.
      "
    `);
  });

  test('a Postgres of long ago', async () => {
    const port = await listen((socket) => answer(socket, { pid: '1', version: '90624', encoding: 'UTF8' }));
    expect(await mistakeAt(port)).toMatchInlineSnapshot(`
      "error DBL2012: the server at 127.0.0.1:PORT is Postgres 9.6, and dbl needs 13 or later
        hint: Upgrade the server, or use another one.
      "
    `);
  });

  test('a server that is full', async () => {
    const port = await listen((socket) => refuse(socket, '53300', 'sorry, too many clients already'));
    expect(await mistakeAt(port)).toMatchInlineSnapshot(`
      "error DBL2009: the server at 127.0.0.1:PORT has no connection left: sorry, too many clients already
        hint: Close other programs that use it, use fewer threads, or raise max_connections.
      "
    `);
  });
});

describe('not let in', () => {
  test('an unknown database', async () => {
    const { host, port, user, password } = testServer();
    const url = `postgres://${user}:${encodeURIComponent(password === '' ? secret : (password ?? ''))}@${host}:${port}/no_such_library`;
    const text = (await mistake(url)).replaceAll(`${host}:${port}`, 'SERVER').replaceAll(`-h ${host} -p ${port} -U ${user}`, '-h HOST -p PORT -U USER');
    expect(text).toMatchInlineSnapshot(`
      "error DBL2006: the server at SERVER has no database "no_such_library"
        hint: Create it: createdb -h HOST -p PORT -U USER no_such_library.
      "
    `);
  });

  test('a wrong password', async () => {
    const port = await listen((socket) => refuse(socket, '28P01', 'password authentication failed for user "ada"'));
    expect(await mistakeAt(port)).toMatchInlineSnapshot(`
      "error DBL2004: the server at 127.0.0.1:PORT refuses the password of role "ada"
        hint: Set the right one in DBL_DATABASE_URL, PGPASSWORD or .pgpass. Postgres gives the same answer where there is no such role.
      "
    `);
  });

  // A server that trusts everybody has nothing to say here.
  test.skipIf(testServer().password === '')('a password that the server does not take, and none', async () => {
    const { host, port, user } = testServer();
    const env = { PGHOST: host, PGPORT: String(port), PGUSER: user };
    const told = [await mistake(undefined, { env: { ...env, PGPASSWORD: secret } }), await mistake(undefined, { env })];
    expect(told.join('\n').replaceAll(`${host}:${port}`, 'SERVER').replaceAll(`"${user}"`, '"USER"')).toMatchInlineSnapshot(`
      "error DBL2004: the server at SERVER refuses the password of role "USER"
        hint: Set the right one in DBL_DATABASE_URL, PGPASSWORD or .pgpass. Postgres gives the same answer where there is no such role.

      error DBL2004: the server at SERVER asks for the password of role "USER", and none was given
        hint: Set it in DBL_DATABASE_URL, PGPASSWORD or .pgpass.
      "
    `);
  });

  test('an unknown role, and one that pg_hba.conf keeps out', async () => {
    const unknown = await listen((socket) => refuse(socket, '28000', 'role "ada" does not exist'));
    expect(await mistakeAt(unknown)).toMatchInlineSnapshot(`
      "error DBL2005: the server at 127.0.0.1:PORT has no role "ada"
        hint: Create it: createuser -h 127.0.0.1 -p PORT -U postgres ada.
      "
    `);
    const kept = await listen((socket) => refuse(socket, '28000', 'no pg_hba.conf entry for host "127.0.0.1", user "ada", database "library", no encryption'));
    expect(await mistakeAt(kept)).toMatchInlineSnapshot(`
      "error DBL2013: the server at 127.0.0.1:PORT does not let role "ada" in: no pg_hba.conf entry for host "127.0.0.1", user "ada", database "library", no encryption
        hint: Turn TLS on: "?sslmode=require" in the URL, or "ssl: true" in the configuration.
      "
    `);
  });

  test('a role that may connect, and do nothing else', async () => {
    const database = await createTestDatabase();
    const { host, port } = database.address;
    const role = `${database.name}_reader`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`);
    const env = { DBL_DATABASE_URL: `postgres://${role}:${encodeURIComponent(secret)}@${host}:${port}/${database.name}` };
    const { code, stdout, stderr } = await said({ project: smallProject(), env }, 'build');
    await database.query(`DROP ROLE ${role}`);
    expect(stderr.replaceAll(database.name, 'DATABASE')).toMatchInlineSnapshot(`
      "error DBL2204: the server refused: permission denied for database DATABASE
        hint: "dbl doctor" tells which rights the role lacks, and how it gets them.
      "
    `);
    expect([code, stdout]).toEqual([1, '']);
  });
});

describe('TLS', () => {
  test('a server that has none', async () => {
    const { host, port } = testServer();
    const text = await mistake(`postgres://${login}@${host}:${port}/library?sslmode=require`);
    expect(text.replaceAll(`${host}:${port}`, 'SERVER')).toMatchInlineSnapshot(`
      "error DBL2007: the server at SERVER does not offer TLS
        hint: Turn TLS on in the server, or off here: "?sslmode=disable" in the URL, or "ssl: false".
      "
    `);
  });

  test('a certificate that nobody vouches for', async () => {
    const port = await listen((socket) => passOnWithTls(socket, testServer()));
    expect(await mistakeAt(port, '?sslmode=verify-full')).toMatchInlineSnapshot(`
      "error DBL2008: the certificate of 127.0.0.1:PORT is not trusted: self-signed certificate
        hint: Name the certificate authority's file as "ssl: { ca }", or "sslrootcert=" in the URL.
      "
    `);
  });

  test('modes and files that are not there', async () => {
    expect(await mistake(`postgres://${login}@127.0.0.1/library?sslmode=requir`, { code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: "sslmode" in DBL_DATABASE_URL is none of the modes of Postgres
        hint: Did you mean "require"?

      1 error
      "
    `);
    expect(await mistake(`postgres://${login}@127.0.0.1/library?sslmode=verify-full&sslrootcert=no_such.pem`, { code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: "sslrootcert" in DBL_DATABASE_URL names a file that cannot be read: "no_such.pem"
        hint: Paths are relative to the project's folder.

      1 error
      "
    `);
    expect(await mistake(undefined, { env: { PGHOST: '127.0.0.1', PGSSLMODE: 'on', PGPASSWORD: secret }, code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: PGSSLMODE is none of the modes of Postgres
        hint: The modes are "disable", "allow", "prefer", "require", "verify-ca", "verify-full".

      1 error
      "
    `);
  });
});

describe('addresses that are none', () => {
  test('in the environment', async () => {
    const addresses = [
      ['another kind of server', `mysql://${login}@127.0.0.1/library`],
      ['a password with characters that must be encoded', 'postgres://ada:s3cret@of@the?tests@127.0.0.1/library'],
      ['a percent sign by itself', 'postgres://ada:s3cret%zz@127.0.0.1/library'],
      ['a port that is none', `postgres://${login}@127.0.0.1:54321x/library`],
      ['a port out of range', `postgres://${login}@127.0.0.1:70000/library`],
      ['an unknown parameter', `postgres://${login}@127.0.0.1/library?sslmod=require`],
      ['several hosts', `postgres://${login}@one.example,two.example/library`],
      ['a variable that was not set', 'postgres://undefined:s3cret@db.example/library'],
      ['no URL at all', 's3cret'],
    ] as const;
    const told = [];
    for (const [what, url] of addresses) told.push(`${what}:\n${await mistake(url, { code: 2 })}`);
    expect(told.join('\n')).toMatchInlineSnapshot(`
      "another kind of server:
      error DBL2020: DBL_DATABASE_URL does not start with postgres:// or postgresql://
        hint: Write it as postgres://user:password@host:5432/database.

      1 error

      a password with characters that must be encoded:
      error DBL2020: DBL_DATABASE_URL is not a URL that Postgres understands
        hint: Write it as postgres://user:password@host:5432/database; in a name or password the characters @ : / ? # % are written as %40 %3A %2F %3F %23 %25.

      1 error

      a percent sign by itself:
      error DBL2020: DBL_DATABASE_URL is not a URL that Postgres understands
        hint: Write it as postgres://user:password@host:5432/database; in a name or password the characters @ : / ? # % are written as %40 %3A %2F %3F %23 %25.

      1 error

      a port that is none:
      error DBL2020: DBL_DATABASE_URL has a port that is no whole number from 1 to 65535
        hint: Postgres listens at 5432 as a rule.

      1 error

      a port out of range:
      error DBL2020: DBL_DATABASE_URL has a port that is no whole number from 1 to 65535
        hint: Postgres listens at 5432 as a rule.

      1 error

      an unknown parameter:
      error DBL2020: DBL_DATABASE_URL has the unknown parameter "sslmod"
        hint: Did you mean "sslmode"?

      1 error

      several hosts:
      error DBL2020: DBL_DATABASE_URL names several hosts
        hint: Name the one that takes writes.

      1 error

      a variable that was not set:
      error DBL2020: DBL_DATABASE_URL holds "undefined" where a value belongs
        hint: An environment variable that it is made of is probably not set.

      1 error

      no URL at all:
      error DBL2020: DBL_DATABASE_URL does not start with postgres:// or postgresql://
        hint: Write it as postgres://user:password@host:5432/database.

      1 error
      "
    `);
  });

  test('in the configuration the place is shown, and the password is not', async () => {
    const config = `export default {
  database: 'postgres://ada:s3cret@127.0.0.1:port/library',
  targets: {
    one: { suffix: '_one', database: { host: 'localhost', port: 5432, user: 'ada', password: 's3cret', databse: 'library' } },
  },
}
`;
    expect(await mistake(undefined, { files: { 'dbluigi.config.ts': config }, code: 2 })).toMatchInlineSnapshot(`
      "error DBL1010: unknown key "databse" in "targets.one.database"
        dbluigi.config.ts:4:104
          |
        4 | …e: { host: 'localhost', port: 5432, user: 'ada', password: '******', databse: 'library' } },
          |                                                                       ^^^^^^^
        hint: Did you mean "database"?

      1 error
      "
    `);
    const url = "export default { database: 'postgres://ada:s3cret@127.0.0.1:port/library' }\n";
    expect(await mistake(undefined, { files: { 'dbluigi.config.ts': url }, code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: "database" has a port that is no whole number from 1 to 65535
        dbluigi.config.ts:1:28
          |
        1 | export default { database: 'postgres://ada:******@127.0.0.1:port/library' }
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres listens at 5432 as a rule.

      1 error
      "
    `);
  });

  test('the environment of libpq: all that is wrong at once', async () => {
    const wrong = { PGHOST: 'one.example,two.example', PGPORT: '54x', PGSSLMODE: 'always', PGPASSWORD: secret };
    expect(await mistake(undefined, { env: wrong, code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: PGHOST names several hosts
        hint: Name the one that takes writes.

      error DBL2020: PGPORT must be a whole number from 1 to 65535, not "54x"

      error DBL2020: PGSSLMODE is none of the modes of Postgres
        hint: The modes are "disable", "allow", "prefer", "require", "verify-ca", "verify-full".

      3 errors
      "
    `);
    expect(await mistake(undefined, { env: { PGSERVICE: 'library', PGPASSWORD: secret }, code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: PGSERVICE is set, and dbl reads no service files
        hint: Set PGHOST, PGPORT, PGUSER and PGDATABASE, or DBL_DATABASE_URL.

      1 error
      "
    `);
  });

  test('.env is read, and what is wrong in it is told without the password', async () => {
    const files = { '.env': 'DBL_DATABASE_URL=postgres://ada:s3cret@127.0.0.1:0/library\n' };
    expect(await mistake(undefined, { files, code: 2 })).toMatchInlineSnapshot(`
      "error DBL2020: DBL_DATABASE_URL has a port that is no whole number from 1 to 65535
        hint: Postgres listens at 5432 as a rule.

      1 error
      "
    `);
  });
});

describe('the embedded server', () => {
  test('whose folder is damaged says what is missing, and what to do', async () => {
    const damages = [
      ['a database without its version', { '.dbl/pg/data/base/1': '', '.dbl/pg/password': 's3cret' }],
      ['a database without its password', { '.dbl/pg/data/PG_VERSION': '18\n' }],
      ['a database of another version', { '.dbl/pg/data/PG_VERSION': '12\n', '.dbl/pg/password': 's3cret' }],
      ['a database without its configuration', { '.dbl/pg/data/PG_VERSION': '18\n', '.dbl/pg/password': 's3cret' }],
      ['a file in the place of the folder', { '.dbl/pg': '' }],
    ] as const;
    const told = [];
    for (const [what, files] of damages) {
      const { code, stdout, stderr } = await said({ project: smallProject(files) }, 'build');
      expect([what, code, stdout]).toEqual([what, 3, '']);
      expect(stderr).not.toContain('s3cret');
      told.push(`${what}:\n${stderr}`);
    }
    expect(told.join('\n')).toMatchInlineSnapshot(`
      "a database without its version:
      error DBL2035: the database in FOLDER/.dbl/pg is not whole: data/PG_VERSION is missing
        hint: Delete FOLDER/.dbl/pg and build anew.

      a database without its password:
      error DBL2035: the database in FOLDER/.dbl/pg is not whole: password is missing
        hint: Delete FOLDER/.dbl/pg and build anew.

      a database of another version:
      error DBL2034: the database in FOLDER/.dbl/pg was made by Postgres 12, and this dbl brings Postgres 18
        hint: Use the release of dbl that made it, or delete FOLDER/.dbl/pg and build anew.

      a database without its configuration:
      error DBL2031: the embedded Postgres did not start:
          postgres: could not access the server configuration file "FOLDER/.dbl/pg/data/postgresql.conf": No such file or directory
        hint: Its log is FOLDER/.dbl/pg/log. To begin anew, delete FOLDER/.dbl/pg; the tables in it are lost.

      a file in the place of the folder:
      error DBL2035: the folder FOLDER/.dbl/pg cannot be made: a file stands in its place
        hint: Move it away. Name a server of your own in DBL_DATABASE_URL.
      "
    `);
  });
});
