import { describe, expect, test, vi } from 'vitest';
import { type TestProject, createTestDatabase, withProject } from '../harness/index.js';
import { closedPort } from '../integration/postgres/fake-server.js';
import { said } from './said.js';

vi.setConfig({ testTimeout: 120_000 });

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly cure: string | null;
}

function smallProject(files: Readonly<Record<string, string>> = {}): TestProject {
  return withProject({
    'dbluigi.config.ts': 'export default { threads: 4 }\n',
    'models/POPULATE-staging-agencies.sql': 'select 1 as id\n',
    'models/POPULATE-api-agencies.sql': "select id from {{ ref('staging', 'agencies') }}\n",
    ...files,
  });
}

/** Settings of the server are its owner's affair: only those are looked at that the test sets. */
const ours = ['configuration', 'project', 'connection', 'rights', 'audit', 'statement_timeout'];

test('all that is looked at, in its order, and nothing is changed', async () => {
  const database = await createTestDatabase();
  const text = await said({ project: smallProject(), database }, 'doctor');
  expect([text.code, text.stderr]).toEqual([0, '']);
  const { code, stdout } = await said({ project: smallProject(), database }, 'doctor', '--output', 'json');
  expect(code).toBe(0);
  const findings: readonly Finding[] = JSON.parse(stdout);
  expect(findings.map(({ name }) => name)).toEqual([
    'configuration',
    'project',
    'connection',
    'server',
    'rights',
    'audit',
    'max_connections',
    'fsync',
    'maintenance_work_mem',
    'max_wal_size',
    'max_locks_per_transaction',
    'statement_timeout',
  ]);
  const { user } = database.address;
  expect(findings.filter(({ name }) => ours.includes(name))).toEqual([
    { name: 'configuration', status: 'ok', message: 'dbluigi.config.ts, target "staging_dev"', cure: null },
    { name: 'project', status: 'ok', message: '2 models, no mistakes', cure: null },
    { name: 'connection', status: 'ok', message: `postgres://${user}@SERVER/DATABASE`, cure: null },
    { name: 'rights', status: 'ok', message: `"${user}" may create schemas in "DATABASE"`, cure: null },
    { name: 'audit', status: 'ok', message: 'the schema "dbluigi" is not there yet; the first build makes it', cure: null },
    { name: 'statement_timeout', status: 'ok', message: '0', cure: null },
  ]);
  for (const { name } of findings) expect(text.stdout).toMatch(new RegExp(`^(?:ok|warning|error) +${name} +`, 'm'));
  expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('public', 'information_schema')")).toEqual([]);
});

test('settings that will hurt, each with its cure', async () => {
  const database = await createTestDatabase();
  await database.query(`ALTER DATABASE ${database.name} SET statement_timeout = '90s'`);
  await database.query(`ALTER DATABASE ${database.name} SET maintenance_work_mem = '16MB'`);
  const { code, stdout, stderr } = await said({ project: smallProject({ 'dbluigi.config.ts': 'export default { threads: 250 }\n' }), database }, 'doctor', '--output', 'json');
  expect([code, stderr]).toEqual([0, '']);
  const findings: readonly Finding[] = JSON.parse(stdout);
  expect(findings.filter(({ name }) => ['max_connections', 'maintenance_work_mem', 'statement_timeout'].includes(name))).toMatchInlineSnapshot(`
    [
      {
        "cure": "Raise max_connections, or set "threads" in the configuration.",
        "message": "100 connections are few for 250 threads",
        "name": "max_connections",
        "status": "warning",
      },
      {
        "cure": "Set maintenance_work_mem to '256MB' or more.",
        "message": "indexes are built with only 16 MB of memory",
        "name": "maintenance_work_mem",
        "status": "warning",
      },
      {
        "cure": "ALTER ROLE … SET statement_timeout = 0 for the role that builds.",
        "message": "statements are cut off after TIME",
        "name": "statement_timeout",
        "status": "warning",
      },
    ]
  `);
});

