import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type TestDatabase, createTestDatabase, withProject } from '../../harness/index.js';
import { said, urlWithPassword } from '../said.js';

vi.setConfig({ testTimeout: 120_000 });

const config = { 'dbluigi.config.ts': 'export default {}\n' };
const agencies = `select * from (values
  (1, 'Ada Police', 'city', 10),
  (2, null, 'county', 20),
  (2, 'Ida Police', 'village', -5),
  (3, 'Uma Police', 'city', 7)
) as t (id, name, kind, officers)
`;

/** What the audit schema remembers of checks, in one line each. */
async function remembered(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query('SELECT check_id, status, severity, failures, sql FROM dbluigi.checks ORDER BY check_id');
  return rows.map(({ check_id: id, status, severity, failures, sql }) => `${id} ${status} ${severity} ${failures ?? '-'} ${sql === null ? 'without' : 'with'} sql`);
}

describe('checks that cannot be understood', () => {
  test('all that is wrong with them is told before anything runs', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-agencies.sql': agencies,
      'models/properties.yaml': `models:
  - name: agencies
    columns:
      - name: id
        checks:
          - unique: { name: same }
          - not_null: { name: same }
          - relationships: { to: ref('agencis'), field: id }
          - relationships: { to: "source('hub', 'agencies')", field: id, name: by_source }
          - relationships: { to: elsewhere.agencies, field: id, name: by_name }
      - name: name
        checks:
          - expression: length(name
          - expression: name <> '' and
          - expression: name <> ''; drop table agencies
          - expression: "name in (select name from people)"
          - expression: name, kind
          - expression: >
              name <> ''
              or or kind is null
          - not_null: { where: "kind = = 'city'", name: only_cities }
      - name: officer
        checks: [not_null]
    checks:
      - expression: select count(*) > 1
      - row_count: { min: 1 }
      - row_count: { max: 10 }
`,
    });
    const { code, stdout, stderr } = await said({ project }, 'compile');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1451: two checks of "agencies" are called "staging.agencies.same"
        models/properties.yaml:7:13
          |
        7 |           - not_null: { name: same }
          |             ^^^^^^^^
        the first one: models/properties.yaml:6:13
        hint: Give one of them a "name:".

      error DBL1452: no model is named "agencis"
        models/properties.yaml:8:34
          |
        8 |           - relationships: { to: ref('agencis'), field: id }
          |                                  ^^^^^^^^^^^^^^
        hint: Did you mean "agencies"?

      error DBL1452: no source is named "hub"
        models/properties.yaml:9:35
          |
        9 |           - relationships: { to: "source('hub', 'agencies')", field: id, name: by_source }
          |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Declare it under "sources:" in a .yaml file below models/.

      error DBL1452: no model is named "elsewhere.agencies"
        models/properties.yaml:10:34
           |
        10 |           - relationships: { to: elsewhere.agencies, field: id, name: by_name }
           |                                  ^^^^^^^^^^^^^^^^^^
        hint: Did you mean "staging.agencies"?

      error DBL1453: the expression is not valid SQL: syntax error at end of input
        models/properties.yaml:13:36
           |
        13 |           - expression: length(name
           |                                    ^

      error DBL1453: the expression is not valid SQL: syntax error at end of input
        models/properties.yaml:14:39
           |
        14 |           - expression: name <> '' and
           |                                       ^

      error DBL1453: the expression is not valid SQL: syntax error at or near ";"
        models/properties.yaml:15:35
           |
        15 |           - expression: name <> ''; drop table agencies
           |                                   ^

      error DBL1305: no model or source is named "people"
        models/properties.yaml:16:52
           |
        16 |           - expression: "name in (select name from people)"
           |                                                    ^^^^^^
        hint: Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.

      error DBL1453: the expression is not valid SQL: this is more than one expression
        models/properties.yaml:17:25
           |
        17 |           - expression: name, kind
           |                         ^

      error DBL1453: the expression is not valid SQL: syntax error at or near "or"
        models/properties.yaml:18:25
           |
        18 |           - expression: >
           |                         ^

      error DBL1453: the expression is not valid SQL: syntax error at or near "="
        models/properties.yaml:21:40
           |
        21 |           - not_null: { where: "kind = = 'city'", name: only_cities }
           |                                        ^

      warning DBL1402: "staging.agencies" has no column "officer"
        models/properties.yaml:22:15
           |
        22 |       - name: officer
           |               ^^^^^^^
        hint: Did you mean "officers"?

      error DBL1453: the expression is not valid SQL: syntax error at or near "select"
        models/properties.yaml:25:21
           |
        25 |       - expression: select count(*) > 1
           |                     ^^^^^^

      error DBL1451: two checks of "agencies" are called "staging.agencies.row_count"
        models/properties.yaml:27:9
           |
        27 |       - row_count: { max: 10 }
           |         ^^^^^^^^^
        the first one: models/properties.yaml:26:9
        hint: Give one of them a "name:".

      13 errors, 1 warning
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a test that is no query, and one that reads nothing', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-agencies.sql': agencies,
      'tests/where.sql': "select * from {{ ref('agencies') }}\nwere id is null\n",
      'tests/deletes.sql': "delete from {{ ref('agencies') }}\n",
      'tests/two.sql': "select 1;\nselect 2\n",
      'tests/nothing.sql': '-- to be written\n',
      'tests/severe.sql': "{{ config(severity='warning', descripton='x') }}\nselect * from {{ ref('agencies') }}\n",
    });
    const { code, stdout, stderr } = await said({ project }, 'compile');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1304: DELETE is not a query
        tests/deletes.sql:1:1
          |
        1 | delete from {{ ref('agencies') }}
          | ^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); its rows are the failures.

      error DBL1302: the file holds no SQL statement
        tests/nothing.sql:1:1
          |
        1 | -- to be written
          | ^
        hint: Write one query: SELECT …

      error DBL1256: "severity" must be "error" or "warn", not "warning"
        tests/severe.sql:1:20
          |
        1 | {{ config(severity='warning', descripton='x') }}
          |                    ^^^^^^^^^
        hint: Did you mean "warn"?

      error DBL1256: a test has no option "descripton"
        tests/severe.sql:1:31
          |
        1 | {{ config(severity='warning', descripton='x') }}
          |                               ^^^^^^^^^^
        hint: Did you mean "description"?

      error DBL1303: the file holds 2 statements, one is expected
        tests/two.sql:2:1
          |
        2 | select 2
          | ^^^^^^
        hint: A test is one query, whose rows are the failures; take the other statements out.

      error DBL1301: syntax error at or near "id"
        tests/where.sql:2:6
          |
        2 | were id is null
          |      ^^

      6 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });
});

