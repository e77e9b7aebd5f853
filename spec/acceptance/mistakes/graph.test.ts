import { describe, expect, test, vi } from 'vitest';
import { createTestDatabase, withProject } from '../../harness/index.js';
import { said } from '../said.js';

vi.setConfig({ testTimeout: 120_000 });

const config = { 'dbluigi.config.ts': 'export default {}\n' };

describe('cycles', () => {
  test('by ref, by plain names, through a macro, through views of two schemas, in a branch that is not taken', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-ref_a.sql': "select *\nfrom {{ ref('ref_b') }}\n",
      'models/POPULATE-staging-ref_b.sql': "select * from {{ ref('ref_c') }}\n",
      'models/POPULATE-staging-ref_c.sql': "select id\nfrom (\n  select * from {{ ref('staging', 'ref_a') }}\n) as a\n",
      'models/POPULATE-staging-plain_a.sql': 'select *\nfrom staging.plain_b\n',
      'models/POPULATE-staging-plain_b.sql': 'select n from plain_a where n not in (select n from staging_dev.plain_a)\n',
      'macros/hidden.njk': "{% macro rows_of_a() %}\n(select * from {{ ref('macro_a') }})\n{% endmacro %}\n",
      'models/POPULATE-staging-macro_a.sql': "select * from {{ ref('macro_b') }}\n",
      'models/POPULATE-staging-macro_b.sql': 'select * from {{ rows_of_a() }} as a\n',
      'models/POPULATE-api-view_a.sql': "{{ config(materialized='view') }}\nselect * from staging.view_b\n",
      'models/POPULATE-staging-view_b.sql': "{{ config(materialized='view') }}\nselect * from {{ ref('api', 'view_a') }}\n",
      'models/POPULATE-staging-branch_a.sql': "{% if var('all', false) %}select n from {{ ref('branch_b') }}{% else %}select 1 as n{% endif %}\n",
      'models/POPULATE-staging-branch_b.sql': "select n from {{ ref('branch_a') }}\n",
      // Below a cycle, on none itself.
      'models/POPULATE-staging-reader.sql': "select * from {{ ref('ref_a') }}\n",
    });
    const { code, stdout, stderr } = await said({ project }, 'compile');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1501: models depend on each other in a cycle: api.view_a → staging.view_b → api.view_a
        models/POPULATE-api-view_a.sql:2:15
          |
        2 | select * from staging.view_b
          |               ^^^^^^^^^^^^^^
        api.view_a reads staging.view_b: models/POPULATE-api-view_a.sql:2:15
        staging.view_b reads api.view_a: models/POPULATE-staging-view_b.sql:2:18
        hint: Take one of these references out, or move what both sides need into a model of its own.

      error DBL1501: models depend on each other in a cycle: staging.branch_a → staging.branch_b → staging.branch_a
        models/POPULATE-staging-branch_a.sql:1:44
          |
        1 | …if var('all', false) %}select n from {{ ref('branch_b') }}{% else %}select 1 as n{% endif %}
          |                                          ^^^^^^^^^^^^^^^
        staging.branch_a reads staging.branch_b: models/POPULATE-staging-branch_a.sql:1:44
        staging.branch_b reads staging.branch_a: models/POPULATE-staging-branch_b.sql:1:18
        hint: Take one of these references out, or move what both sides need into a model of its own.

      error DBL1501: models depend on each other in a cycle: staging.macro_a → staging.macro_b → staging.macro_a
        models/POPULATE-staging-macro_a.sql:1:18
          |
        1 | select * from {{ ref('macro_b') }}
          |                  ^^^^^^^^^^^^^^
        staging.macro_a reads staging.macro_b: models/POPULATE-staging-macro_a.sql:1:18
        staging.macro_b reads staging.macro_a: macros/hidden.njk:2:19
        hint: Take one of these references out, or move what both sides need into a model of its own.

      error DBL1501: models depend on each other in a cycle: staging.plain_a → staging.plain_b → staging.plain_a
        models/POPULATE-staging-plain_a.sql:2:6
          |
        2 | from staging.plain_b
          |      ^^^^^^^^^^^^^^^
        staging.plain_a reads staging.plain_b: models/POPULATE-staging-plain_a.sql:2:6
        staging.plain_b reads staging.plain_a: models/POPULATE-staging-plain_b.sql:1:15
        hint: Take one of these references out, or move what both sides need into a model of its own.

      error DBL1501: models depend on each other in a cycle: staging.ref_a → staging.ref_b → staging.ref_c → staging.ref_a
        models/POPULATE-staging-ref_a.sql:2:9
          |
        2 | from {{ ref('ref_b') }}
          |         ^^^^^^^^^^^^
        staging.ref_a reads staging.ref_b: models/POPULATE-staging-ref_a.sql:2:9
        staging.ref_b reads staging.ref_c: models/POPULATE-staging-ref_b.sql:1:18
        staging.ref_c reads staging.ref_a: models/POPULATE-staging-ref_c.sql:3:20
        hint: Take one of these references out, or move what both sides need into a model of its own.

      5 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('two that share a model are one knot, told by its shortest way', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-hub.sql': "select * from {{ ref('far_1') }}, {{ ref('near') }}\n",
      'models/POPULATE-staging-near.sql': "select * from {{ ref('hub') }}\n",
      'models/POPULATE-staging-far_1.sql': "select * from {{ ref('far_2') }}\n",
      'models/POPULATE-staging-far_2.sql': "select * from {{ ref('hub') }}\n",
    });
    // No command that would need the graph goes on; nothing listens at the address, and nobody asks.
    const env = { DBL_DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/nothing' };
    for (const command of ['ls', 'build', 'test', 'promote']) {
      const { code, stdout, stderr } = await said({ project, env }, command);
      expect(stderr).toMatchInlineSnapshot(`
        "error DBL1501: models depend on each other in a cycle: staging.far_1 → staging.far_2 → staging.hub → staging.far_1
          models/POPULATE-staging-far_1.sql:1:18
            |
          1 | select * from {{ ref('far_2') }}
            |                  ^^^^^^^^^^^^
          staging.far_1 reads staging.far_2: models/POPULATE-staging-far_1.sql:1:18
          staging.far_2 reads staging.hub: models/POPULATE-staging-far_2.sql:1:18
          staging.hub reads staging.far_1: models/POPULATE-staging-hub.sql:1:18
          hint: Take one of these references out, or move what both sides need into a model of its own.

        1 error
        "
      `);
      expect([code, stdout]).toEqual([2, '']);
    }
  });

  test('a model that reads itself: by ref, as "this", by its plain name in a subquery', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-by_ref.sql': "select * from {{ ref('by_ref') }}\n",
      'models/POPULATE-staging-by_this.sql': 'select * from {{ this }}\n',
      'models/POPULATE-staging-by_name.sql': 'select 1 as n\nwhere 1 not in (\n  select n from by_name\n)\n',
      // A CTE of the model's own name is no reading of the model.
      'models/POPULATE-staging-by_cte.sql': 'with by_cte as (select 1 as n) select * from by_cte\n',
    });
    const { code, stdout, stderr } = await said({ project }, 'compile');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1502: staging.by_name reads itself
        models/POPULATE-staging-by_name.sql:3:17
          |
        3 |   select n from by_name
          |                 ^^^^^^^
        hint: A model is built anew from others: read what it once held from another table.

      error DBL1502: staging.by_ref reads itself
        models/POPULATE-staging-by_ref.sql:1:18
          |
        1 | select * from {{ ref('by_ref') }}
          |                  ^^^^^^^^^^^^^
        hint: A model is built anew from others: read what it once held from another table.

      error DBL1502: staging.by_this reads itself
        models/POPULATE-staging-by_this.sql:1:18
          |
        1 | select * from {{ this }}
          |                  ^^^^
        hint: A model is built anew from others: read what it once held from another table.

      3 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('parents that are not in the target', () => {
  const files = {
    ...config,
    'models/POPULATE-staging-agencies.sql': 'select 1 as id\n',
    'models/POPULATE-staging-months.sql': "select id, 12 as months from {{ ref('agencies') }}\n",
    'models/POPULATE-staging-years.sql': 'select agencies.id\nfrom staging.agencies\njoin months on months.id = agencies.id\n',
    'models/properties.yaml': `models:
  - name: loners
    checks:
      - relationships: { column: id, to: agencies, field: id }
`,
    'models/POPULATE-staging-loners.sql': 'select 1 as id\n',
    'tests/loners_are_agencies.sql': "select id from {{ ref('loners') }} where id not in (select id from {{ ref('months') }})\n",
  };

  test('the parents of a selected model, and how to build them too', async () => {
    const project = withProject(files);
    const database = await createTestDatabase();
    const refused = await said({ project, database }, 'build', '--select', 'years');
    expect(refused.stderr).toMatchInlineSnapshot(`
      "error DBL2101: "staging.years" reads "staging.agencies", which is not in "staging_dev"
        models/POPULATE-staging-years.sql:2:6
          |
        2 | from staging.agencies
          |      ^^^^^^^^^^^^^^^^
        hint: Build what it reads as well: --select +years

      error DBL2101: "staging.years" reads "staging.months", which is not in "staging_dev"
        models/POPULATE-staging-years.sql:3:6
          |
        3 | join months on months.id = agencies.id
          |      ^^^^^^
        hint: Build what it reads as well: --select +years
      "
    `);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'staging%'")).toEqual([]);
    expect(await database.query('SELECT status, exit_code FROM dbluigi.runs')).toEqual([{ status: 'failed', exit_code: '2' }]);

    const mended = await said({ project, database }, 'build', '--select', '+years', 'loners', '--quiet');
    expect(mended.stderr).toBe('');
    expect(mended.stdout).toBe('build of staging_dev is done: 4 built (4 rows), in TIME\n');
    expect(await database.query('SELECT id FROM staging_dev.years')).toEqual([{ id: '1' }]);
  });

  test('what a check of a selected model reads, and a test that cannot be run', async () => {
    const project = withProject(files);
    const database = await createTestDatabase();
    const { code, stdout, stderr } = await said({ project, database }, 'build', '--select', 'loners');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL2101: the check "staging.loners.relationships.id" reads "staging.agencies", which is not in "staging_dev"
        models/properties.yaml:4:9
          |
        4 |       - relationships: { column: id, to: agencies, field: id }
          |         ^^^^^^^^^^^^^
        hint: Build that as well: --select loners agencies

      warning DBL2303: the test "loners_are_agencies" is not run: it reads "staging.months", which is not in the target yet
        tests/loners_are_agencies.sql
        hint: Build the models that it reads once; then it gates every build.
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('what the database does not have', () => {
  test('sources: a near name, no near name, no schema; and relations that nobody declared', async () => {
    const project = withProject({
      'dbluigi.config.ts': "export default { undeclaredSources: 'allow' }\n",
      'models/sources.yaml': `sources:
  - name: hub
    tables:
      - name: agencys
      - name: offenses
      - name: months
        identifier: monthly_reports
  - name: archive
    schema: archive_2019
    tables:
      - name: agencies
`,
      'models/POPULATE-staging-a_two_sources.sql': "select *\nfrom {{ source('hub', 'agencys') }}\njoin {{ source('hub', 'offenses') }} using (ori)\n",
      'models/POPULATE-staging-b_other_name.sql': 'select * from hub.monthly_reports\n',
      'models/POPULATE-staging-c_no_schema.sql': "select * from {{ source('archive', 'agencies') }}\n",
      'models/POPULATE-staging-d_undeclared.sql': 'select *\nfrom hub.agencie, public.notes, elsewhere.things, nowhere\n',
      'models/POPULATE-staging-e_below.sql': "select * from {{ ref('a_two_sources') }}\n",
      'models/POPULATE-staging-f_good.sql': 'select ori from hub.agencies\n',
    });
    const database = await createTestDatabase();
    await database.query("CREATE SCHEMA hub; CREATE TABLE hub.agencies AS SELECT 'AK001' AS ori");
    const { code, stdout, stderr } = await said({ project, database }, 'build', '--threads', '1');
    expect(stderr).toMatchInlineSnapshot(`
      "build of staging_dev (staging_dev): 6 models

      error DBL2103: "hub.agencie" is neither a model nor a table of the database
        models/POPULATE-staging-d_undeclared.sql:2:6
          |
        2 | from hub.agencie, public.notes, elsewhere.things, nowhere
          |      ^^^^^^^^^^^
        hint: Did you mean "hub.agencies"?

      error DBL2103: "public.notes" is neither a model nor a table of the database
        models/POPULATE-staging-d_undeclared.sql:2:19
          |
        2 | from hub.agencie, public.notes, elsewhere.things, nowhere
          |                   ^^^^^^^^^^^^
        hint: The schema "public" is empty or does not exist.

      error DBL2103: "elsewhere.things" is neither a model nor a table of the database
        models/POPULATE-staging-d_undeclared.sql:2:33
          |
        2 | from hub.agencie, public.notes, elsewhere.things, nowhere
          |                                 ^^^^^^^^^^^^^^^^
        hint: The schema "elsewhere" is empty or does not exist.

      error DBL2103: "nowhere" is neither a model nor a table of the database
        models/POPULATE-staging-d_undeclared.sql:2:51
          |
        2 | from hub.agencie, public.notes, elsewhere.things, nowhere
          |                                                   ^^^^^^^
        hint: It was looked for in "staging_dev", "public".

      1 of 6  failed     staging.d_undeclared TIME

      error DBL2203: the source "hub.agencys" is not in the database
        models/POPULATE-staging-a_two_sources.sql:2:9
          |
        2 | from {{ source('hub', 'agencys') }}
          |         ^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "agencies"? The source is declared in models/sources.yaml.

      error DBL2203: the source "hub.offenses" is not in the database
        models/POPULATE-staging-a_two_sources.sql:3:9
          |
        3 | join {{ source('hub', 'offenses') }} using (ori)
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: The source is declared in models/sources.yaml.

      2 of 6  failed     staging.a_two_sources TIME
      3 of 6  skipped    staging.e_below                   "staging.a_two_sources" failed

      error DBL2203: the source "hub.monthly_reports" is not in the database
        models/POPULATE-staging-b_other_name.sql:1:15
          |
        1 | select * from hub.monthly_reports
          |               ^^^^^^^^^^^^^^^^^^^
        hint: The source is declared in models/sources.yaml.

      4 of 6  failed     staging.b_other_name TIME

      error DBL2203: the source "archive_2019.agencies" is not in the database
        models/POPULATE-staging-c_no_schema.sql:1:18
          |
        1 | select * from {{ source('archive', 'agencies') }}
          |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: The schema "archive_2019" is empty or does not exist. The source is declared in models/sources.yaml.

      5 of 6  failed     staging.c_no_schema TIME
      6 of 6  built      staging_dev.f_good                         1 row TIME

      "
    `);
    expect(stdout).toMatchInlineSnapshot(`
      "slowest
        staging.f_good TIME  1 row

      skipped, for what they read is not there
        staging.e_below

      failed
        staging.d_undeclared: "hub.agencie" is neither a model nor a table of the database (and 3 more)
          at models/POPULATE-staging-d_undeclared.sql:2:6
        staging.a_two_sources: the source "hub.agencys" is not in the database (and 1 more)
          at models/POPULATE-staging-a_two_sources.sql:2:9
        staging.b_other_name: the source "hub.monthly_reports" is not in the database
          at models/POPULATE-staging-b_other_name.sql:1:15
        staging.c_no_schema: the source "archive_2019.agencies" is not in the database
          at models/POPULATE-staging-c_no_schema.sql:1:18

      build of staging_dev failed after TIME: 1 built (1 row), 4 failed, 1 skipped

      next
        dbl build --target staging_dev --select staging.d_undeclared+ staging.a_two_sources+ staging.b_other_name+ staging.c_no_schema+  when it is mended
      "
    `);
    expect(code).toBe(1);
    expect(await database.query('SELECT ori FROM staging_dev.f_good')).toEqual([{ ori: 'AK001' }]);
    expect(await database.query('SELECT node, status, reason, line FROM dbluigi.node_runs ORDER BY node')).toMatchInlineSnapshot(`
      [
        {
          "line": "2",
          "node": "model.staging.a_two_sources",
          "reason": "the source "hub.agencys" is not in the database (and 1 more)",
          "status": "failed",
        },
        {
          "line": "1",
          "node": "model.staging.b_other_name",
          "reason": "the source "hub.monthly_reports" is not in the database",
          "status": "failed",
        },
        {
          "line": "1",
          "node": "model.staging.c_no_schema",
          "reason": "the source "archive_2019.agencies" is not in the database",
          "status": "failed",
        },
        {
          "line": "2",
          "node": "model.staging.d_undeclared",
          "reason": ""hub.agencie" is neither a model nor a table of the database (and 3 more)",
          "status": "failed",
        },
        {
          "line": null,
          "node": "model.staging.e_below",
          "reason": ""staging.a_two_sources" failed",
          "status": "skipped",
        },
        {
          "line": null,
          "node": "model.staging.f_good",
          "reason": null,
          "status": "success",
        },
      ]
    `);
  });
});

describe('what stands in the target and is not of dbl', () => {
  test('a table, a view, a sequence, a foreign table: none is replaced, and the rest is built', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-by_hand.sql': 'select 1 as id\n',
      'models/POPULATE-staging-numbers.sql': 'select 1 as id\n',
      'models/POPULATE-staging-seen.sql': "{{ config(materialized='view') }} select 1 as id\n",
      'models/POPULATE-staging-far.sql': 'select 1 as id\n',
      'models/POPULATE-staging-reader.sql': "select id from {{ ref('by_hand') }}\n",
      'models/POPULATE-staging-good.sql': 'select 1 as id\n',
    });
    const database = await createTestDatabase();
    await database.query(`
      CREATE SCHEMA staging_dev;
      CREATE TABLE staging_dev.by_hand AS SELECT 'mine' AS keep;
      CREATE VIEW staging_dev.seen AS SELECT 'mine' AS keep;
      CREATE SEQUENCE staging_dev.numbers;
      CREATE FOREIGN DATA WRAPPER nothing;
      CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
      CREATE FOREIGN TABLE staging_dev.far (id integer) SERVER nowhere`);
    const { code, stdout, stderr } = await said({ project, database }, 'build', '--threads', '1');
    expect(stderr).toMatchInlineSnapshot(`
      "build of staging_dev (staging_dev): 6 models

      error DBL2102: "staging_dev.by_hand" is a table that dbl did not make, so it is not replaced
        models/POPULATE-staging-by_hand.sql
        hint: Rename it, move it to another schema or drop it; then build again.

      1 of 6  failed     staging.by_hand TIME
      2 of 6  skipped    staging.reader                    "staging.by_hand" failed

      error DBL2102: "staging_dev.far" is a foreign table that dbl did not make, so it is not replaced
        models/POPULATE-staging-far.sql
        hint: Rename it, move it to another schema or drop it; then build again.

      3 of 6  failed     staging.far TIME

      error DBL2102: "staging_dev.numbers" is a sequence that dbl did not make, so it is not replaced
        models/POPULATE-staging-numbers.sql
        hint: Rename it, move it to another schema or drop it; then build again.

      4 of 6  failed     staging.numbers TIME

      error DBL2102: "staging_dev.seen" is a view that dbl did not make, so it is not replaced
        models/POPULATE-staging-seen.sql
        hint: Rename it, move it to another schema or drop it; then build again.

      5 of 6  failed     staging.seen TIME
      6 of 6  built      staging_dev.good                           1 row TIME

      "
    `);
    expect(stdout).toMatchInlineSnapshot(`
      "slowest
        staging.good TIME  1 row

      skipped, for what they read is not there
        staging.reader

      failed
        staging.by_hand: "staging_dev.by_hand" is a table that dbl did not make, so it is not replaced
          at models/POPULATE-staging-by_hand.sql
        staging.far: "staging_dev.far" is a foreign table that dbl did not make, so it is not replaced
          at models/POPULATE-staging-far.sql
        staging.numbers: "staging_dev.numbers" is a sequence that dbl did not make, so it is not replaced
          at models/POPULATE-staging-numbers.sql
        staging.seen: "staging_dev.seen" is a view that dbl did not make, so it is not replaced
          at models/POPULATE-staging-seen.sql

      build of staging_dev failed after TIME: 1 built (1 row), 4 failed, 1 skipped

      next
        dbl build --target staging_dev --select staging.by_hand+ staging.far+ staging.numbers+ staging.seen+  when it is mended
      "
    `);
    expect(code).toBe(1);
    expect(await database.query('SELECT keep FROM staging_dev.by_hand UNION ALL SELECT keep FROM staging_dev.seen')).toEqual([{ keep: 'mine' }, { keep: 'mine' }]);
    expect(await database.query("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace ORDER BY relname")).toEqual([
      { relname: 'by_hand', relkind: 'r' },
      { relname: 'far', relkind: 'f' },
      { relname: 'good', relkind: 'r' },
      { relname: 'numbers', relkind: 'S' },
      { relname: 'seen', relkind: 'v' },
    ]);
  });

  test('a dry run says the same, and does nothing', async () => {
    const project = withProject({
      ...config,
      'models/POPULATE-staging-by_hand.sql': "select * from {{ source('hub', 'nothing') }}, {{ source('hub', 'nobody') }}\n",
      'models/POPULATE-staging-good.sql': 'select 1 as id\n',
      'models/sources.yaml': 'sources: [{ name: hub, tables: [{ name: nothing }, { name: nobody }] }]\n',
    });
    const database = await createTestDatabase();
    await database.query('CREATE SCHEMA staging_dev; CREATE TABLE staging_dev.by_hand (keep text)');
    const { code, stdout, stderr } = await said({ project, database }, 'build', '--dry-run');
    expect(stderr).toBe('');
    expect(stdout).toMatchInlineSnapshot(`
      "refuse   model.staging.by_hand: "staging_dev.by_hand" is a table that dbl did not make, so it is not replaced
      refuse   model.staging.by_hand: the source "hub.nothing" is not in the database
      refuse   model.staging.by_hand: the source "hub.nobody" is not in the database
      build    table staging_dev__work.good
      publish  staging_dev.good
      "
    `);
    expect(code).toBe(0);
    expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname IN ('staging_dev__work', 'dbluigi')")).toEqual([]);
  });
});
