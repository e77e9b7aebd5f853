import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { withProject } from '../../harness/index.js';
import { said } from '../said.js';
import { logged, refused, written } from './refused.js';

vi.setConfig({ testTimeout: 120_000 });

const project = {
  'dbluigi.config.ts': 'export default {}\n',
  'models/POPULATE-staging-agencies.sql': "select 1 as id, 'Ada Police' as name, 'city' as kind\n",
  'models/POPULATE-staging-months.sql': 'select id as agency_id, 1 as month from agencies\n',
};

describe('what is described', () => {
  test('a model that there is not, or that could be two, or that is a source', async () => {
    const stderr = await refused({
      ...project,
      'models/POPULATE-api-months.sql': 'select * from staging.months\n',
      'models/properties.yaml': `models:
  - name: agencis
  - name: months
  - name: stagin.agencies
  - name: staging.months
  - name: raw.events
  - name: events
  - name: tests
sources:
  - name: raw
    tables:
      - name: events
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1401: no model is named "agencis"
        models/properties.yaml:2:11
          |
        2 |   - name: agencis
          |           ^^^^^^^
        hint: Did you mean "agencies"?

      error DBL1401: "months" could be "api.months" or "staging.months"
        models/properties.yaml:3:11
          |
        3 |   - name: months
          |           ^^^^^^
        hint: Write the schema before the name.

      error DBL1401: no model is named "stagin.agencies"
        models/properties.yaml:4:11
          |
        4 |   - name: stagin.agencies
          |           ^^^^^^^^^^^^^^^
        hint: Did you mean "staging.agencies"?

      error DBL1401: no model is named "raw.events"
        models/properties.yaml:6:11
          |
        6 |   - name: raw.events
          |           ^^^^^^^^^^
        hint: Tables of the source "raw" are described under "sources:".

      error DBL1401: no model is named "events"
        models/properties.yaml:7:11
          |
        7 |   - name: events
          |           ^^^^^^
        hint: Tables of the source "raw" are described under "sources:".

      error DBL1401: no model is named "tests"
        models/properties.yaml:8:11
          |
        8 |   - name: tests
          |           ^^^^^

      6 errors
      "
    `);
  });

  test('something twice: a model in two files, a column, a table of a source, a key', async () => {
    const stderr = await refused({
      ...project,
      'models/a.yaml': 'models:\n  - name: agencies\n    columns:\n      - name: id\n      - name: name\n      - name: id\n',
      'models/b/b.yml': 'models:\n  - name: staging.agencies\n  - name: months\n    description: One.\n    description: Two.\n',
      'models/c.yaml': 'sources:\n  - name: raw\n    tables: [{name: events}]\n  - name: raw\n    tables: [{name: offences}, {name: events}]\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1411: the model "agencies" is described twice
        models/a.yaml:2:11
          |
        2 |   - name: agencies
          |           ^^^^^^^^
        the other one: models/b/b.yml:2:11

      error DBL1413: the column "id" is described twice
        models/a.yaml:4:15
          |
        4 |       - name: id
          |               ^^
        the other one: models/a.yaml:6:15

      error DBL1413: the column "id" is described twice
        models/a.yaml:6:15
          |
        6 |       - name: id
          |               ^^
        the other one: models/a.yaml:4:15

      error DBL1411: the model "staging.agencies" is described twice
        models/b/b.yml:2:11
          |
        2 |   - name: staging.agencies
          |           ^^^^^^^^^^^^^^^^
        the other one: models/a.yaml:2:11

      error DBL1405: the key "description" occurs twice
        models/b/b.yml:5:5
          |
        5 |     description: Two.
          |     ^^^^^^^^^^^
        it occurs here first: models/b/b.yml:4:5

      error DBL1412: the table "events" of the source "raw" is declared twice
        models/c.yaml:3:21
          |
        3 |     tables: [{name: events}]
          |                     ^^^^^^
        the other one: models/c.yaml:5:39

      error DBL1412: the table "events" of the source "raw" is declared twice
        models/c.yaml:5:39
          |
        5 |     tables: [{name: offences}, {name: events}]
          |                                       ^^^^^^
        the other one: models/c.yaml:3:21

      7 errors
      "
    `);
  });
});

describe('keys and values', () => {
  test('keys that there are not, at every level', async () => {
    const stderr = await refused({
      ...project,
      'models/properties.yaml': `version: 2
model: []
models:
  - name: agencies
    descripton: Who reports.
    colums: []
    config: { materialised: view, post_hook: x }
    columns:
      - name: id
        desc: A number.
        test: [unique]
      - nam: kind
sources:
  - name: raw
    shema: hub
    tables:
      - name: events
        identifer: Events
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1406: unknown key "model" in a file of properties
        models/properties.yaml:2:1
          |
        2 | model: []
          | ^^^^^
        hint: Did you mean "models"?

      error DBL1406: unknown key "descripton" in a model
        models/properties.yaml:5:5
          |
        5 |     descripton: Who reports.
          |     ^^^^^^^^^^
        hint: Did you mean "description"?

      error DBL1406: unknown key "colums" in a model
        models/properties.yaml:6:5
          |
        6 |     colums: []
          |     ^^^^^^
        hint: Did you mean "columns"?

      error DBL1406: unknown key "materialised" in "config"
        models/properties.yaml:7:15
          |
        7 |     config: { materialised: view, post_hook: x }
          |               ^^^^^^^^^^^^
        hint: Did you mean "materialized"?

      error DBL1406: unknown key "post_hook" in "config"
        models/properties.yaml:7:35
          |
        7 |     config: { materialised: view, post_hook: x }
          |                                   ^^^^^^^^^
        hint: The keys are "materialized", "tags", "indexes".

      error DBL1406: unknown key "desc" in a column
        models/properties.yaml:10:9
           |
        10 |         desc: A number.
           |         ^^^^
        hint: Did you mean "description"?

      error DBL1406: unknown key "test" in a column
        models/properties.yaml:11:9
           |
        11 |         test: [unique]
           |         ^^^^
        hint: Did you mean "tests" or "data_tests"?

      error DBL1406: unknown key "nam" in a column
        models/properties.yaml:12:9
           |
        12 |       - nam: kind
           |         ^^^
        hint: Did you mean "name"?

      error DBL1406: unknown key "shema" in a source
        models/properties.yaml:15:5
           |
        15 |     shema: hub
           |     ^^^^^
        hint: Did you mean "schema"?

      error DBL1406: unknown key "identifer" in a table of a source
        models/properties.yaml:18:9
           |
        18 |         identifer: Events
           |         ^^^^^^^^^
        hint: Did you mean "identifier"?

      10 errors
      "
    `);
  });

  test('values of the wrong kind', async () => {
    const stderr = await refused({
      ...project,
      'models/a.yaml': 'version: 1\nmodels:\n  name: agencies\nsources: raw\n',
      'models/b.yaml': `models:
  - agencies
  - name: 2024
  - name: ""
  - description: Who is it?
  -
  - name: [agencies]
  - name: agencies
    description: [a, b]
    tags: [daily, 7]
    meta: none
    columns:
      - id
      - name:
    config:
      materialized: incremental
      indexes: [{columns: [], uniqe: true}]
    checks: not_null
`,
      'models/c.yaml': '- name: agencies\n',
      'models/d.yaml': 'agencies\n',
      'models/e.yaml': 'sources:\n  - tables: []\n  - name: raw\n    tables: [{}]\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1409: "version" must be 2
        models/a.yaml:1:10
          |
        1 | version: 1
          |          ^
        hint: dbl reads version 2 of dbt's properties; the key may be left out.

      error DBL1407: "models" must be a list, not a map
        models/a.yaml:3:3
          |
        3 |   name: agencies
          |   ^^^^^^^^^^^^^^

      error DBL1407: "sources" must be a list, not a text
        models/a.yaml:4:10
          |
        4 | sources: raw
          |          ^^^

      error DBL1407: a model must be a map, not a text
        models/b.yaml:2:5
          |
        2 |   - agencies
          |     ^^^^^^^^
        hint: Write "name: agencies".

      error DBL1407: "name" must be a text, not a number
        models/b.yaml:3:11
          |
        3 |   - name: 2024
          |           ^^^^
        hint: Put quotes around it: "2024".

      error DBL1409: "name" must not be empty
        models/b.yaml:4:11
          |
        4 |   - name: ""
          |           ^^

      error DBL1408: a model needs "name"
        models/b.yaml:5:5
          |
        5 |   - description: Who is it?
          |     ^^^^^^^^^^^^^^^^^^^^^^^

      error DBL1407: a model must be a map, not empty
        models/b.yaml:6:4
          |
        6 |   -
          |    ^

      error DBL1407: "name" must be a text, not a list
        models/b.yaml:7:11
          |
        7 |   - name: [agencies]
          |           ^^^^^^^^^^

      error DBL1407: "description" must be a text, not a list
        models/b.yaml:9:18
          |
        9 |     description: [a, b]
          |                  ^^^^^^

      error DBL1407: a tag must be a text, not a number
        models/b.yaml:10:19
           |
        10 |     tags: [daily, 7]
           |                   ^
        hint: Put quotes around it: "7".

      error DBL1407: "meta" must be a map, not a text
        models/b.yaml:11:11
           |
        11 |     meta: none
           |           ^^^^

      error DBL1407: a column must be a map, not a text
        models/b.yaml:13:9
           |
        13 |       - id
           |         ^^
        hint: Write "name: id".

      error DBL1408: a column needs "name"
        models/b.yaml:14:9
           |
        14 |       - name:
           |         ^^^^

      error DBL1256: "materialized" must be "table" or "view", not "incremental"
        models/b.yaml:16:21
           |
        16 |       materialized: incremental
           |                     ^^^^^^^^^^^
        hint: Every build makes the table anew: write "table".

      error DBL1256: "indexes" must be a list such as [{columns: ['id'], unique: true, type: 'btree'}], not [{"columns":[],"uniqe":true}]
        models/b.yaml:17:16
           |
        17 |       indexes: [{columns: [], uniqe: true}]
           |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      error DBL1407: "checks" must be a list, not a text
        models/b.yaml:18:13
           |
        18 |     checks: not_null
           |             ^^^^^^^^

      error DBL1407: a file of properties must be a map, not a list
        models/c.yaml:1:1
          |
        1 | - name: agencies
          | ^^^^^^^^^^^^^^^^

      error DBL1407: a file of properties must be a map, not a text
        models/d.yaml:1:1
          |
        1 | agencies
          | ^^^^^^^^

      error DBL1408: a source needs "name"
        models/e.yaml:2:5
          |
        2 |   - tables: []
          |     ^^^^^^^^^^

      error DBL1408: a table of a source needs "name"
        models/e.yaml:4:14
          |
        4 |     tables: [{}]
          |              ^^

      21 errors
      "
    `);
  });
});

describe('YAML that cannot be read', () => {
  test('each file on its own', async () => {
    const stderr = await refused({
      ...project,
      'models/a.yaml': 'models:\n\t- name: agencies\n',
      'models/b.yaml': 'models:\n  - name: agencies\n   columns: []\n',
      'models/c.yaml': 'models:\n  - name: agencies\n    description: rates: per year\n',
      'models/d.yaml': "models:\n  - name: agencies\n    description: {{ doc('agencies') }}\n",
      'models/e.yaml': 'models: [{name: agencies]\n',
      'models/f.yaml': 'models: []\n---\nsources: []\n',
      'models/g.yaml': 'models:\n  - name: agencies\n    description "Who reports."\n',
      'models/h.yaml': 'models:\n  - name: "agencies\n',
      'models/i.yaml': 'models:\n  - *agencies\n',
      'models/j.yaml': 'models:\n  - name: @agencies\n',
      'models/k.yaml': 'models:\n  - name: agencies\n    tags: &t [*t]\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1403: invalid YAML: tabs are not allowed as indentation
        models/a.yaml:2:1
          |
        2 |     - name: agencies
          | ^^^^
        hint: YAML is indented with spaces.

      error DBL1403: invalid YAML: sequence item without - indicator
        models/b.yaml:3:1
          |
        3 |    columns: []
          | ^
        hint: Keys of one map begin in the same column.

      error DBL1403: invalid YAML: nested mappings are not allowed in compact mappings
        models/c.yaml:3:18
          |
        3 |     description: rates: per year
          |                  ^
        hint: A text that holds ": " needs quotes around it.

      error DBL1411: the model "agencies" is described twice
        models/d.yaml:2:11
          |
        2 |   - name: agencies
          |           ^^^^^^^^
        the other one: models/k.yaml:2:11

      error DBL1407: a template needs quotes around it
        models/d.yaml:3:18
          |
        3 |     description: {{ doc('agencies') }}
          |                  ^^^^^^^^^^^^^^^^^^^^
        hint: In YAML, a brace that is not in quotes begins a map.

      error DBL1403: invalid YAML: "}" is missing, or not indented
        models/e.yaml:1:25
          |
        1 | models: [{name: agencies]
          |                         ^

      error DBL1404: the file holds more than one YAML document
        models/f.yaml:2:1
          |
        2 | ---
          | ^^^
        hint: Put the second in a file of its own.

      error DBL1403: invalid YAML: implicit map keys need to be followed by map values
        models/g.yaml:3:5
          |
        3 |     description "Who reports."
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: A key ends in ":".

      error DBL1403: invalid YAML: a text in " is not closed
        models/h.yaml:3:1
          |
        3 |
          | ^

      error DBL1403: invalid YAML: no anchor is named "agencies"
        models/i.yaml:2:5
          |
        2 |   - *agencies
          |     ^^^^^^^^^

      error DBL1403: invalid YAML: plain value cannot start with reserved character @
        models/j.yaml:2:11
          |
        2 |   - name: @agencies
          |           ^
        hint: Put quotes around the text.

      error DBL1411: the model "agencies" is described twice
        models/k.yaml:2:11
          |
        2 |   - name: agencies
          |           ^^^^^^^^
        the other one: models/d.yaml:2:11

      error DBL1403: invalid YAML: the anchor "t" holds itself
        models/k.yaml:3:15
          |
        3 |     tags: &t [*t]
          |               ^^

      13 errors
      "
    `);
  });

  test('that is nested too deeply, or stands for more than fits into the memory', async () => {
    const rows = 'bcdefghij'.split('').map((name, index) => `      ${name}: &${name} [${Array(10).fill(`*${'abcdefghi'.charAt(index)}`).join(', ')}]\n`);
    const stderr = await refused({
      ...project,
      'models/a.yaml': `models: ${'['.repeat(20_000)}\n`,
      'models/b.yaml': `models:\n  - name: agencies\n    meta:\n      a: &a [${Array(10).fill('x').join(', ')}]\n${rows.join('')}`,
    });
    expect(stderr.replaceAll(/a\.yaml:1:\d+/g, 'a.yaml:1:COLUMN')).toMatchInlineSnapshot(`
      "error DBL1403: invalid YAML: the values are nested too deeply
        models/a.yaml:1:COLUMN
          |
        1 | …[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
          |                                               ^

      error DBL1403: invalid YAML: with "e" the file stands for more than 1000000 values
        models/b.yaml:9:42
          |
        9 |       f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
          |                                          ^^

      2 errors
      "
    `);
  });

  test('that is no text; a byte-order mark, CRLF and comments are no mistake', async () => {
    const files = withProject({ ...project, 'models/good.yaml': '\ufeff# Who reports.\r\nmodels:\r\n  - name: agencies # 🚓\r\n', 'models/empty.yaml': '', 'models/comment.yml': '# later\n' });
    expect(await said({ project: files }, 'compile')).toMatchObject({ code: 0, stdout: 'compiled 2 models, 0 tests, 0 sources to .dbl/compiled\n', stderr: '' });
    writeFileSync(path.join(files.folder, 'models/picture.yaml'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff]));
    writeFileSync(path.join(files.folder, 'models/nul.yaml'), 'models:\n  - name: "agen\0cies"\n');
    expect(await refused(files)).toMatchInlineSnapshot(`
      "error DBL1113: the file holds a NUL character, which no text in Postgres can hold
        models/nul.yaml:2:16
          |
        2 |   - name: "agen�cies"
          |                ^

      error DBL1112: the file is not valid UTF-8
        models/picture.yaml
        hint: It is no text at all.

      2 errors
      "
    `);
  });
});

describe('checks', () => {
  test('that there are not, in the wrong place, with wrong arguments', async () => {
    const stderr = await refused({
      ...project,
      'models/properties.yaml': `models:
  - name: agencies
    checks:
      - not_nul: { columns: [id] }
      - dbt_utils.unique_combination_of_columns: { combination_of_columns: [id, name] }
      - dbt_expectations.expect_column_to_exist
      - unique
      - accepted_values: { column: kind, value: [city] }
      - row_count: { min: 10, max: 1 }
      - expression: "id >"
        severity: warn
      - unique: [id]
        where: id > 0
    columns:
      - name: id
        checks: [not_null, row_count: { min: 1 }]
        tests: [unique]
      - name: kind
        checks:
          - accepted_values: { values: [city, null], severity: wran }
          - relationships: { to: ref('kinds') }
          - relationships: { to: ref('kinds'), field: id }
          - expression: length(kind >
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1414: unknown check "not_nul"
        models/properties.yaml:4:9
          |
        4 |       - not_nul: { columns: [id] }
          |         ^^^^^^^
        hint: Did you mean "not_null"?

      error DBL1414: unknown check "dbt_utils.unique_combination_of_columns"
        models/properties.yaml:5:9
          |
        5 |       - dbt_utils.unique_combination_of_columns: { combination_of_columns: [id, name] }
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: In dbl it is "unique" with "columns".

      error DBL1414: unknown check "dbt_expectations.expect_column_to_exist"
        models/properties.yaml:6:9
          |
        6 |       - dbt_expectations.expect_column_to_exist
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Write it as an "expression", or as a file in "tests".

      error DBL1408: the check "unique" needs "columns"
        models/properties.yaml:7:9
          |
        7 |       - unique
          |         ^^^^^^
        hint: Or move it to a column.

      error DBL1406: unknown key "value" in the check "accepted_values"
        models/properties.yaml:8:42
          |
        8 |       - accepted_values: { column: kind, value: [city] }
          |                                          ^^^^^
        hint: Did you mean "values"?

      error DBL1409: "min" is greater than "max": 10 and 1
        models/properties.yaml:9:27
          |
        9 |       - row_count: { min: 10, max: 1 }
          |                           ^^

      error DBL1407: a check has one key, its type; this one has "expression" and "severity"
        models/properties.yaml:11:9
           |
        11 |         severity: warn
           |         ^^^^^^^^
        hint: Write "- expression: { expression: …, severity: … }".

      error DBL1407: a check has one key, its type; this one has "unique" and "where"
        models/properties.yaml:13:9
           |
        13 |         where: id > 0
           |         ^^^^^
        hint: Write "- unique: { columns: …, where: … }".

      error DBL1415: "row_count" checks a table, not a column
        models/properties.yaml:16:28
           |
        16 |         checks: [not_null, row_count: { min: 1 }]
           |                            ^^^^^^^^^
        hint: Move it to the checks of the model.

      error DBL1416: checks stand under "checks" and under "tests"
        models/properties.yaml:17:9
           |
        17 |         tests: [unique]
           |         ^^^^^
        hint: They mean the same: put all into one list.

      error DBL1407: a value must be a text, a number, true or false, not null
        models/properties.yaml:20:47
           |
        20 |           - accepted_values: { values: [city, null], severity: wran }
           |                                               ^^^^
        hint: Null always passes: leave it out, and add "not_null" where it must not.

      error DBL1409: "severity" must be "error" or "warn", not "wran"
        models/properties.yaml:20:64
           |
        20 |           - accepted_values: { values: [city, null], severity: wran }
           |                                                                ^^^^
        hint: Did you mean "warn"?

      error DBL1408: the check "relationships" needs "field"
        models/properties.yaml:21:13
           |
        21 |           - relationships: { to: ref('kinds') }
           |             ^^^^^^^^^^^^^

      error DBL1452: no model is named "kinds"
        models/properties.yaml:22:34
           |
        22 |           - relationships: { to: ref('kinds'), field: id }
           |                                  ^^^^^^^^^^^^

      error DBL1453: the expression is not valid SQL: syntax error at end of input
        models/properties.yaml:23:38
           |
        23 |           - expression: length(kind >
           |                                      ^

      15 errors
      "
    `);
  });
});

describe('doc blocks', () => {
  test('that there are not, or twice, or without an end', async () => {
    const stderr = await refused({
      ...project,
      'models/docs.md': `{% docs agency %} Who reports. {% enddocs %}
{% docs month %} One. {% enddocs %}
{% docs month %} Two. {% enddocs %}
{% docs %} Nothing. {% enddocs %}
{% enddocs %}
{% docs year %}
`,
      'models/properties.yaml': `models:
  - name: agencies
    description: >
      🚓 Agencies:
      {{ doc('agencies') }}
    columns:
      - { name: id, description: "{{ doc('nothing') }}" }
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1418: the doc block "month" is defined twice
        models/docs.md:2:1
          |
        2 | {% docs month %} One. {% enddocs %}
          | ^^^^^^^^^^^^^^^^
        the other one: models/docs.md:3:1

      error DBL1418: the doc block "month" is defined twice
        models/docs.md:3:1
          |
        3 | {% docs month %} Two. {% enddocs %}
          | ^^^^^^^^^^^^^^^^
        the other one: models/docs.md:2:1

      error DBL1419: the doc block has no name
        models/docs.md:4:1
          |
        4 | {% docs %} Nothing. {% enddocs %}
          | ^^^^^^^^^^
        hint: Write {% docs a_name %}.

      error DBL1419: {% enddocs %} closes no doc block
        models/docs.md:5:1
          |
        5 | {% enddocs %}
          | ^^^^^^^^^^^^^

      error DBL1419: the doc block "year" is not closed
        models/docs.md:6:1
          |
        6 | {% docs year %}
          | ^^^^^^^^^^^^^^^
        hint: Write {% enddocs %} where it ends.

      error DBL1417: no doc block is named "agencies"
        models/properties.yaml:5:7
          |
        5 |       {{ doc('agencies') }}
          |       ^^^^^^^^^^^^^^^^^^^^^
        hint: Write {% docs agencies %} … {% enddocs %} in a file that ends in ".md", below "models".

      error DBL1417: no doc block is named "nothing"
        models/properties.yaml:7:35
          |
        7 |       - { name: id, description: "{{ doc('nothing') }}" }
          |                                   ^^^^^^^^^^^^^^^^^^^^
        hint: Write {% docs nothing %} … {% enddocs %} in a file that ends in ".md", below "models".

      7 errors
      "
    `);
  });
});

describe('warnings', () => {
  const files = {
    ...project,
    'models/POPULATE-api-agencies.sql': 'select *, 1 as one from staging.agencies\n',
    'models/POPULATE-api-events.sql': "select * from {{ source('raw', 'events') }}\n",
    'models/properties.yaml': `version: 2
models:
  - name: staging.agencies
    access: public
    constraints: []
    columns:
      - name: id
        quote: true
      - name: nam
      - name: population
  - name: api.agencies
    columns: [{ name: kinds }, { name: One }, { name: name }]
  - name: events
    columns: [{ name: only_the_database_knows }]
sources:
  - name: raw
    freshness: {}
    tables:
      - name: events
        checks: [not_null]
exposures: []
unit_tests: []
`,
  };

  test('stop nothing', async () => {
    const folder = withProject(files);
    const { code, stdout, stderr } = await said({ project: folder }, 'compile');
    expect(stderr).toMatchInlineSnapshot(`
      "warning DBL1410: dbl does not use "access"
        models/properties.yaml:4:5
          |
        4 |     access: public
          |     ^^^^^^

      warning DBL1410: dbl does not use "constraints"
        models/properties.yaml:5:5
          |
        5 |     constraints: []
          |     ^^^^^^^^^^^

      warning DBL1410: dbl does not use "quote"
        models/properties.yaml:8:9
          |
        8 |         quote: true
          |         ^^^^^

      warning DBL1402: "staging.agencies" has no column "nam"
        models/properties.yaml:9:15
          |
        9 |       - name: nam
          |               ^^^
        hint: Did you mean "name"?

      warning DBL1402: "staging.agencies" has no column "population"
        models/properties.yaml:10:15
           |
        10 |       - name: population
           |               ^^^^^^^^^^
        hint: It has "id", "name", "kind".

      warning DBL1402: "api.agencies" has no column "kinds"
        models/properties.yaml:12:23
           |
        12 |     columns: [{ name: kinds }, { name: One }, { name: name }]
           |                       ^^^^^
        hint: Did you mean "kind"?

      warning DBL1402: "api.agencies" has no column "One"
        models/properties.yaml:12:40
           |
        12 |     columns: [{ name: kinds }, { name: One }, { name: name }]
           |                                        ^^^
        hint: Did you mean "one"?

      warning DBL1410: dbl does not use "freshness"
        models/properties.yaml:17:5
           |
        17 |     freshness: {}
           |     ^^^^^^^^^

      warning DBL1420: checks on a source are not run
        models/properties.yaml:20:9
           |
        20 |         checks: [not_null]
           |         ^^^^^^
        hint: Check a model that reads it, or write a file in "tests".

      warning DBL1410: dbl does not use "exposures"
        models/properties.yaml:21:1
           |
        21 | exposures: []
           | ^^^^^^^^^

      warning DBL1410: dbl does not use "unit_tests"
        models/properties.yaml:22:1
           |
        22 | unit_tests: []
           | ^^^^^^^^^^

      11 warnings

      "
    `);
    expect([code, stdout]).toEqual([0, 'compiled 4 models, 0 tests, 1 source to .dbl/compiled\n']);
    expect([...written(folder).keys()]).toEqual([
      'compiled/api/agencies.sql',
      'compiled/api/events.sql',
      'compiled/staging/agencies.sql',
      'compiled/staging/months.sql',
      'manifest.json',
    ]);
    expect(await said({ project: folder }, 'compile', '--quiet')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('stand beside errors, and as JSON beside the result', async () => {
    const folder = withProject({ ...project, 'models/properties.yaml': "models:\n  - { name: agencies, description: '🚓', columns: [{ name: nam }] }\n" });
    const warning = {
      event: 'diagnostic',
      code: 'DBL1402',
      severity: 'warning',
      message: '"staging.agencies" has no column "nam"',
      file: 'models/properties.yaml',
      line: 2,
      column: 59,
      end_line: 2,
      end_column: 62,
      hint: 'Did you mean "name"?',
    };
    expect(await logged(folder, 'compile')).toEqual({ code: 0, diagnostics: [warning] });
    const before = written(folder);
    folder.write({ 'models/other.yaml': 'models:\n  - name: month\n' });
    const mistake = { code: 'DBL1401', severity: 'error', message: 'no model is named "month"', file: 'models/other.yaml', line: 2, column: 11, end_line: 2, end_column: 16 };
    expect(await logged(folder, 'compile')).toEqual({ code: 2, diagnostics: [{ event: 'diagnostic', ...mistake, hint: 'Did you mean "months"?' }, warning] });
    expect(written(folder)).toEqual(before);
  });
});