describe('rights', () => {
  const secret = 's3cret of the tests';

  test('a role that may not create schemas, and schemas of somebody else', async () => {
    const database = await createTestDatabase();
    const role = `${database.name}_role`;
    const { host, port, user } = database.address;
    await database.query(`CREATE SCHEMA staging_dev; CREATE SCHEMA dbluigi; CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`);
    const env = { DBL_DATABASE_URL: `postgres://${role}:${encodeURIComponent(secret)}@${host}:${port}/${database.name}` };
    const { code, stdout, stderr } = await said({ project: smallProject(), env }, 'doctor', '--output', 'json');
    const text = await said({ project: smallProject(), env }, 'doctor');
    await database.query(`DROP ROLE ${role}`);
    expect([code, stderr]).toEqual([1, '']);
    const findings: readonly Finding[] = JSON.parse(stdout.replaceAll(database.name, 'DATABASE').replaceAll(`"${user}\\"`, '"OWNER\\"'));
    expect(findings.filter(({ name }) => name === 'rights')).toMatchInlineSnapshot(`
      [
        {
          "cure": "GRANT CREATE ON DATABASE DATABASE TO DATABASE_role;",
          "message": ""DATABASE_role" may not create schemas in "DATABASE"",
          "name": "rights",
          "status": "error",
        },
        {
          "cure": "ALTER SCHEMA dbluigi OWNER TO DATABASE_role;",
          "message": "the schema "dbluigi" belongs to "OWNER", so "DATABASE_role" cannot publish or promote there",
          "name": "rights",
          "status": "error",
        },
        {
          "cure": "ALTER SCHEMA staging_dev OWNER TO DATABASE_role;",
          "message": "the schema "staging_dev" belongs to "OWNER", so "DATABASE_role" cannot publish or promote there",
          "name": "rights",
          "status": "error",
        },
      ]
    `);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain(`\n                                    cure: GRANT CREATE ON DATABASE ${database.name} TO ${role};\n`);
    expect(text.stdout).toMatch(/\n3 errors(?:, \d+ warnings?)?\n$/);
  });
});

describe('what keeps it from looking further', () => {
  test('no connection: told once, with the cure', async () => {
    const port = await closedPort();
    const env = { DBL_DATABASE_URL: `postgres://ada:s3cret@127.0.0.1:${port}/library` };
    const { code, stdout, stderr } = await said({ project: smallProject(), env }, 'doctor');
    expect(stdout.replaceAll(String(port), 'PORT')).toMatchInlineSnapshot(`
      "ok       configuration  dbluigi.config.ts, target "staging_dev"
      ok       project        2 models, no mistakes
      error    connection     no server listens at 127.0.0.1:PORT
                              cure: Start it, or correct the address in DBL_DATABASE_URL, dbluigi.config.ts or PGHOST and PGPORT.

      1 error
      "
    `);
    expect([code, stderr]).toEqual([3, '']);
    const json = await said({ project: smallProject(), env }, 'doctor', '--output', 'json');
    expect([json.code, json.stderr]).toEqual([3, '']);
    const findings: readonly Finding[] = JSON.parse(json.stdout);
    expect(findings.map(({ name, status }) => [name, status])).toEqual([
      ['configuration', 'ok'],
      ['project', 'ok'],
      ['connection', 'error'],
    ]);
  });

  test('a project with mistakes does not hide what is wrong with the server', async () => {
    const database = await createTestDatabase();
    await database.query(`ALTER DATABASE ${database.name} SET statement_timeout = '90s'`);
    const files = { 'models/POPULATE-staging-agencies.sql': 'selec 1 as id\n', 'models/POPULATE-staging-years.sql': "select * from {{ ref('agencis') }}\n" };
    const { code, stdout, stderr } = await said({ project: smallProject(files), database }, 'doctor');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1301: syntax error at or near "selec"
        models/POPULATE-staging-agencies.sql:1:1
          |
        1 | selec 1 as id
          | ^^^^^

      error DBL1250: no model is named "agencis"
        models/POPULATE-staging-years.sql:1:18
          |
        1 | select * from {{ ref('agencis') }}
          |                  ^^^^^^^^^^^^^^
        hint: Did you mean "agencies"?

      2 errors
      "
    `);
    expect(stdout).toContain('error    project                    3 models, 2 mistakes\n                                    cure: "dbl compile" shows them.\n');
    expect(stdout).toContain('statements are cut off after');
    expect(code).toBe(2);
  });

  test('a configuration that cannot be read', async () => {
    const { code, stdout, stderr } = await said({ project: smallProject({ 'dbluigi.config.ts': 'export default { threads: "four" }\n' }) }, 'doctor');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1011: "threads" must be a whole number from 1 to 256, not "four"
        dbluigi.config.ts:1:27
          |
        1 | export default { threads: "four" }
          |                           ^^^^^^

      1 error
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });
});