test('a check of every kind that fails: what is wrong, a sample, and the SQL for all of it', async () => {
  const project = withProject({
    ...config,
    'models/POPULATE-staging-agencies.sql': agencies,
    'models/POPULATE-staging-states.sql': 'select n as id from generate_series(10, 15) as n\n',
    'models/POPULATE-staging-arrests.sql': 'select n as id, case when n > 8 then 10 + n % 7 end as state_id\nfrom generate_series(1, 20) as n\n',
    'models/properties.yaml': `models:
  - name: agencies
    columns:
      - name: id
        checks: [unique]
      - name: name
        checks: [not_null]
      - name: kind
        checks:
          - accepted_values: { values: [city, county] }
      - name: officers
        checks:
          - expression: officers >= 0
    checks:
      - row_count: { min: 5, max: 9, description: all agencies of the state }
      - unique: { columns: [id, kind], where: "officers > 0 -- of those with any", name: one_of_a_kind }
  - name: arrests
    columns:
      - name: state_id
        checks:
          - not_null
          - relationships: { to: states, field: id }
`,
    'tests/no_villages.sql': `{{ config(description='villages have no police of their own') }}
select id, name
from {{ ref('agencies') }}
where kind = 'village'
`,
  });
  const database = await createTestDatabase();
  const { code, stdout, stderr } = await said({ project, database }, 'build', '--threads', '1');
  expect(stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 3 models

    error DBL2301: the check "staging.agencies.row_count" failed: 4 rows, 5 to 9 expected (all agencies of the state)
      models/properties.yaml:15:9
         |
      15 |       - row_count: { min: 5, max: 9, description: all agencies of the state }
         |         ^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.agencies

    error DBL2301: the check "staging.agencies.unique.id" failed: 1 failing row
      models/properties.yaml:5:18
        |
      5 |         checks: [unique]
        |                  ^^^^^^
         id | count
        ----+-------
          2 |     2
      all of them:
        select id, count(*) as "count"
        from staging_dev__work.agencies
        where id is not null
        group by id
        having count(*) > 1

    error DBL2301: the check "staging.agencies.not_null.name" failed: 1 failing row
      models/properties.yaml:7:18
        |
      7 |         checks: [not_null]
        |                  ^^^^^^^^
         id | name | kind   | officers
        ----+------+--------+----------
          2 | NULL | county |       20
      all of them:
        select *
        from staging_dev__work.agencies
        where (name is null)

    error DBL2301: the check "staging.agencies.accepted_values.kind" failed: 1 failing row
      models/properties.yaml:10:13
         |
      10 |           - accepted_values: { values: [city, county] }
         |             ^^^^^^^^^^^^^^^
         kind    | count
        ---------+-------
         village |     1
      all of them:
        select kind, count(*) as "count"
        from staging_dev__work.agencies
        where kind not in ('city', 'county')
        group by kind

    error DBL2301: the check "staging.agencies.expression.14c6582b" failed: 1 failing row
      models/properties.yaml:13:13
         |
      13 |           - expression: officers >= 0
         |             ^^^^^^^^^^
         id | name       | kind    | officers
        ----+------------+---------+----------
          2 | Ida Police | village |       -5
      all of them:
        select *
        from staging_dev__work.agencies
        where not (officers >= 0)

    error DBL2301: the check "test.no_villages" failed: 1 failing row (villages have no police of their own)
      tests/no_villages.sql:1:1
        |
      1 | {{ config(description='villages have no police of their own') }}
        | ^
         id | name
        ----+------------
          2 | Ida Police
      all of them:
        select id, name
        from staging_dev__work.agencies
        where kind = 'village'

    1 of 3  failed     staging.agencies                          4 rows TIME
    2 of 3  built      staging_dev.states                        6 rows TIME

    error DBL2301: the check "staging.arrests.not_null.state_id" failed: 8 failing rows
      models/properties.yaml:21:13
         |
      21 |           - not_null
         |             ^^^^^^^^
         id | state_id
        ----+----------
          1 | NULL
          2 | NULL
          3 | NULL
          4 | NULL
          5 | NULL
        (the first 5 of 8)
      all of them:
        select *
        from staging_dev__work.arrests
        where (state_id is null)

    error DBL2301: the check "staging.arrests.relationships.state_id" failed: 1 failing row
      models/properties.yaml:22:13
         |
      22 |           - relationships: { to: states, field: id }
         |             ^^^^^^^^^^^^^
         state_id | count
        ----------+-------
               16 |     2
      all of them:
        select child.state_id, count(*) as "count"
        from (
          select state_id
          from staging_dev__work.arrests
          where state_id is not null
        ) as child
        where not exists (select 1 from staging_dev.states as parent where parent.id = child.state_id)
        group by child.state_id

    3 of 3  failed     staging.arrests                          20 rows TIME

    "
  `);
  expect(stdout).toMatchInlineSnapshot(`
    "slowest
      staging.states TIME  6 rows

    failed
      staging.agencies: the check "staging.agencies.row_count" failed: 4 rows, 5 to 9 expected (all agencies of the state) (and 5 more)
        at models/properties.yaml:15:9
        to look at: staging_dev__work.agencies
      staging.arrests: the check "staging.arrests.not_null.state_id" failed: 8 failing rows (and 1 more)
        at models/properties.yaml:21:13
        to look at: staging_dev__work.arrests

    build of staging_dev failed after TIME: 1 built (6 rows), 2 failed

    next
      dbl build --target staging_dev --select staging.agencies+ staging.arrests+  when it is mended
    "
  `);
  expect(code).toBe(1);
  expect(await remembered(database)).toMatchInlineSnapshot(`
    [
      "staging.agencies.accepted_values.kind fail error 1 with sql",
      "staging.agencies.expression.14c6582b fail error 1 with sql",
      "staging.agencies.not_null.name fail error 1 with sql",
      "staging.agencies.one_of_a_kind pass error 0 with sql",
      "staging.agencies.row_count fail error - with sql",
      "staging.agencies.unique.id fail error 1 with sql",
      "staging.arrests.not_null.state_id fail error 8 with sql",
      "staging.arrests.relationships.state_id fail error 1 with sql",
      "test.no_villages fail error 1 with sql",
    ]
  `);
  // Nothing that failed is published; it stands in the workbench, for a look.
  expect(await database.query("SELECT relname FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace")).toEqual([{ relname: 'states' }]);
  expect(await database.query('SELECT count(*) FROM staging_dev__work.agencies')).toEqual([{ count: '4' }]);
});

test('checks that the server refuses', async () => {
  const project = withProject({
    ...config,
    'models/POPULATE-staging-agencies.sql': agencies,
    'models/properties.yaml': `models:
  - name: agencies
    columns:
      - name: nme
        checks: [not_null]
    checks:
      - expression: { expression: officer > 0, name: no_such_column }
      - expression: { expression: 10 / (officers - 7) > 0, name: divides }
      - expression: { expression: name > 3, name: other_type, severity: warn }
      - relationships: { column: id, to: agencies, field: ori, name: no_such_field }
`,
    'macros/kinds.njk': "{% macro is_odd(kind) %}{{ kind }} = 'village'{% endmacro %}\n",
    'tests/alias.sql': "select a.id\nfrom {{ ref('agencies') }} as a\nwhere {{ is_odd('b.kind') }}\n",
    'tests/writes.sql': "select nextval('numbers')\nfrom {{ ref('agencies') }}\n",
  });
  const database = await createTestDatabase();
  await database.query('CREATE SEQUENCE numbers');
  const { code, stdout, stderr } = await said({ project, database }, 'build');
  expect(stderr).toMatchInlineSnapshot(`
    "warning DBL1402: "staging.agencies" has no column "nme"
      models/properties.yaml:4:15
        |
      4 |       - name: nme
        |               ^^^
      hint: Did you mean "name"?

    1 warning

    build of staging_dev (staging_dev): 1 model

    error DBL2302: the check "staging.agencies.no_such_column" could not run: column "officer" does not exist
      models/properties.yaml:7:9
        |
      7 |       - expression: { expression: officer > 0, name: no_such_column }
        |         ^^^^^^^^^^
      hint: Perhaps you meant to reference the column "agencies.officers".
      the query:
        select *
        from staging_dev__work.agencies
        where not (officer > 0)

    error DBL2302: the check "staging.agencies.divides" could not run: division by zero
      models/properties.yaml:8:9
        |
      8 |       - expression: { expression: 10 / (officers - 7) > 0, name: divides }
        |         ^^^^^^^^^^
      the query:
        select *
        from staging_dev__work.agencies
        where not (10 / (officers - 7) > 0)

    warning DBL2302: the check "staging.agencies.other_type" could not run: operator does not exist: text > integer
      models/properties.yaml:9:9
        |
      9 |       - expression: { expression: name > 3, name: other_type, severity: warn }
        |         ^^^^^^^^^^
      hint: No operator matches the given name and argument types. You might need to add explicit type casts.
      the query:
        select *
        from staging_dev__work.agencies
        where not (name > 3)

    error DBL2302: the check "staging.agencies.no_such_field" could not run: column parent.ori does not exist
      models/properties.yaml:10:9
         |
      10 |       - relationships: { column: id, to: agencies, field: ori, name: no_such_field }
         |         ^^^^^^^^^^^^^
      the query:
        select child.id, count(*) as "count"
        from (
          select id
          from staging_dev__work.agencies
          where id is not null
        ) as child
        where not exists (select 1 from staging_dev__work.agencies as parent where parent.ori = child.id)
        group by child.id

    error DBL2302: the check "staging.agencies.not_null.nme" could not run: column "nme" does not exist
      models/properties.yaml:5:18
        |
      5 |         checks: [not_null]
        |                  ^^^^^^^^
      hint: Perhaps you meant to reference the column "agencies.name".
      the query:
        select *
        from staging_dev__work.agencies
        where (nme is null)

    error DBL2302: the check "test.alias" could not run: missing FROM-clause entry for table "b"
      macros/kinds.njk:1:28
        |
      1 | {% macro is_odd(kind) %}{{ kind }} = 'village'{% endmacro %}
        |                            ^^^^
      called from tests/alias.sql:3:10
      the query:
        select a.id
        from staging_dev__work.agencies as a
        where b.kind = 'village'

    error DBL2302: the check "test.writes" could not run: cannot execute nextval() in a read-only transaction
      tests/writes.sql:1:1
        |
      1 | select nextval('numbers')
        | ^
      the query:
        select nextval('numbers')
        from staging_dev__work.agencies

    1 of 1  failed     staging.agencies                          4 rows TIME

    "
  `);
  expect(stdout).toMatchInlineSnapshot(`
    "warnings
      the check "staging.agencies.other_type" could not run: operator does not exist: text > integer

    failed
      staging.agencies: the check "staging.agencies.no_such_column" could not run: column "officer" does not exist (and 5 more)
        at models/properties.yaml:7:9
        to look at: staging_dev__work.agencies

    build of staging_dev failed after TIME: 1 failed, 1 warning

    next
      dbl build --target staging_dev --select staging.agencies+  when it is mended
    "
  `);
  expect(code).toBe(1);
  expect(await remembered(database)).toMatchInlineSnapshot(`
    [
      "staging.agencies.divides error error - with sql",
      "staging.agencies.no_such_column error error - with sql",
      "staging.agencies.no_such_field error error - with sql",
      "staging.agencies.not_null.nme error error - with sql",
      "staging.agencies.other_type warn warn - with sql",
      "test.alias error error - with sql",
      "test.writes error error - with sql",
    ]
  `);
  expect(await database.query("SELECT last_value, is_called FROM numbers")).toEqual([{ last_value: '1', is_called: 'f' }]);
});

test('severity "warn" tells, and publishes', async () => {
  const project = withProject({
    ...config,
    'models/POPULATE-staging-agencies.sql': agencies,
    'models/properties.yaml': `models:
  - name: agencies
    columns:
      - name: name
        checks:
          - not_null: { severity: warn }
    checks:
      - row_count: { min: 5, severity: warn }
      - command: { command: [sh, -c, exit 3], severity: warn, name: grumbles }
`,
    'tests/no_villages.sql': "{{ config(severity='warn') }}\nselect id from {{ ref('agencies') }} where kind = 'village'\n",
  });
  const database = await createTestDatabase();
  const built = await said({ project, database }, 'build');
  expect(built.stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 1 model

    warning DBL2301: the check "staging.agencies.row_count" failed: 4 rows, at least 5 expected
      models/properties.yaml:8:9
        |
      8 |       - row_count: { min: 5, severity: warn }
        |         ^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.agencies

    warning DBL2301: the check "staging.agencies.grumbles" failed: sh -c exit 3 exited with 3
      models/properties.yaml:9:9
        |
      9 |       - command: { command: [sh, -c, exit 3], severity: warn, name: grumbles }
        |         ^^^^^^^

    warning DBL2301: the check "staging.agencies.not_null.name" failed: 1 failing row
      models/properties.yaml:6:13
        |
      6 |           - not_null: { severity: warn }
        |             ^^^^^^^^
         id | name | kind   | officers
        ----+------+--------+----------
          2 | NULL | county |       20
      all of them:
        select *
        from staging_dev__work.agencies
        where (name is null)

    warning DBL2301: the check "test.no_villages" failed: 1 failing row
      tests/no_villages.sql:1:1
        |
      1 | {{ config(severity='warn') }}
        | ^
         id
        ----
          2
      all of them:
        select id from staging_dev__work.agencies where kind = 'village'

    1 of 1  built      staging_dev.agencies                      4 rows TIME

    "
  `);
  expect(built.stdout).toMatchInlineSnapshot(`
    "slowest
      staging.agencies TIME  4 rows

    warnings
      the check "staging.agencies.row_count" failed: 4 rows, at least 5 expected
      the check "staging.agencies.grumbles" failed: sh -c exit 3 exited with 3
      the check "staging.agencies.not_null.name" failed: 1 failing row
      the check "test.no_villages" failed: 1 failing row

    build of staging_dev is done: 1 built (4 rows), 4 warnings, in TIME

    next
      dbl test --target staging_dev     check again what the target holds
      dbl promote --target staging_dev  put it in production's place
    "
  `);
  expect(built.code).toBe(0);
  expect(await remembered(database)).toMatchInlineSnapshot(`
    [
      "staging.agencies.grumbles warn warn - without sql",
      "staging.agencies.not_null.name warn warn 1 with sql",
      "staging.agencies.row_count warn warn - with sql",
      "test.no_villages warn warn 1 with sql",
    ]
  `);
  expect(await database.query('SELECT count(*) FROM staging_dev.agencies')).toEqual([{ count: '4' }]);

  const quiet = await said({ project, database }, 'test', '--quiet');
  expect(quiet).toEqual({ code: 0, signal: null, stdout: 'test of staging_dev is done: 4 checks warn, in TIME\n', stderr: '' });
});

