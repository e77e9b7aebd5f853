import { describe, expect, test } from 'vitest';
import { load } from './temporary-project.js';

const form = 'A model\'s file is named "POPULATE-<schema>-<table>.sql"';
const meant = (name: string): string => `  ${form}. Did you mean "${name}"?`;
const example = (table: string): string => `  ${form}, "POPULATE-staging-${table}.sql" for example.`;

describe('the name of a model', () => {
  test.each([
    ['POPULATE-staging-arrests.sql', 'staging', 'arrests'],
    ['POPULATE-staging-a-b-c.sql', 'staging', 'a-b-c'],
    ['POPULATE-staging--.sql', 'staging', '-'],
    ['POPULATE-staging-Odd "name".v1.sql', 'staging', 'Odd "name".v1'],
    ['POPULATE-Éa-naïve 😀.sql', 'Éa', 'naïve 😀'],
    ['POPULATE-staging-a_b.sql.sql', 'staging', 'a_b.sql'],
    [`POPULATE-${'s'.repeat(40)}-${'t'.repeat(63)}.sql`, 's'.repeat(40), 't'.repeat(63)],
  ])('%s', (name, schema, table) => {
    const { project, report } = load({ [`models/deep/down/${name}`]: 'select 1' });
    expect(report).toEqual([]);
    expect(project.models.map((model) => [model.schema, model.table, model.file.path, model.file.text])).toEqual([
      [schema, table, `models/deep/down/${name}`, 'select 1'],
    ]);
  });

  test.each([
    ['arrests.sql', 'DBL1101 the name of the file does not begin with a verb', example('arrests')],
    ['staging-arrests.sql', 'DBL1101 the name of the file does not begin with a verb', meant('POPULATE-staging-arrests.sql')],
    ['-x-y.sql', 'DBL1101 the name of the file does not begin with a verb', `  ${form}.`],
    ['INSERT-staging-arrests.sql', 'DBL1101 unknown verb "INSERT"', meant('POPULATE-staging-arrests.sql')],
    ['POPULTE-staging-arrests.sql', 'DBL1101 unknown verb "POPULTE"', meant('POPULATE-staging-arrests.sql')],
    ['populate-staging-arrests.sql', 'DBL1102 the verb is "POPULATE", not "populate"', meant('POPULATE-staging-arrests.sql')],
    ['Populate_staging_arrests.sql', 'DBL1102 the verb is "POPULATE", not "Populate"', meant('POPULATE-staging-arrests.sql')],
    ['POPULATE-staging-arrests.SQL', 'DBL1103 the extension is ".sql", not ".SQL"', meant('POPULATE-staging-arrests.sql')],
    ['POPULATE-staging-arrests.slq', 'DBL1103 the extension is ".sql", not ".slq"', '  Did you mean "POPULATE-staging-arrests.sql"?'],
    ['POPULATE-staging-arrests.pgsql', 'DBL1103 the extension is ".sql", not ".pgsql"', '  Did you mean "POPULATE-staging-arrests.sql"?'],
    ['POPULATE-staging-arrests', 'DBL1103 the extension ".sql" is missing', '  Did you mean "POPULATE-staging-arrests.sql"?'],
    ['agencies.YML', 'DBL1103 the extension is ".yml", not ".YML"', '  Did you mean "agencies.yml"?'],
    ['POPULATE-arrests.sql', 'DBL1104 the schema or the table is missing in "POPULATE-arrests.sql"', example('arrests')],
    ['POPULATE-staging.sql', 'DBL1104 the schema or the table is missing in "POPULATE-staging.sql"', example('arrests')],
    ['POPULATE-staging_arrests.sql', 'DBL1104 the schema or the table is missing in "POPULATE-staging_arrests.sql"', meant('POPULATE-staging-arrests.sql')],
    ['POPULATE--arrests.sql', 'DBL1104 the schema is missing in "POPULATE--arrests.sql"', example('arrests')],
    ['POPULATE-staging-.sql', 'DBL1104 the table is missing in "POPULATE-staging-.sql"', `  ${form}.`],
    ['POPULATE.sql', 'DBL1104 the schema and the table are missing in "POPULATE.sql"', `  ${form}.`],
    [
      'POPULATE_staging_arrests.sql',
      'DBL1105 hyphens, not underscores, part the verb, the schema and the table in "POPULATE_staging_arrests.sql"',
      meant('POPULATE-staging-arrests.sql'),
    ],
    [`POPULATE-s-${'é'.repeat(32)}.sql`, 'DBL1106 the name of the table has 64 bytes, and Postgres takes 63', '  Postgres would cut it. Shorten it by 1 byte.'],
    [`POPULATE-${'s'.repeat(65)}-a.sql`, 'DBL1106 the name of the schema has 65 bytes, and Postgres takes 63', '  Postgres would cut it. Shorten it by 2 bytes.'],
    [`POPULATE-${'s'.repeat(41)}-a.sql`, 'DBL1106 the name of the schema has 41 bytes, and dbl takes 40', '  dbl adds to it to name schemas of its own, such as the workbench.'],
    ['POPULATE-dbluigi-a.sql', 'DBL1107 the schema "dbluigi" belongs to dbl', '  Choose another schema for the table.'],
    ['POPULATE-pg_temp-a.sql', 'DBL1107 the schema "pg_temp" belongs to Postgres', '  Choose another schema for the table.'],
    ['POPULATE-information_schema-a.sql', 'DBL1107 the schema "information_schema" belongs to Postgres', '  Choose another schema for the table.'],
    ['POPULATE-staging- a.sql', 'DBL1108 white space stands around the name of the table, " a"', '  Take it out of the name of the file.'],
    ['POPULATE-staging -a.sql', 'DBL1108 white space stands around the name of the schema, "staging "', '  Take it out of the name of the file.'],
  ])('%s is wrong', (name, line, hint) => {
    const { project, report } = load({ [`models/${name}`]: 'select 1' });
    expect(report).toEqual([`models/${name} ${line}`, hint]);
    expect(project.models).toEqual([]);
  });

  test.each([
    ['CREATE-s-a.sql', 'CREATE- files are', 'dbl makes the table from the query in its POPULATE- file.'],
    ['create-s-a.sql', 'CREATE- files are', 'dbl makes the table from the query in its POPULATE- file.'],
    ['FUNCTION-s-a.sql', 'FUNCTION- files are', 'Create the function in the database by hand.'],
    ['CLEANUP-s-a.py', 'CLEANUP- files are', 'Put the work into the query of the POPULATE- file.'],
    ['SNAPSHOT-s-a.sql', 'SNAPSHOT- files are', 'Move it out of "models".'],
    ['POPULATE-s-a.csv', 'POPULATE- files ending in .csv are', 'Load the data into a table, and declare that under "sources:" in a .yaml file.'],
    ['POPULATE-s-a.yaml', 'POPULATE- files ending in .yaml are', 'Load the data into a table, and declare that under "sources:" in a .yaml file.'],
  ])('%s is for a later version', (name, what, hint) => {
    expect(load({ [`models/${name}`]: 'columns: [a' }).report).toEqual([
      `models/${name} DBL1111 ${what} not supported by this version of dbl`,
      `  ${hint}`,
    ]);
  });

  test('two mistakes in one name are both reported', () => {
    expect(load({ 'models/POPULATE-pg_x- a.sql': '' }).report).toEqual([
      'models/POPULATE-pg_x- a.sql DBL1107 the schema "pg_x" belongs to Postgres',
      '  Choose another schema for the table.',
      'models/POPULATE-pg_x- a.sql DBL1108 white space stands around the name of the table, " a"',
      '  Take it out of the name of the file.',
    ]);
  });

  test('two files for one table are reported at each', () => {
    const { project, report } = load({ 'models/a/POPULATE-s-t.sql': '1', 'models/b/POPULATE-s-t.sql': '2', 'models/b/POPULATE-s-T.sql': '3' });
    expect(report).toEqual([
      'models/a/POPULATE-s-t.sql DBL1109 two files fill the table "s.t"',
      '  - models/b/POPULATE-s-t.sql the other one',
      'models/b/POPULATE-s-t.sql DBL1109 two files fill the table "s.t"',
      '  - models/a/POPULATE-s-t.sql the other one',
    ]);
    expect(project.models.map(({ file }) => file.text)).toEqual(['1', '3']);
  });

  test('tables that only look alike with a dot are two', () => {
    expect(load({ 'models/POPULATE-a.b-c.sql': '', 'models/POPULATE-a-b.c.sql': '' }).report).toEqual([]);
  });

  test('other files are passed over', () => {
    const { project, report } = load({
      'models/notes.md': '# {{ nothing }} {% here %}',
      'models/CREATE-notes.md': '',
      'models/load.py': '',
      'models/README': '',
      'models/POPULATE-s-a.sql.bak': '',
      'models/POPULATE-s-a.sql~': '',
      'models/POPULATE-s-a.pdf': '',
      'models/.hidden.sql': '',
      'models/.git/x.sql': '',
      'models/node_modules/x.sql': '',
    });
    expect([project.models, report]).toEqual([[], []]);
  });
});
