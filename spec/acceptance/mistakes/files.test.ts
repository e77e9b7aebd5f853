import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { withProject } from '../../harness/index.js';
import { said } from '../said.js';
import { logged, refused, written } from './refused.js';

vi.setConfig({ testTimeout: 120_000 });

const config = { 'dbluigi.config.ts': 'export default {}\n' };
const query = 'select 1 as id\n';

describe('names of files', () => {
  test('that lack a part, or have one written wrongly', async () => {
    const stderr = await refused({
      ...config,
      'models/POPULATE-staging-good.sql': query,
      'models/stg_orders.sql': query,
      'models/LOAD-staging-orders.sql': query,
      'models/populate-staging-orders.sql': query,
      'models/POPULATE-orders.sql': query,
      'models/POPULATE-staging.sql': query,
      'models/POPULATE--orders.sql': query,
      'models/POPULATE-staging-.sql': query,
      'models/POPULATE.sql': query,
      'models/POPULATE_staging_orders.sql': query,
      'models/deep/down/POPULATE-staging-orders.SQL': query,
      'models/POPULATE-staging-arrests.slq': query,
      'models/POPULATE-staging-officers': query,
      'models/schema.YML': 'models: []\n',
      'tests/orders.SQL': query,
      'macros/dates.Njk': '{% macro a() %}{% endmacro %}\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1103: the extension is ".njk", not ".Njk"
        macros/dates.Njk
        hint: Did you mean "dates.njk"?

      error DBL1101: unknown verb "LOAD"
        models/LOAD-staging-orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql". Did you mean "POPULATE-staging-orders.sql"?

      error DBL1104: the schema is missing in "POPULATE--orders.sql"
        models/POPULATE--orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-orders.sql" for example.

      error DBL1104: the schema or the table is missing in "POPULATE-orders.sql"
        models/POPULATE-orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-orders.sql" for example.

      error DBL1104: the table is missing in "POPULATE-staging-.sql"
        models/POPULATE-staging-.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql".

      error DBL1103: the extension is ".sql", not ".slq"
        models/POPULATE-staging-arrests.slq
        hint: Did you mean "POPULATE-staging-arrests.sql"?

      error DBL1103: the extension ".sql" is missing
        models/POPULATE-staging-officers
        hint: Did you mean "POPULATE-staging-officers.sql"?

      error DBL1104: the schema or the table is missing in "POPULATE-staging.sql"
        models/POPULATE-staging.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-arrests.sql" for example.

      error DBL1104: the schema and the table are missing in "POPULATE.sql"
        models/POPULATE.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql".

      error DBL1105: hyphens, not underscores, part the verb, the schema and the table in "POPULATE_staging_orders.sql"
        models/POPULATE_staging_orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql". Did you mean "POPULATE-staging-orders.sql"?

      error DBL1103: the extension is ".sql", not ".SQL"
        models/deep/down/POPULATE-staging-orders.SQL
        hint: A model's file is named "POPULATE-<schema>-<table>.sql". Did you mean "POPULATE-staging-orders.sql"?

      error DBL1102: the verb is "POPULATE", not "populate"
        models/populate-staging-orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql". Did you mean "POPULATE-staging-orders.sql"?

      error DBL1103: the extension is ".yml", not ".YML"
        models/schema.YML
        hint: Did you mean "schema.yml"?

      error DBL1101: the name of the file does not begin with a verb
        models/stg_orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-stg_orders.sql" for example.

      error DBL1103: the extension is ".sql", not ".SQL"
        tests/orders.SQL
        hint: Did you mean "orders.sql"?

      15 errors
      "
    `);
  });

  test('that Postgres or dbl cannot take', async () => {
    const stderr = await refused({
      ...config,
      [`models/POPULATE-staging-${'a'.repeat(64)}.sql`]: query,
      [`models/POPULATE-staging-${'é'.repeat(32)}.sql`]: query,
      // As long as it may be.
      [`models/POPULATE-staging-${'é'.repeat(31)}a.sql`]: query,
      [`models/POPULATE-${'s'.repeat(41)}-orders.sql`]: query,
      'models/POPULATE-pg_catalog-orders.sql': query,
      'models/POPULATE-dbluigi-orders.sql': query,
      'models/POPULATE-staging- orders.sql': query,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1107: the schema "dbluigi" belongs to dbl
        models/POPULATE-dbluigi-orders.sql
        hint: Choose another schema for the table.

      error DBL1107: the schema "pg_catalog" belongs to Postgres
        models/POPULATE-pg_catalog-orders.sql
        hint: Choose another schema for the table.

      error DBL1106: the name of the schema has 41 bytes, and dbl takes 40
        models/POPULATE-sssssssssssssssssssssssssssssssssssssssss-orders.sql
        hint: dbl adds to it to name schemas of its own, such as the workbench.

      error DBL1108: white space stands around the name of the table, " orders"
        models/POPULATE-staging- orders.sql
        hint: Take it out of the name of the file.

      error DBL1106: the name of the table has 64 bytes, and Postgres takes 63
        models/POPULATE-staging-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.sql
        hint: Postgres would cut it. Shorten it by 1 byte.

      error DBL1106: the name of the table has 64 bytes, and Postgres takes 63
        models/POPULATE-staging-éééééééééééééééééééééééééééééééé.sql
        hint: Postgres would cut it. Shorten it by 1 byte.

      6 errors
      "
    `);
  });

  test('that more than one file has', async () => {
    const stderr = await refused({
      ...config,
      'models/old/POPULATE-staging-orders.sql': query,
      'models/new/POPULATE-staging-orders.sql': query,
      'models/POPULATE-staging-orders.sql': query,
      'models/POPULATE-a.b-c.sql': query,
      'models/POPULATE-a-b.c.sql': query,
      'tests/a/b.sql': query,
      'tests/a.b.sql': query,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1117: two models have the id "model.a.b.c"
        models/POPULATE-a.b-c.sql
        the other one: models/POPULATE-a-b.c.sql
        hint: Take the dot out of one of the names.

      error DBL1109: two files fill the table "staging.orders"
        models/POPULATE-staging-orders.sql
        the other one: models/new/POPULATE-staging-orders.sql
        the other one: models/old/POPULATE-staging-orders.sql

      error DBL1109: two files fill the table "staging.orders"
        models/new/POPULATE-staging-orders.sql
        the other one: models/POPULATE-staging-orders.sql
        the other one: models/old/POPULATE-staging-orders.sql

      error DBL1109: two files fill the table "staging.orders"
        models/old/POPULATE-staging-orders.sql
        the other one: models/POPULATE-staging-orders.sql
        the other one: models/new/POPULATE-staging-orders.sql

      error DBL1110: two files are the test "a.b"
        tests/a.b.sql
        the other one: tests/a/b.sql

      error DBL1110: two files are the test "a.b"
        tests/a/b.sql
        the other one: tests/a.b.sql

      6 errors
      "
    `);
  });

  test('that only later versions understand', async () => {
    const stderr = await refused({
      ...config,
      'models/CREATE-staging-orders.sql': 'create table orders ();\n',
      'models/FUNCTION-staging-clean.sql': 'create function clean() …\n',
      'models/CLEANUP-staging-orders.py': 'print(1)\n',
      'models/SNAPSHOT-staging-orders.sql': query,
      'models/POPULATE-staging-races.csv': 'id,name\n',
      'models/POPULATE-staging-sexes.yaml': 'columns: [id]\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1111: CLEANUP- files are not supported by this version of dbl
        models/CLEANUP-staging-orders.py
        hint: Put the work into the query of the POPULATE- file.

      error DBL1111: CREATE- files are not supported by this version of dbl
        models/CREATE-staging-orders.sql
        hint: dbl makes the table from the query in its POPULATE- file.

      error DBL1111: FUNCTION- files are not supported by this version of dbl
        models/FUNCTION-staging-clean.sql
        hint: Create the function in the database by hand.

      error DBL1111: POPULATE- files ending in .csv are not supported by this version of dbl
        models/POPULATE-staging-races.csv
        hint: Load the data into a table, and declare that under "sources:" in a .yaml file.

      error DBL1111: POPULATE- files ending in .yaml are not supported by this version of dbl
        models/POPULATE-staging-sexes.yaml
        hint: Load the data into a table, and declare that under "sources:" in a .yaml file.

      error DBL1111: SNAPSHOT- files are not supported by this version of dbl
        models/SNAPSHOT-staging-orders.sql
        hint: Move it out of "models".

      6 errors
      "
    `);
  });

  test('odd ones are good, and other files are no concern of dbl', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-Odd "name", v1.2 é🚓.sql': query,
      'models/POPULATE-Übung-select-all.sql': query,
      'models/README.md': '# {{ nothing }} {% here %}\n',
      'models/load.py': '',
      'models/POPULATE-staging-orders.sql.bak': 'select',
      'models/.POPULATE-staging-orders.sql': 'select',
      'models/node_modules/x.sql': 'select',
      'tests/notes.txt': '',
      'macros/part.sql': 'select',
    });
    const { code, stdout, stderr } = await said({ project }, 'ls');
    expect(stdout).toMatchInlineSnapshot(`
      "node                                made as  file
      model.staging.Odd "name", v1.2 é🚓  table    models/POPULATE-staging-Odd "name", v1.2 é🚓.sql
      model.Übung.select-all              table    models/POPULATE-Übung-select-all.sql
      "
    `);
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('files in the wrong place, or of the wrong kind', () => {
  test('a folder with the name of a file; macros that are not read; what is missing because of it', async () => {
    const stderr = await refused({
      ...config,
      'models/POPULATE-staging-orders.sql/notes.txt': '',
      'macros/money.sql': '-- Money.\n{%- macro cents(column) -%} {{ column }} / 100.0 {%- endmacro %}\n',
      'models/stg_people.sql': query,
      'models/POPULATE-staging-totals.sql': "select {{ cents('amount') }} as amount\nfrom {{ ref('stg_people') }}\njoin stg_people on true\n",
      'models/properties.yaml': 'models:\n  - name: stg_people\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "warning DBL1119: macros are read from files that end in ".njk" alone
        macros/money.sql:2:1
          |
        2 | {%- macro cents(column) -%} {{ column }} / 100.0 {%- endmacro %}
          | ^^^^^^^^^^^^^^^
        hint: Rename the file to "macros/money.njk".

      error DBL1118: "POPULATE-staging-orders.sql" is a folder
        models/POPULATE-staging-orders.sql
        hint: Names that end in ".sql" are for files.

      error DBL1202: "cents" is not defined
        models/POPULATE-staging-totals.sql:1:11
          |
        1 | select {{ cents('amount') }} as amount
          |           ^^^^^

      error DBL1250: no model is named "stg_people"
        models/POPULATE-staging-totals.sql:2:9
          |
        2 | from {{ ref('stg_people') }}
          |         ^^^^^^^^^^^^^^^^^
        hint: Its file is perhaps "models/stg_people.sql", which could not be used.

      error DBL1401: no model is named "stg_people"
        models/properties.yaml:2:11
          |
        2 |   - name: stg_people
          |           ^^^^^^^^^^
        hint: Its file is perhaps "models/stg_people.sql", which could not be used.

      error DBL1101: the name of the file does not begin with a verb
        models/stg_people.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-stg_people.sql" for example.

      5 errors, 1 warning
      "
    `);
  });

  test('"models" is a file, "macros" leads nowhere, "tests" leads to itself', async () => {
    const project = withProject({ ...config, models: 'select 1\n' });
    symlinkSync('nowhere', path.join(project.folder, 'macros'));
    symlinkSync('tests', path.join(project.folder, 'tests'));
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1115: the symbolic link leads nowhere: it does not exist (ENOENT)
        macros

      error DBL1116: "models" is not a folder
        models

      error DBL1114: the folder cannot be read: too many symbolic links (ELOOP)
        tests

      3 errors
      "
    `);
  });

  test('links to nothing and to themselves; a loop of folders ends', async () => {
    const project = withProject({ ...config, 'models/a/POPULATE-staging-orders.sql': query });
    const models = path.join(project.folder, 'models');
    symlinkSync('..', path.join(models, 'a', 'up'));
    symlinkSync('nowhere.sql', path.join(models, 'POPULATE-staging-gone.sql'));
    symlinkSync('POPULATE-staging-self.sql', path.join(models, 'POPULATE-staging-self.sql'));
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1115: the symbolic link leads nowhere: it does not exist (ENOENT)
        models/POPULATE-staging-gone.sql

      error DBL1115: the symbolic link leads nowhere: too many symbolic links (ELOOP)
        models/POPULATE-staging-self.sql

      2 errors
      "
    `);
  });

  test.skipIf(process.getuid?.() === 0)('files and folders that may not be read (skipped for root, who may read all)', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-orders.sql': query,
      'models/POPULATE-staging-totals.sql': 'select * from orders\n',
      'models/private/POPULATE-staging-people.sql': query,
      'models/properties.yaml': '',
      'macros/a.njk': '',
      'tests/a.sql': query,
    });
    const locked = ['models/POPULATE-staging-orders.sql', 'models/private', 'models/properties.yaml', 'macros/a.njk', 'tests'];
    for (const name of locked) chmodSync(path.join(project.folder, name), 0o000);
    const stderr = await refused(project);
    for (const name of locked) chmodSync(path.join(project.folder, name), 0o700);
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1114: the file cannot be read: permission denied (EACCES)
        macros/a.njk

      error DBL1114: the file cannot be read: permission denied (EACCES)
        models/POPULATE-staging-orders.sql

      error DBL1305: no model or source is named "orders"
        models/POPULATE-staging-totals.sql:1:15
          |
        1 | select * from orders
          |               ^^^^^^
        hint: Its file is perhaps "models/POPULATE-staging-orders.sql", which could not be used.

      error DBL1114: the folder cannot be read: permission denied (EACCES)
        models/private

      error DBL1114: the file cannot be read: permission denied (EACCES)
        models/properties.yaml

      error DBL1114: the folder cannot be read: permission denied (EACCES)
        tests

      6 errors
      "
    `);
  });
});

describe('files that are no text', () => {
  test('a picture, Latin-1, UTF-16, a NUL character, each in a file of another kind', async () => {
    const project = withProject({ ...config, 'models/POPULATE-staging-totals.sql': 'select * from picture\n' });
    const write = (name: string, content: Buffer): void => {
      mkdirSync(path.dirname(path.join(project.folder, name)), { recursive: true });
      writeFileSync(path.join(project.folder, name), content);
    };
    write('models/POPULATE-staging-picture.sql', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0xff]));
    write('models/properties.yaml', Buffer.from('models:\n  - name: café\n    description: caf\xe9\n', 'latin1'));
    write('macros/a.njk', Buffer.from('\ufeff{% macro a() %}{% endmacro %}', 'utf16le'));
    write('tests/nul.sql', Buffer.from("select '🚓',\n\t'a\0b'\n"));
    write('models/docs.md', Buffer.from('{% docs a %}caf\xe9{% enddocs %}\n', 'latin1'));
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1112: the file is not valid UTF-8
        macros/a.njk
        hint: It begins like UTF-16: save it as UTF-8.

      error DBL1112: the file is not valid UTF-8
        models/POPULATE-staging-picture.sql
        hint: It is no text at all.

      error DBL1305: no model or source is named "picture"
        models/POPULATE-staging-totals.sql:1:15
          |
        1 | select * from picture
          |               ^^^^^^^
        hint: Its file is perhaps "models/POPULATE-staging-picture.sql", which could not be used.

      error DBL1112: the file is not valid UTF-8
        models/docs.md:1:16
          |
        1 | {% docs a %}caf
          |                ^
        hint: It is perhaps Latin-1 or Windows-1252: save it as UTF-8.

      error DBL1112: the file is not valid UTF-8
        models/properties.yaml:2:14
          |
        2 |   - name: caf
          |              ^
        hint: It is perhaps Latin-1 or Windows-1252: save it as UTF-8.

      error DBL1113: the file holds a NUL character, which no text in Postgres can hold
        tests/nul.sql:2:4
          |
        2 |     'a�b'
          |       ^

      6 errors
      "
    `);
  });

  test('empty ones: a model must have a query, all others may be empty', async () => {
    const empty = { 'models/properties.yaml': '', 'models/docs.md': '', 'macros/a.njk': '', 'dbluigi.config.ts': 'export default {}' };
    expect(await refused({ ...empty, 'models/POPULATE-staging-orders.sql': '', 'tests/a.sql': '\ufeff' })).toMatchInlineSnapshot(`
      "error DBL1302: the file holds no SQL statement
        models/POPULATE-staging-orders.sql:1:1
          |
        1 |
          | ^
        hint: Write one query: SELECT …

      error DBL1302: the file holds no SQL statement
        tests/a.sql:1:1
          |
        1 |
          | ^
        hint: Write one query: SELECT …

      2 errors
      "
    `);
  });
});

describe('what stays', () => {
  test('a project that no longer compiles keeps what it compiled to', async () => {
    const project = withProject({ ...config, 'models/POPULATE-staging-orders.sql': query, 'models/POPULATE-staging-totals.sql': 'select * from orders\n' });
    expect(await said({ project }, 'compile')).toMatchObject({ code: 0, stdout: 'compiled 2 models, 0 tests, 0 sources to .dbl/compiled\n', stderr: '' });
    const before = written(project);
    expect([...before.keys()]).toEqual(['compiled/staging/orders.sql', 'compiled/staging/totals.sql', 'manifest.json']);
    project.write({ 'models/orders.sql': query, 'models/POPULATE-staging-orders.sql': 'select 2 as id\n' });
    const message = await refused(project);
    expect(message).toMatchInlineSnapshot(`
      "error DBL1101: the name of the file does not begin with a verb
        models/orders.sql
        hint: A model's file is named "POPULATE-<schema>-<table>.sql", "POPULATE-staging-orders.sql" for example.

      1 error
      "
    `);
    expect(written(project)).toEqual(before);
    // Nor does it print or list what it cannot vouch for.
    expect(await refused(project, ['compile', 'totals'])).toBe(message);
    expect(await refused(project, ['ls'])).toBe(message);
  });

  test('as JSON, a diagnostic about the name of a file has no line', async () => {
    const project = withProject({ ...config, 'models/a/POPULATE-staging-orders.sql': query, 'models/Populate-staging-orders.sql': query });
    expect(await logged(project, 'compile')).toEqual({
      code: 2,
      diagnostics: [
        {
          event: 'diagnostic',
          code: 'DBL1102',
          severity: 'error',
          message: 'the verb is "POPULATE", not "Populate"',
          file: 'models/Populate-staging-orders.sql',
          line: null,
          column: null,
          end_line: null,
          end_column: null,
          hint: 'A model\'s file is named "POPULATE-<schema>-<table>.sql". Did you mean "POPULATE-staging-orders.sql"?',
        },
      ],
    });
  });
});
