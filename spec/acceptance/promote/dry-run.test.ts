import { expect, it, vi } from 'vitest';
import { buildProject } from '../build/project.js';

vi.setConfig({ testTimeout: 120_000 });

it('tells as text and as JSON what would change and what stands in the way, and changes nothing', async () => {
  const models = {
    'staging.people': 'select id from generate_series(1, 4) as g (id)',
    'staging.pets': "select id, 'x'::varchar(10) as name, 1 as \"Leg s\" from generate_series(1, 1200) as g (id)",
    'staging.seen': "{{ config(materialized='view') }} select id from {{ ref('people') }}",
    'staging.toys': 'select 1 as id',
    'report.totals': "select count(*) as n from {{ ref('people') }}",
  };
  const project = await buildProject(models);
  const { database, dbl, rows, write } = project;
  // Before there is anything, the audit schema included.
  expect(await dbl('promote', '--dry-run')).toEqual({ code: 1, stderr: '', stdout: 'in the way\n  the target "staging_dev" is empty: nothing was built in it since it was made\n\n1 thing is in the way\n' });
  expect(await rows(`SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_'`)).toEqual(['2']);

  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await dbl('promote', '--dry-run')).toEqual({
    code: 0,
    stderr: '',
    stdout: `added
  report.totals   about 1 row
  staging.people  about 4 rows
  staging.pets    about 1,200 rows
  staging.seen
  staging.toys    about 1 row

nothing is in the way
`,
  });
  expect((await dbl('promote', '--quiet')).code).toBe(0);
  await database.query('CREATE SCHEMA outside; CREATE VIEW outside.of_people AS SELECT id FROM staging.people; CREATE VIEW outside.names AS SELECT name FROM staging.pets');
  write({
    'staging.people': 'select id from generate_series(1, 5) as g (id)',
    'staging.pets': "select id::bigint as id, 'x'::varchar(20) as name, 2 as tail from generate_series(1, 900) as g (id)",
    'staging.seen': "select id from {{ ref('people') }}",
    'staging.new': 'select 1 as id',
  });
  expect((await dbl('build', '--quiet')).code).toBe(0);
  write({ 'staging.toys': 'select 2 as id' });
  await database.query('CREATE TABLE staging.notes AS SELECT 1 AS x; ANALYZE staging.notes');
  const contents = () => rows(`SELECT nspname, relname, c.oid, c.xmin FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname !~ '^(pg_|information)' ORDER BY 1, 2`);
  const before = await contents();
  const runs = await rows('SELECT count(*) FROM dbluigi.runs');
  const misfit = 'the view "outside.names" reads production and does not fit the new one: its column "name" would change from character varying(10) to character varying(20)';
  expect(await dbl('promote', '--dry-run')).toEqual({
    code: 1,
    stderr: '',
    stdout: `unchanged in form
  report.totals   about 1 row
  staging.people  about 4 → 5 rows
  staging.toys    about 1 row

added
  staging.new  about 1 row

removed
  staging.notes  about 1 row

changed
  staging.pets  about 1,200 → 900 rows  column "id" changes from integer to bigint, column "name" changes from character varying(10) to character varying(20), column "tail" added (integer), column "Leg s" removed
  staging.seen  about 5 rows            view becomes table

views that will be pointed at the new tables
  outside.of_people
  outside.names

in the way
  "staging_dev.toys" was built from other SQL than the project now holds
  the schema "staging" holds something that dbl did not make: table staging.notes
  ${misfit}

3 things are in the way
`,
  });
  const { code, stderr, stdout } = await dbl('promote', '--dry-run', '--output', 'json');
  expect({ code, stderr, changes: JSON.parse(stdout) as unknown }).toEqual({
    code: 1,
    stderr: '',
    changes: {
      added: [{ name: 'staging.new', rows: 1 }],
      removed: [{ name: 'staging.notes', rows: 1 }],
      changed: [
        {
          name: 'staging.pets',
          rows_before: 1200,
          rows_after: 900,
          changes: [
            'column "id" changes from integer to bigint',
            'column "name" changes from character varying(10) to character varying(20)',
            'column "tail" added (integer)',
            'column "Leg s" removed',
          ],
        },
        { name: 'staging.seen', rows_before: null, rows_after: 5, changes: ['view becomes table'] },
      ],
      unchanged: [
        { name: 'report.totals', rows_before: 1, rows_after: 1 },
        { name: 'staging.people', rows_before: 4, rows_after: 5 },
        { name: 'staging.toys', rows_before: 1, rows_after: 1 },
      ],
      repaired: ['outside.of_people', 'outside.names'],
      blockers: [
        '"staging_dev.toys" was built from other SQL than the project now holds',
        'the schema "staging" holds something that dbl did not make: table staging.notes',
        misfit,
      ],
    },
  });
  expect(await contents()).toEqual(before);
  // Looking is no run.
  expect(await rows('SELECT count(*) FROM dbluigi.runs')).toEqual(runs);
});