test('commands: none there, not executable, an exit code, a signal, output; and no password gets out', async () => {
  const project = withProject({
    ...config,
    'models/POPULATE-staging-agencies.sql': agencies,
    'scripts/plain.txt': 'not a program\n',
    'scripts/look.sh': '#!/bin/sh\necho "$DBL_NODE is $DBL_RELATION in $DBL_SCHEMA of $PGDATABASE"\ntest -n "$DBL_RUN_ID" && test -n "$PGHOST$PGPORT$PGUSER"\n',
    'models/properties.yaml': `models:
  - name: agencies
    checks:
      - command: { name: a_missing, command: no-such-program --strict }
      - command: { name: b_missing_file, command: scripts/no_such_file.py }
      - command: { name: c_not_executable, command: scripts/plain.txt }
      - command: { name: d_silent, command: [sh, -c, exit 1] }
      - command: { name: e_killed, command: [sh, -c, kill -9 $$] }
      - command:
          name: f_talks
          command: [sh, -c, 'for line in 1 2 3 4 5 6; do echo "line $line of many that nobody reads"; done; echo "the last is the reason" >&2; exit 42']
      - command: { name: g_leaks, command: [sh, -c, 'echo "cannot log in with $PGPASSWORD"; exit 2'] }
      - command: { name: h_good, command: scripts/look.sh }
`,
  });
  chmodSync(path.join(project.folder, 'scripts/look.sh'), 0o755);
  const database = await createTestDatabase();
  const { code, stdout, stderr } = await said({ project, database }, 'build');
  expect(stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 1 model

    error DBL2301: the check "staging.agencies.a_missing" failed: no-such-program --strict could not be started: no such program is in PATH
      models/properties.yaml:4:9
        |
      4 |       - command: { name: a_missing, command: no-such-program --strict }
        |         ^^^^^^^

    error DBL2301: the check "staging.agencies.b_missing_file" failed: scripts/no_such_file.py could not be started: there is no such file in FOLDER
      models/properties.yaml:5:9
        |
      5 |       - command: { name: b_missing_file, command: scripts/no_such_file.py }
        |         ^^^^^^^

    error DBL2301: the check "staging.agencies.c_not_executable" failed: scripts/plain.txt could not be started: it is not executable for this user
      models/properties.yaml:6:9
        |
      6 |       - command: { name: c_not_executable, command: scripts/plain.txt }
        |         ^^^^^^^

    error DBL2301: the check "staging.agencies.d_silent" failed: sh -c exit 1 exited with 1
      models/properties.yaml:7:9
        |
      7 |       - command: { name: d_silent, command: [sh, -c, exit 1] }
        |         ^^^^^^^

    error DBL2301: the check "staging.agencies.e_killed" failed: sh -c kill -9 $$ was ended by SIGKILL
      models/properties.yaml:8:9
        |
      8 |       - command: { name: e_killed, command: [sh, -c, kill -9 $$] }
        |         ^^^^^^^

    error DBL2301: the check "staging.agencies.f_talks" failed: sh … exited with 42: the last is the reason
        line 3 of many that nobody reads
        line 4 of many that nobody reads
        line 5 of many that nobody reads
        line 6 of many that nobody reads
        the last is the reason
      models/properties.yaml:9:9
        |
      9 |       - command:
        |         ^^^^^^^

    error DBL2301: the check "staging.agencies.g_leaks" failed: sh -c echo "cannot log in with $PGPASSWORD"; exit 2 exited with 2: cannot log in with ***
      models/properties.yaml:12:9
         |
      12 |       - command: { name: g_leaks, command: [sh, -c, 'echo "cannot log in with $PGPASSWORD"; …
         |         ^^^^^^^

    1 of 1  failed     staging.agencies                          4 rows TIME

    "
  `);
  expect(stdout).toMatchInlineSnapshot(`
    "failed
      staging.agencies: the check "staging.agencies.a_missing" failed: no-such-program --strict could not be started: no such program is in PATH (and 6 more)
        at models/properties.yaml:4:9
        to look at: staging_dev__work.agencies

    build of staging_dev failed after TIME: 1 failed

    next
      dbl build --target staging_dev --select staging.agencies+  when it is mended
    "
  `);
  expect(code).toBe(1);
  expect(await remembered(database)).toMatchInlineSnapshot(`
    [
      "staging.agencies.a_missing fail error - without sql",
      "staging.agencies.b_missing_file fail error - without sql",
      "staging.agencies.c_not_executable fail error - without sql",
      "staging.agencies.d_silent fail error - without sql",
      "staging.agencies.e_killed fail error - without sql",
      "staging.agencies.f_talks fail error - without sql",
      "staging.agencies.g_leaks fail error - without sql",
      "staging.agencies.h_good pass error - without sql",
    ]
  `);
  // Nor is it in what the database remembers.
  const password = decodeURIComponent(new URL(urlWithPassword(database)).password);
  const audit = await database.query('SELECT * FROM dbluigi.node_runs');
  expect(JSON.stringify(audit)).toContain('a_missing');
  expect(JSON.stringify(audit)).not.toContain(password);

  const seen = await said({ project, database }, 'build', '--log-format', 'json');
  const events = seen.stdout.trim().split('\n').map((line): unknown => JSON.parse(line));
  expect(events).toContainEqual(
    expect.objectContaining({ check_id: 'staging.agencies.h_good', status: 'pass', message: 'passed: model.staging.agencies is staging_dev__work.agencies in staging_dev__work of DATABASE' }),
  );
});

test('row_count_ratio: nothing to compare with, then too few and too many, and what was published stays', async () => {
  const properties = `models:
  - name: months
    checks:
      - row_count_ratio: { min: 0.9, max: 1.5 }
      - row_count_ratio: { min: 1, against: production, name: grows }
`;
  const project = withProject({ ...config, 'models/POPULATE-staging-months.sql': "select n from generate_series(1, {{ var('count') }}) as n\n", 'models/properties.yaml': properties });
  const database = await createTestDatabase();
  const build = (count: number) => said({ project, database }, 'build', '--vars', JSON.stringify({ count }));

  const first = await build(10);
  expect(first.stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 1 model
    notice: the check "staging.months.row_count_ratio" passes: nothing is published yet to compare with
    notice: the check "staging.months.grows" passes: nothing is in production yet to compare with
    1 of 1  built      staging_dev.months                       10 rows TIME

    "
  `);
  expect(first.code).toBe(0);

  await database.query('CREATE SCHEMA staging; CREATE TABLE staging.months AS SELECT FROM generate_series(1, 12)');
  const fewer = await build(5);
  expect(fewer.stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 1 model

    error DBL2301: the check "staging.months.row_count_ratio" failed: 5 rows, 0.500 times the 10 of staging_dev.months, 0.9 to 1.5 expected
      models/properties.yaml:4:9
        |
      4 |       - row_count_ratio: { min: 0.9, max: 1.5 }
        |         ^^^^^^^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.months

    error DBL2301: the check "staging.months.grows" failed: 5 rows, 0.417 times the 12 of staging.months, at least 1 expected
      models/properties.yaml:5:9
        |
      5 |       - row_count_ratio: { min: 1, against: production, name: grows }
        |         ^^^^^^^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.months

    1 of 1  failed     staging.months                            5 rows TIME

    "
  `);
  expect(fewer.stdout).toMatchInlineSnapshot(`
    "failed
      staging.months: the check "staging.months.row_count_ratio" failed: 5 rows, 0.500 times the 10 of staging_dev.months, 0.9 to 1.5 expected (and 1 more)
        at models/properties.yaml:4:9
        to look at: staging_dev__work.months

    build of staging_dev failed after TIME: 1 failed

    next
      dbl build --target staging_dev --select staging.months+  when it is mended
    "
  `);
  expect(fewer.code).toBe(1);

  await database.query('DELETE FROM staging_dev.months');
  const none = await build(1);
  expect(none.stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 1 model

    error DBL2301: the check "staging.months.row_count_ratio" failed: 1 row, and none in staging_dev.months, 0.9 to 1.5 expected
      models/properties.yaml:4:9
        |
      4 |       - row_count_ratio: { min: 0.9, max: 1.5 }
        |         ^^^^^^^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.months

    error DBL2301: the check "staging.months.grows" failed: 1 row, 0.083 times the 12 of staging.months, at least 1 expected
      models/properties.yaml:5:9
        |
      5 |       - row_count_ratio: { min: 1, against: production, name: grows }
        |         ^^^^^^^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.months

    1 of 1  failed     staging.months                             1 row TIME

    "
  `);
  expect(none.code).toBe(1);
  expect(await database.query('SELECT count(*) FROM staging_dev.months')).toEqual([{ count: '0' }]);
});

test('dbl test: the same of what the target holds, and of production; what is not there is not run', async () => {
  const project = withProject({
    ...config,
    'models/POPULATE-staging-agencies.sql': agencies,
    'models/properties.yaml': `models:
  - name: agencies
    columns:
      - name: name
        checks: [not_null]
    checks:
      - row_count: { max: 4 }
      - row_count_ratio: { min: 1 }
`,
    'tests/no_villages.sql': "select id from {{ ref('agencies') }} where kind = 'village'\n",
  });
  const database = await createTestDatabase();
  const nothing = await said({ project, database }, 'test');
  expect(nothing.stderr).toMatchInlineSnapshot(`
    "warning DBL2303: 4 checks are not run: "staging_dev.agencies" is not there
      hint: Build it first, or choose with --select what is there.

    "
  `);
  expect(nothing.stdout).toMatchInlineSnapshot(`
    "warnings
      4 checks are not run: "staging_dev.agencies" is not there

    nothing to test in staging_dev
    "
  `);
  expect(nothing.code).toBe(0);

  await database.query("CREATE SCHEMA staging_dev; CREATE TABLE staging_dev.agencies AS SELECT n AS id, nullif(n, 2)::text AS name, 'city' AS kind FROM generate_series(1, 5) AS n");
  const target = await said({ project, database }, 'test');
  expect(target.stderr).toMatchInlineSnapshot(`
    "test of staging_dev (staging_dev): 4 checks
    1 of 4  fail   staging.agencies.row_count TIME
    2 of 4  pass   staging.agencies.row_count_ratio TIME
    notice: the check "staging.agencies.row_count_ratio" passes: nothing is published yet to compare with
    3 of 4  fail   staging.agencies.not_null.name TIME
    4 of 4  pass   test.no_villages TIME

    error DBL2301: the check "staging.agencies.row_count" failed: 5 rows, at most 4 expected
      models/properties.yaml:7:9
        |
      7 |       - row_count: { max: 4 }
        |         ^^^^^^^^^
      the query:
        SELECT pg_catalog.count(*) AS rows FROM staging_dev.agencies

    error DBL2301: the check "staging.agencies.not_null.name" failed: 1 failing row
      models/properties.yaml:5:18
        |
      5 |         checks: [not_null]
        |                  ^^^^^^^^
         id | name | kind
        ----+------+------
          2 | NULL | city
      all of them:
        select *
        from staging_dev.agencies
        where (name is null)

    "
  `);
  expect(target.stdout).toMatchInlineSnapshot(`
    "failed
      staging.agencies.row_count: 5 rows, at most 4 expected
        at models/properties.yaml:7:9
      staging.agencies.not_null.name: 1 failing row
        at models/properties.yaml:5:18

    test of staging_dev failed after TIME: 2 checks pass, 2 fail
    "
  `);
  expect(target.code).toBe(1);

  await database.query("CREATE SCHEMA staging; CREATE TABLE staging.agencies AS SELECT 1 AS id, 'x' AS name, 'village' AS kind");
  const production = await said({ project, database }, 'test', '--production', '--select', 'no_villages');
  expect(production.stderr).toMatchInlineSnapshot(`
    "test --production of staging_dev (staging): 1 check
    1 of 1  fail   test.no_villages TIME

    error DBL2301: the check "test.no_villages" failed: 1 failing row
      tests/no_villages.sql:1:1
        |
      1 | select id from {{ ref('agencies') }} where kind = 'village'
        | ^
         id
        ----
          1
      all of them:
        select id from staging.agencies where kind = 'village'

    "
  `);
  expect(production.stdout).toMatchInlineSnapshot(`
    "failed
      test.no_villages: 1 failing row
        at tests/no_villages.sql:1:1

    test --production of staging_dev failed after TIME: 1 check fails
    "
  `);
  expect(production.code).toBe(1);
});

test('a test of two models of which none comes last publishes both or none', async () => {
  const project = withProject({
    ...config,
    'models/POPULATE-staging-left.sql': 'select n as id from generate_series(1, 3) as n\n',
    'models/POPULATE-staging-right.sql': 'select n as id from generate_series(2, 4) as n\n',
    'models/POPULATE-staging-below.sql': "select id from {{ ref('left') }}\n",
    'tests/same.sql': "select id from {{ ref('left') }} full join {{ ref('right') }} using (id)\nwhere id not in (2, 3)\n",
  });
  const database = await createTestDatabase();
  const { code, stdout, stderr } = await said({ project, database }, 'build', '--threads', '1');
  expect(stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 3 models

    error DBL2301: the check "test.same" failed: 2 failing rows
      tests/same.sql:1:1
        |
      1 | select id from {{ ref('left') }} full join {{ ref('right') }} using (id)
        | ^
         id
        ----
          1
          4
      all of them:
        select id from staging_dev__work."left" full join staging_dev__work."right" using (id)
        where id not in (2, 3)

    1 of 3  failed     staging.left                              3 rows TIME
    2 of 3  held       staging_dev__work."right"                 3 rows TIME
      a check of its publish group failed
    3 of 3  skipped    staging.below                     "staging.left" failed

    "
  `);
  expect(stdout).toMatchInlineSnapshot(`
    "slowest
      staging.right TIME  3 rows

    held, for a look by hand
      staging_dev__work."right"

    skipped, for what they read is not there
      staging.below

    failed
      staging.left: the check "test.same" failed: 2 failing rows
        at tests/same.sql:1:1
        to look at: staging_dev__work."left"

    build of staging_dev failed after TIME: 1 held (3 rows), 1 failed, 1 skipped

    next
      dbl build --target staging_dev --select staging.left+ staging.right+  when it is mended
    "
  `);
  expect(code).toBe(1);
  expect(await database.query("SELECT relname FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace")).toEqual([]);
});
