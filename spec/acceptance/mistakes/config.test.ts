import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { runDbl, withProject } from '../../harness/index.js';
import { said } from '../said.js';
import { logged, refused, written } from './refused.js';

vi.setConfig({ testTimeout: 120_000 });

const model = { 'models/POPULATE-staging-orders.sql': 'select 1 as id\n' };

describe('where the configuration is looked for', () => {
  test('a folder without one', async () => {
    expect(await refused({ 'notes.txt': '' })).toMatchInlineSnapshot(`
      "error DBL1001: no dbluigi.config.ts in FOLDER
        hint: Run "dbl init" to start a project here, or name the folder of one with --project-dir.

      1 error
      "
    `);
  });

  test('a folder within a project', async () => {
    const project = withProject({ 'dbluigi.config.ts': 'export default {}\n', 'data/notes.txt': '' });
    expect(await refused(project, ['compile', '--project-dir', 'data'])).toMatchInlineSnapshot(`
      "error DBL1001: no dbluigi.config.ts in FOLDER/data
        hint: There is a project in FOLDER: go there, or name it with --project-dir.

      1 error
      "
    `);
  });

  test('one under a name that is not read', async () => {
    expect(await refused({ ...model, 'dbluigi.config.json': '{}\n' })).toMatchInlineSnapshot(`
      "error DBL1003: "dbluigi.config.json" is not a name that dbl reads
        dbluigi.config.json
        hint: Name it dbluigi.config.ts, dbluigi.config.mjs or dbluigi.config.js.

      1 error
      "
    `);
  });

  test('two of them', async () => {
    expect(await refused({ 'dbluigi.config.ts': 'export default {}\n', 'dbluigi.config.mjs': 'export default {}\n' })).toMatchInlineSnapshot(`
      "error DBL1002: the project has several configuration files: "dbluigi.config.ts" and "dbluigi.config.mjs"
        dbluigi.config.ts
        hint: Keep one of them, or name one with --config.

      1 error
      "
    `);
  });

  test('a folder in its place', async () => {
    expect(await refused({ 'dbluigi.config.ts/index.ts': 'export default {}\n' })).toMatchInlineSnapshot(`
      "error DBL1003: "dbluigi.config.ts" is a folder

      1 error
      "
    `);
  });

  test('--config and --project-dir that lead nowhere', async () => {
    const project = withProject({ 'dbluigi.config.ts': 'export default {}\n', 'settings.yaml': '' });
    expect(await refused(project, ['compile', '--config', 'dbluigi.prod.ts'])).toMatchInlineSnapshot(`
      "error DBL1003: there is no configuration file "dbluigi.prod.ts"

      1 error
      "
    `);
    expect(await refused(project, ['compile', '--config', 'settings.yaml'])).toMatchInlineSnapshot(`
      "error DBL1003: "settings.yaml" is not a configuration file
        hint: It is a module whose name ends in .ts, .mjs or .js.

      1 error
      "
    `);
    expect(await refused(project, ['ls', '--project-dir', 'nowhere'])).toMatchInlineSnapshot(`
      "error DBL1003: there is no folder "FOLDER/nowhere"
        hint: Name the folder of a project with --project-dir.

      1 error
      "
    `);
    expect(await refused(project, ['ls', '--project-dir', 'settings.yaml'])).toMatchInlineSnapshot(`
      "error DBL1003: "FOLDER/settings.yaml" is not a folder
        hint: Name the folder of a project with --project-dir.

      1 error
      "
    `);
  });

  test('.env that is a folder', async () => {
    expect(await refused({ ...model, '.env/notes.txt': '' })).toMatchInlineSnapshot(`
      "error DBL1007: ".env" cannot be read (EISDIR)
        .env

      1 error
      "
    `);
  });
});

describe('a configuration that cannot be evaluated', () => {
  test('a comma is missing', async () => {
    const text = "import { defineConfig } from 'dbluigi';\n\nexport default defineConfig({\n  name: 'crime'\n  threads: 4,\n});\n";
    expect(await refused({ 'dbluigi.config.ts': text })).toMatchInlineSnapshot(`
      "error DBL1004: expected "}" but found "threads"
        dbluigi.config.ts:5:3
          |
        5 |   threads: 4,
          |   ^^^^^^^
        hint: Is a comma or a colon missing before it?

      1 error
      "
    `);
  });

  test('it ends too early', async () => {
    expect(await refused({ 'dbluigi.config.mjs': 'export default {\n  vars: { year: 2024 },\n' })).toMatchInlineSnapshot(`
      "error DBL1004: expected identifier but found end of file
        dbluigi.config.mjs:3:1
          |
        3 |
          | ^

      1 error
      "
    `);
  });

  test('it is no text', async () => {
    const project = withProject({});
    writeFileSync(path.join(project.folder, 'dbluigi.config.ts'), Buffer.from([0xff, 0xfe, 0x00, 0x01]));
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1003: "dbluigi.config.ts" is not valid UTF-8
        hint: Save it as UTF-8.

      1 error
      "
    `);
  });

  test('what it imports is not there: a file, a name, a package', async () => {
    const imports = "import { years } from './years.js';\nimport { defineConfg } from 'dbluigi';\n\nexport default defineConfg({ vars: { years } });\n";
    expect(await refused({ 'dbluigi.config.ts': imports })).toMatchInlineSnapshot(`
      "error DBL1004: could not resolve "./years.js"
        dbluigi.config.ts:1:23
          |
        1 | import { years } from './years.js';
          |                       ^^^^^^^^^^^^

      1 error
      "
    `);
    expect(await refused({ 'dbluigi.config.ts': "import ms from 'no-such-package-of-dbl';\nexport default { name: ms };\n" })).toMatchInlineSnapshot(`
      "error DBL1005: the package "no-such-package-of-dbl" is not installed
        dbluigi.config.ts:1:17
          |
        1 | import ms from 'no-such-package-of-dbl';
          |                 ^^^^^^^^^^^^^^^^^^^^^^
        hint: Install it in the project: npm install no-such-package-of-dbl

      1 error
      "
    `);
  });

  test('a syntax error in a file that it imports', async () => {
    const files = { 'dbluigi.config.ts': "import { vars } from './settings/vars.js';\nexport default { vars };\n" };
    expect(await refused({ ...files, 'settings/vars.ts': 'export const vars = {\n  city: "🚓", year = 2024,\n};\n' })).toMatchInlineSnapshot(`
      "error DBL1004: unexpected "="
        settings/vars.ts:2:19
          |
        2 |   city: "🚓", year = 2024,
          |                    ^

      1 error
      "
    `);
  });

  test('an error thrown in a file that it imports', async () => {
    const files = {
      'dbluigi.config.ts': "import { need } from './need.js';\n\nexport default { database: need('CRIME_URL') };\n",
      'need.ts': "export function need(name: string): string {\n  const value = process.env[name];\n  if (value === undefined) throw new Error(`${name} is not set,\\nsee README`);\n  return value;\n}\n",
    };
    expect(await refused(files)).toMatchInlineSnapshot(`
      "error DBL1005: the configuration file fails: CRIME_URL is not set,
        see README
        need.ts:3:34
          |
        3 |   if (value === undefined) throw new Error(\`\${name} is not set,\\nsee README\`);
          |                                  ^

      1 error
      "
    `);
  });

  test('an error of JavaScript, and a password in its message', async () => {
    expect(await refused({ 'dbluigi.config.ts': 'const team: any = undefined;\nexport default {\n  name: team.name,\n};\n' })).toMatchInlineSnapshot(`
      "error DBL1005: the configuration file fails: Cannot read properties of undefined (reading 'name')
        dbluigi.config.ts:3:14
          |
        3 |   name: team.name,
          |              ^

      1 error
      "
    `);
    const leak = "throw new Error('cannot reach postgres://luigi:geheim@db.example/crime');\n";
    const stderr = await refused({ 'dbluigi.config.ts': leak });
    expect(stderr).not.toContain('geheim');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1005: the configuration file fails: cannot reach postgres://luigi:******@db.example/crime
        dbluigi.config.ts:1:7
          |
        1 | throw new Error('cannot reach postgres://luigi:******@db.example/crime');
          |       ^

      1 error
      "
    `);
  });

  test.each([
    ['a text', "throw 'not today';", 'not today'],
    ['null', 'throw null;', 'null'],
    ['undefined', 'throw undefined;', 'undefined'],
    ['an object', 'throw { code: 1 };', 'an object'],
    ['a promise that is rejected', 'export default Promise.reject(null);', 'null'],
    ['an error that cannot be read', "throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } });", 'what it throws cannot be shown'],
    ['an object that cannot be read', 'throw { get constructor() { throw 1; } };', 'what it throws cannot be shown'],
    ['nothing, for it waits for ever', 'await new Promise(() => {});', 'it waits for something that never happens'],
  ])('%s is thrown', async (_, text, reason) => {
    expect(await refused({ 'dbluigi.config.ts': `${text}\nexport const nothing = 1;\n` })).toBe(
      `error DBL1005: the configuration file fails: ${reason}\n  dbluigi.config.ts\n\n1 error\n`,
    );
  });

  test('an error when a value is read, and one that nobody waits for', async () => {
    expect(await refused({ 'dbluigi.config.ts': "export default {\n  vars: {\n    get year() { throw new Error('no year'); },\n  },\n};\n" })).toMatchInlineSnapshot(`
      "error DBL1005: the configuration file fails: no year
        dbluigi.config.ts:3:24
          |
        3 |     get year() { throw new Error('no year'); },
          |                        ^

      1 error
      "
    `);
    const forgotten = "async function load() {\n  await null;\n  throw new Error('nothing loaded');\n}\nload();\nexport default {};\n";
    expect(await refused({ 'dbluigi.config.ts': forgotten })).toMatchInlineSnapshot(`
      "error DBL1005: the configuration file fails: nothing loaded
        dbluigi.config.ts:3:9
          |
        3 |   throw new Error('nothing loaded');
          |         ^

      1 error
      "
    `);
  });

  test('what it prints is kept out of the result', async () => {
    const project = withProject({ ...model, 'dbluigi.config.ts': "console.log('🚓 in %s', 'configuration');\nexport default {};\n" });
    expect(await said({ project }, 'compile', 'orders')).toMatchObject({ code: 0, stdout: 'select 1 as id\n', stderr: '🚓 in configuration\n' });
  });

  test.each([
    ['nothing', 'const config = { name: "crime" };\n'],
    ['a name', 'export const config = { name: "crime" };\n'],
    ['an empty file', ''],
  ])('%s is exported', async (_, text) => {
    expect(await refused({ 'dbluigi.config.ts': text })).toBe(
      'error DBL1006: the configuration file has no default export\n  dbluigi.config.ts\n  hint: Write "export default defineConfig({ … })".\n\n1 error\n',
    );
  });

  test.each([
    ['null', 'null'],
    ['"crime"', '"crime"'],
    ['[]', 'a list'],
    ['() => ({})', 'a function'],
  ])('%s is exported', async (value, what) => {
    expect(await refused({ 'dbluigi.config.ts': `export default ${value};\n` })).toBe(
      [
        `error DBL1006: the configuration must be an object, not ${what}`,
        '  dbluigi.config.ts:1:1',
        '    |',
        `  1 | export default ${value};`,
        '    | ^^^^^^^^^^^^^^',
        '  hint: Write "export default defineConfig({ … })".',
        '',
        '1 error',
        '',
      ].join('\n'),
    );
  });
});

describe('keys and values', () => {
  test('all that are wrong, at once, and what is wrong with files beside them', async () => {
    const stderr = await refused({
      'dbluigi.config.ts': `import { defineConfig } from 'dbluigi';

const vars = { city: '🚓', since: new Date(0), years: [2023, NaN] };

export default defineConfig({
  nam: 'crime',
  suffix: '_dev',
  port: 5432,
  threads: 'four',
  searchPath: 'staging',
  undeclaredSources: 'wran',
  comments: 'yes',
  colour: true,
  vars,
  database: { hots: 'localhost', port: '5432', ssl: 'require' },
  targets: {
    staging_dev: { schema: { staging: 'x' }, suffix: 1, inplace: true },
    review: 'staging_review',
    '': {},
  },
});
`,
      'models/orders.sql': 'select 1\n',
      'models/properties.yaml': 'model: []\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1011: "vars.since" must be text, a number, true, false, null, or a list or object of these, not a Date
        dbluigi.config.ts:3:34
          |
        3 | const vars = { city: '🚓', since: new Date(0), years: [2023, NaN] };
          |                                   ^^^^^^^^^^^

      error DBL1011: "vars.years[1]" must be text, a number, true, false, null, or a list or object of these, not NaN
        dbluigi.config.ts:3:61
          |
        3 | const vars = { city: '🚓', since: new Date(0), years: [2023, NaN] };
          |                                                              ^^^

      error DBL1010: unknown key "nam" in the configuration
        dbluigi.config.ts:6:3
          |
        6 |   nam: 'crime',
          |   ^^^
        hint: Did you mean "name"?

      error DBL1010: unknown key "suffix" in the configuration
        dbluigi.config.ts:7:3
          |
        7 |   suffix: '_dev',
          |   ^^^^^^
        hint: It belongs into a target: targets: { name: { suffix: … } }.

      error DBL1010: unknown key "port" in the configuration
        dbluigi.config.ts:8:3
          |
        8 |   port: 5432,
          |   ^^^^
        hint: It belongs into "database": database: { port: … }.

      error DBL1011: "threads" must be a whole number from 1 to 256, not "four"
        dbluigi.config.ts:9:12
          |
        9 |   threads: 'four',
          |            ^^^^^^

      error DBL1011: "searchPath" must be a list of schemas, not "staging"
        dbluigi.config.ts:10:15
           |
        10 |   searchPath: 'staging',
           |               ^^^^^^^^^

      error DBL1011: "undeclaredSources" must be "error", "warn" or "allow", not "wran"
        dbluigi.config.ts:11:22
           |
        11 |   undeclaredSources: 'wran',
           |                      ^^^^^^
        hint: Did you mean "warn"?

      error DBL1011: "comments" must be true or false, not "yes"
        dbluigi.config.ts:12:13
           |
        12 |   comments: 'yes',
           |             ^^^^^

      error DBL1010: unknown key "colour" in the configuration
        dbluigi.config.ts:13:3
           |
        13 |   colour: true,
           |   ^^^^^^
        hint: The keys are "name", "database", "targets", "defaultTarget", "vars", "searchPath", "undeclaredSources", "threads", "comments".

      error DBL1010: unknown key "hots" in "database"
        dbluigi.config.ts:15:15
           |
        15 |   database: { hots: 'localhost', port: '5432', ssl: 'require' },
           |               ^^^^
        hint: Did you mean "host"?

      error DBL1011: "database.port" must be a whole number from 1 to 65535, not text
        dbluigi.config.ts:15:40
           |
        15 |   database: { hots: 'localhost', port: '5432', ssl: 'require' },
           |                                        ^^^^^^

      error DBL1011: "database.ssl" must be true, false or an object of certificates, not text
        dbluigi.config.ts:15:53
           |
        15 |   database: { hots: 'localhost', port: '5432', ssl: 'require' },
           |                                                     ^^^^^^^^^

      error DBL1010: unknown key "schema" in "targets.staging_dev"
        dbluigi.config.ts:17:20
           |
        17 |     staging_dev: { schema: { staging: 'x' }, suffix: 1, inplace: true },
           |                    ^^^^^^
        hint: Did you mean "schemas"?

      error DBL1011: "targets.staging_dev.suffix" must be text, not 1
        dbluigi.config.ts:17:54
           |
        17 |     staging_dev: { schema: { staging: 'x' }, suffix: 1, inplace: true },
           |                                                      ^

      error DBL1010: unknown key "inplace" in "targets.staging_dev"
        dbluigi.config.ts:17:57
           |
        17 |     staging_dev: { schema: { staging: 'x' }, suffix: 1, inplace: true },
           |                                                         ^^^^^^^
        hint: Did you mean "inPlace"?

      error DBL1011: "targets.review" must be an object of a target's settings, not "staging_review"
        dbluigi.config.ts:18:13
           |
        18 |     review: 'staging_review',
           |             ^^^^^^^^^^^^^^^^

      error DBL1011: a target must have a name
        dbluigi.config.ts:19:5
           |
        19 |     '': {},
           |     ^^
        hint: Write a name between the quotes.

      error DBL1101: the name of the file does not begin with a verb
        models/orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-orders.sql" for example.

      error DBL1406: unknown key "model" in a file of properties
        models/properties.yaml:1:1
          |
        1 | model: []
          | ^^^^^
        hint: Did you mean "models"?

      20 errors
      "
    `);
  });

  test('ways to the database that lead nowhere', async () => {
    const database = (value: string): Promise<string> => refused({ 'dbluigi.config.ts': `import { embedded } from 'dbluigi';\nexport default { database: ${value} };\n` });
    expect(await database("'localhost:5432/crime'")).toMatchInlineSnapshot(`
      "error DBL2020: "database" does not start with postgres:// or postgresql://
        dbluigi.config.ts:2:28
          |
        2 | export default { database: 'localhost:5432/crime' };
          |                            ^^^^^^^^^^^^^^^^^^^^^^
        hint: Write it as postgres://user:password@host:5432/database.

      1 error
      "
    `);
    expect(await database("'postgres://luigi:geheim@localhost:54321x/crime'")).toMatchInlineSnapshot(`
      "error DBL2020: "database" has a port that is no whole number from 1 to 65535
        dbluigi.config.ts:2:28
          |
        2 | export default { database: 'postgres://luigi:******@localhost:54321x/crime' };
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres listens at 5432 as a rule.

      1 error
      "
    `);
    expect(await database("'postgres://luigi:geheim@localhost/crime?sslmode=requir'")).toMatchInlineSnapshot(`
      "error DBL2020: "sslmode" in "database" is none of the modes of Postgres
        dbluigi.config.ts:2:28
          |
        2 | export default { database: 'postgres://luigi:******@localhost/crime?sslmode=requir' };
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "require"?

      1 error
      "
    `);
    expect(await database('embedded')).toMatchInlineSnapshot(`
      "error DBL1011: "database" must be a URL, an object of connection fields, or embedded(), not a function
        dbluigi.config.ts:2:28
          |
        2 | export default { database: embedded };
          |                            ^^^^^^^^
        hint: Call it: embedded().

      1 error
      "
    `);
    expect(await database("{ ...embedded(), port: 5432 }")).toMatchInlineSnapshot(`
      "error DBL1010: "port" stands beside "embedded" in "database"
        dbluigi.config.ts:2:45
          |
        2 | export default { database: { ...embedded(), port: 5432 } };
          |                                             ^^^^
        hint: The embedded Postgres takes no settings.

      1 error
      "
    `);
    expect(await database("{ ssl: { ca: 'certificates/ca.pem', cert: 'client.pem' } }")).toMatchInlineSnapshot(`
      "error DBL2020: "database.ssl.cert" needs "key" beside it
        dbluigi.config.ts:2:70
          |
        2 | export default { database: { ssl: { ca: 'certificates/ca.pem', cert: 'client.pem' } } };
          |                                                                      ^^^^^^^^^^^^
        hint: A certificate and its key belong together.

      1 error
      "
    `);
  });
});

describe('targets', () => {
  test('that cannot be built into', async () => {
    const stderr = await refused({
      ...model,
      'dbluigi.config.ts': `export default {
  defaultTarget: 'stagingdev',
  targets: {
    staging_dev: { suffix: '' },
    production: { schemas: { staging: 'staging' } },
    clash: { schemas: { staging: 'dev', api: 'dev' } },
    crossed: { schemas: { staging: 'api', api: 'api_dev' } },
    own: { schemas: { staging: 'staging__work' } },
    system: { schemas: { staging: 'pg_catalog' } },
    long: { suffix: '_of_the_department_of_public_safety_for_dev' },
    longer: { schemas: { staging: 'the_staging_schema_of_the_whole_department' } },
    empty: { schemas: { staging: '' } },
  },
};
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1012: no target is named "stagingdev"
        dbluigi.config.ts:2:18
          |
        2 |   defaultTarget: 'stagingdev',
          |                  ^^^^^^^^^^^^
        hint: Did you mean "staging_dev"? The targets are "staging_dev", "production", "clash", "crossed", "own", "system", "long", "longer" and "empty".

      error DBL1016: with an empty suffix the target "staging_dev" would build straight into production
        dbluigi.config.ts:4:28
          |
        4 |     staging_dev: { suffix: '' },
          |                            ^^
        hint: Write a suffix such as "_dev" and promote, or say "inPlace: true" in the target if you mean it.

      error DBL1016: the target "production" would build "staging" straight into production
        dbluigi.config.ts:5:39
          |
        5 |     production: { schemas: { staging: 'staging' } },
          |                                       ^^^^^^^^^
        hint: Give it another physical schema and promote, or say "inPlace: true" in the target if you mean it.

      error DBL1015: in the target "clash" both "staging" and "api" are built into the schema "dev"
        dbluigi.config.ts:6:46
          |
        6 |     clash: { schemas: { staging: 'dev', api: 'dev' } },
          |                                              ^^^^^
        "staging" is mapped here: dbluigi.config.ts:6:34
        hint: Give each logical schema a physical one of its own.

      error DBL1015: in the target "crossed" the schema "staging" is built into "api", which is production of the schema of that name
        dbluigi.config.ts:7:36
          |
        7 |     crossed: { schemas: { staging: 'api', api: 'api_dev' } },
          |                                    ^^^^^
        hint: Choose a name that no logical schema has.

      error DBL1014: the schema "staging__work" has a name that dbl keeps for itself
        dbluigi.config.ts:8:32
          |
        8 |     own: { schemas: { staging: 'staging__work' } },
          |                                ^^^^^^^^^^^^^^^
        hint: Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.

      error DBL1014: the schema "pg_catalog" is one of Postgres's own
        dbluigi.config.ts:9:35
          |
        9 |     system: { schemas: { staging: 'pg_catalog' } },
          |                                   ^^^^^^^^^^^^
        hint: Choose another name.

      error DBL1014: "targets.long.suffix" makes names that no schema can have
        dbluigi.config.ts:10:21
           |
        10 |     long: { suffix: '_of_the_department_of_public_safety_for_dev' },
           |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres allows 63, and dbl makes schemas such as "<name>__trash_0123456789ab" beside it.

      error DBL1014: the physical schema "the_staging_schema_of_the_whole_department" has a name of 42 bytes, and 40 are the most
        dbluigi.config.ts:11:35
           |
        11 |     longer: { schemas: { staging: 'the_staging_schema_of_the_whole_department' } },
           |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres allows 63, and dbl makes schemas such as "<name>__trash_0123456789ab" beside it.

      error DBL1014: the name of a schema must not be empty
        dbluigi.config.ts:12:34
           |
        12 |     empty: { schemas: { staging: '' } },
           |                                  ^^
        hint: Write the name of a schema in the database.

      10 errors
      "
    `);
  });

  test('that the schemas of the models do not fit', async () => {
    const stderr = await refused({
      'dbluigi.config.ts': "export default {\n  targets: { review: { schemas: { staging: 'api' }, suffix: '_of_the_review_in_spring' } },\n};\n",
      'models/POPULATE-staging-orders.sql': 'select 1 as id\n',
      'models/POPULATE-api-orders.sql': 'select 1 as id\n',
      'models/POPULATE-department_reports-orders.sql': 'select 1 as id\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1014: the physical schema "department_reports_of_the_review_in_spring" has a name of 42 bytes, and 40 are the most
        dbluigi.config.ts
        hint: Postgres allows 63, and dbl makes schemas such as "<name>__trash_0123456789ab" beside it.

      error DBL1015: in the target "review" the schema "staging" is built into "api", which is production of the schema of that name
        dbluigi.config.ts
        hint: Choose a name that no logical schema has.

      2 errors
      "
    `);
  });

  test('that are not there, or not chosen', async () => {
    const project = withProject({ ...model, 'dbluigi.config.ts': 'export default { targets: { staging_dev: {}, review: {} } };\n' });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1013: no target is chosen: there are "staging_dev" and "review"
        dbluigi.config.ts:1:18
          |
        1 | export default { targets: { staging_dev: {}, review: {} } };
          |                  ^^^^^^^
        hint: Name one with --target or DBL_TARGET, or set "defaultTarget" in the configuration.

      1 error
      "
    `);
    expect(await refused(project, ['compile', '--target', 'stagingdev'])).toMatchInlineSnapshot(`
      "error DBL1012: no target is named "stagingdev"
        hint: Did you mean "staging_dev"? The targets are "staging_dev" and "review".

      1 error
      "
    `);
    expect(await refused(project, ['compile'], { DBL_TARGET: 'production' })).toMatchInlineSnapshot(`
      "error DBL1012: no target is named "production", which DBL_TARGET asks for
        hint: The targets are "staging_dev" and "review".

      1 error
      "
    `);
    project.write({ '.env': 'DBL_TARGET=reviews\n' });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1012: no target is named "reviews", which DBL_TARGET asks for
        hint: Did you mean "review"? The targets are "staging_dev" and "review".

      1 error
      "
    `);
  });
});

describe('what stays', () => {
  test('what was compiled before a mistake in the configuration', async () => {
    const project = withProject({ ...model, 'dbluigi.config.ts': 'export default {}\n' });
    expect((await said({ project }, 'compile')).code).toBe(0);
    const before = written(project);
    expect(before.size).toBe(2);
    project.write({ 'dbluigi.config.ts': 'export default { threads: 0 };\n' });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1011: "threads" must be a whole number from 1 to 256, not 0
        dbluigi.config.ts:1:27
          |
        1 | export default { threads: 0 };
          |                           ^

      1 error
      "
    `);
    expect(written(project)).toEqual(before);
  });

  test('a folder where dbl would write: what is in the way is named', async () => {
    const project = withProject({ ...model, 'dbluigi.config.ts': 'export default {}\n' });
    mkdirSync(path.join(project.folder, '.dbl', 'compiled', 'staging', 'orders.sql'), { recursive: true });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1720: cannot write ".dbl/compiled/staging/orders.sql": a folder is in its place
        hint: The folder ".dbl" is for what dbl makes: move out what else is there.

      1 error
      "
    `);
    const other = withProject({ ...model, 'dbluigi.config.ts': 'export default {}\n', '.dbl': 'a file\n' });
    const { code, stdout, stderr } = await runDbl(['compile'], { cwd: other.folder });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1720: cannot write ".dbl/compiled": a file is in the place of its folder
        hint: The folder ".dbl" is for what dbl makes: move out what else is there.

      1 error
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('as JSON, columns count code points', async () => {
    const project = withProject({ 'dbluigi.config.ts': "\ufeffexport default { name: '🚓🚓', thread: 4,\r\n\tcomments: 1 };\r\n" });
    expect(await logged(project, 'ls')).toEqual({
      code: 2,
      diagnostics: [
        {
          event: 'diagnostic',
          code: 'DBL1010',
          severity: 'error',
          message: 'unknown key "thread" in the configuration',
          file: 'dbluigi.config.ts',
          line: 1,
          column: 30,
          end_line: 1,
          end_column: 36,
          hint: 'Did you mean "threads"?',
        },
        {
          event: 'diagnostic',
          code: 'DBL1011',
          severity: 'error',
          message: '"comments" must be true or false, not 1',
          file: 'dbluigi.config.ts',
          line: 2,
          column: 12,
          end_line: 2,
          end_column: 13,
          hint: null,
        },
      ],
    });
  });
});
