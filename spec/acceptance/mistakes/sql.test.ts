import { describe, expect, test, vi } from 'vitest';
import { withProject } from '../../harness/index.js';
import { said } from '../said.js';
import { logged, refused, written } from './refused.js';

vi.setConfig({ testTimeout: 120_000 });

const config = { 'dbluigi.config.ts': 'export default {}\n' };
const orders = { 'models/POPULATE-staging-orders.sql': 'select 1 as id, 2 as amount\n' };

/** One model for each text: `a`, `b`, … */
function models(...texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text, index) => [`models/POPULATE-staging-${String.fromCharCode(97 + index)}.sql`, `${text}\n`]));
}

describe('what Postgres cannot parse', () => {
  test('in plain text', async () => {
    const stderr = await refused({
      ...config,
      ...models(
        'select 1 as id\nfrm orders',
        'select id from -- which?\n',
        'select (1 + 2 as id',
        "select 'Ida''s as name\nfrom orders",
        'select "id from orders',
        'select $$id from orders',
        'select 1 /* why\nfrom orders',
        'select id, -- and amount\nfrom orders',
        'select id from orders where',
        'select * from a.b.c.d',
        'selec id from orders',
        'select id from orders limit ten percent',
      ),
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1301: syntax error at or near "frm"
        models/POPULATE-staging-a.sql:2:1
          |
        2 | frm orders
          | ^^^

      error DBL1301: syntax error at end of input
        models/POPULATE-staging-b.sql:1:15
          |
        1 | select id from -- which?
          |               ^

      error DBL1301: syntax error at or near "as"
        models/POPULATE-staging-c.sql:1:15
          |
        1 | select (1 + 2 as id
          |               ^^

      error DBL1301: unterminated quoted string
        models/POPULATE-staging-d.sql:1:8
          |
        1 | select 'Ida''s as name
          |        ^

      error DBL1301: unterminated quoted identifier
        models/POPULATE-staging-e.sql:1:8
          |
        1 | select "id from orders
          |        ^

      error DBL1301: unterminated dollar-quoted string
        models/POPULATE-staging-f.sql:1:8
          |
        1 | select $$id from orders
          |        ^^

      error DBL1301: unterminated /* comment
        models/POPULATE-staging-g.sql:1:10
          |
        1 | select 1 /* why
          |          ^^

      error DBL1301: syntax error at or near "from"
        models/POPULATE-staging-h.sql:2:1
          |
        2 | from orders
          | ^^^^
        hint: Is the comma before it one too many?

      error DBL1301: syntax error at end of input
        models/POPULATE-staging-i.sql:1:28
          |
        1 | select id from orders where
          |                            ^

      error DBL1301: improper qualified name (too many dotted names): a.b.c.d
        models/POPULATE-staging-j.sql:1:15
          |
        1 | select * from a.b.c.d
          |               ^

      error DBL1301: syntax error at or near "selec"
        models/POPULATE-staging-k.sql:1:1
          |
        1 | selec id from orders
          | ^^^^^

      error DBL1301: syntax error at or near "percent"
        models/POPULATE-staging-l.sql:1:33
          |
        1 | select id from orders limit ten percent
          |                                 ^^^^^^^

      12 errors
      "
    `);
  });

  test('in what other databases and programs understand', async () => {
    const stderr = await refused({
      ...config,
      ...models(
        'select `id` from orders',
        'select [id] from orders',
        'select top 10 id from orders',
        'select id from orders limit 10, 20',
        'select :id',
        "\\set year 2024\nselect :'year'",
        'select id from orders for system_time as of now()',
      ),
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1301: syntax error at or near "from"
        models/POPULATE-staging-a.sql:1:13
          |
        1 | select \`id\` from orders
          |             ^^^^
        hint: A name that needs quotes is written in double quotes.

      error DBL1301: syntax error at or near "["
        models/POPULATE-staging-b.sql:1:8
          |
        1 | select [id] from orders
          |        ^
        hint: A name that needs quotes is written in double quotes.

      error DBL1301: syntax error at or near "10"
        models/POPULATE-staging-c.sql:1:12
          |
        1 | select top 10 id from orders
          |            ^^
        hint: Write "LIMIT count" at the end of the query.

      error DBL1301: LIMIT #,# syntax is not supported
        models/POPULATE-staging-d.sql:1:23
          |
        1 | select id from orders limit 10, 20
          |                       ^
        hint: Write "LIMIT count OFFSET start".

      error DBL1301: syntax error at or near ":"
        models/POPULATE-staging-e.sql:1:8
          |
        1 | select :id
          |        ^
        hint: A variable is written {{ var('name') }}.

      error DBL1301: syntax error at or near "\\"
        models/POPULATE-staging-f.sql:1:1
          |
        1 | \\set year 2024
          | ^
        hint: Commands of psql, which begin with "\\", are not SQL.

      error DBL1301: syntax error at or near "system_time"
        models/POPULATE-staging-g.sql:1:27
          |
        1 | select id from orders for system_time as of now()
          |                           ^^^^^^^^^^^

      7 errors
      "
    `);
  });

  test('in the templates that it came from: macros, loops, includes, values', async () => {
    const stderr = await refused({
      'dbluigi.config.ts': "export default { vars: { columns: 'id id id' } };\n",
      ...orders,
      'macros/money.njk': `{% macro cents(column) %}
round({{ column }} / / 100.0, 2)
{%- endmacro %}
`,
      'macros/report.njk': `{% macro total(columns) %}
  {% for column in columns %}{{ cents(column) }} + {% endfor %}0
{%- endmacro %}
`,
      'macros/rows.sql': '{% if true %}\n  id,,\n{% endif %}\n  amount\n',
      ...models(
        "select '🚓' as car,\n  {{ total(['amount', 'id']) }} as total\nfrom orders",
        "select\n{%- for name in ['id', 'amount'] %}\n  {{ name }} as {{ name }}_2,\n{%- endfor %}\nfrom orders",
        "select\n  {% include 'rows.sql' %}\nfrom orders",
        "select {{ var('columns') }} from orders",
        "select {{ 'id' }} from {{ ref('orders') }} wher id = 1",
        "{% set filter %}\n  where id = = 1\n{% endset %}\nselect id from orders\n{{ filter }}",
        "select id from orders {{ ' where id' ~ ' = = 1' }}",
        "select id{% if false %}, amount{% else %},{% endif %}\nfrom orders",
      ),
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1301: syntax error at or near "/"
        macros/money.njk:2:22
          |
        2 | round({{ column }} / / 100.0, 2)
          |                      ^
        called from macros/report.njk:2:33
        called from models/POPULATE-staging-a.sql:2:6

      error DBL1301: syntax error at or near ","
        macros/rows.sql:2:6
          |
        2 |   id,,
          |      ^
        called from models/POPULATE-staging-c.sql:2:6
        hint: Is the comma before it one too many?

      error DBL1301: syntax error at or near "from"
        models/POPULATE-staging-b.sql:5:1
          |
        5 | from orders
          | ^^^^
        hint: Is the comma before it one too many?

      error DBL1301: syntax error at or near "id"
        models/POPULATE-staging-d.sql:1:11
          |
        1 | select {{ var('columns') }} from orders
          |           ^^^^^^^^^^^^^^

      error DBL1301: syntax error at or near "id"
        models/POPULATE-staging-e.sql:1:49
          |
        1 | select {{ 'id' }} from {{ ref('orders') }} wher id = 1
          |                                                 ^^

      error DBL1301: syntax error at or near "="
        models/POPULATE-staging-f.sql:2:14
          |
        2 |   where id = = 1
          |              ^
        called from models/POPULATE-staging-f.sql:5:4

      error DBL1301: syntax error at or near "="
        models/POPULATE-staging-g.sql:1:26
          |
        1 | select id from orders {{ ' where id' ~ ' = = 1' }}
          |                          ^^^^^^^^^^^

      error DBL1301: syntax error at or near "from"
        models/POPULATE-staging-h.sql:2:1
          |
        2 | from orders
          | ^^^^
        hint: Is the comma before it one too many?

      8 errors
      "
    `);
  });

  test('that is too deep for the parser, or endless; long and wide SQL is none of it', async () => {
    const project = withProject({
      ...config,
      ...models(
        `select ${'('.repeat(20_000)}1${')'.repeat(20_000)} as id`,
        `select ${'1, '.repeat(700_000)} 1 frm orders`,
        `select '${'x'.repeat(2_000_000)}`,
      ),
    });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1301: the SQL nests too deeply for the parser
        models/POPULATE-staging-a.sql:1:10004
          |
        1 | …((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((…
          |                                               ^

      error DBL1301: syntax error at or near "orders"
        models/POPULATE-staging-b.sql:1:2100015
          |
        1 | … 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1 frm orders
          |                                                                                        ^^^^^^

      error DBL1301: unterminated quoted string
        models/POPULATE-staging-c.sql:1:8
          |
        1 | select 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
          |        ^

      3 errors
      "
    `);
    project.write(
      models(
        Array.from({ length: 10_000 }, (_, n) => `select ${n} as id`).join(' union all '),
        `select 1 as id where ${'true and '.repeat(10_000)} true`,
        `select '${'x'.repeat(2_000_000)}' as id`,
      ),
    );
    expect(await said({ project }, 'compile')).toMatchObject({ code: 0, stdout: 'compiled 3 models, 0 tests, 0 sources to .dbl/compiled\n', stderr: '' });
  });
});

describe('what is no query', () => {
  test('several statements, other statements, none at all', async () => {
    const stderr = await refused({
      ...config,
      ...orders,
      ...models(
        'create temp table t as select 1;\nselect * from t;',
        'insert into staging.a select id from orders',
        'create table staging.b as select id from orders',
        'select id into staging.c from orders',
        'with gone as (delete from orders returning id)\nselect id from gone',
        '-- to be written\n/* soon */',
        '{% if false %}select 1{% endif %}',
        ';',
        'explain select 1',
        '-- comment first\nrefresh materialized view staging.x',
      ),
      'tests/several.sql': "select id from orders where id < 0;\n\nselect id from orders where amount is null;\n",
      'tests/other.sql': 'delete from staging.orders\n',
      'tests/none.sql': '-- nothing to test yet\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1303: the file holds 2 statements, one is expected
        models/POPULATE-staging-a.sql:2:1
          |
        2 | select * from t;
          | ^^^^^^
        hint: A POPULATE- file is one query, whose result becomes the table; take the other statements out.

      error DBL1304: INSERT is not a query
        models/POPULATE-staging-b.sql:1:1
          |
        1 | insert into staging.a select id from orders
          | ^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.

      error DBL1304: CREATE TABLE AS is not a query
        models/POPULATE-staging-c.sql:1:1
          |
        1 | create table staging.b as select id from orders
          | ^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.

      error DBL1304: SELECT INTO is not a query
        models/POPULATE-staging-d.sql:1:1
          |
        1 | select id into staging.c from orders
          | ^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.

      error DBL1304: the query changes data in a WITH clause
        models/POPULATE-staging-e.sql:1:1
          |
        1 | with gone as (delete from orders returning id)
          | ^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.

      error DBL1302: the file holds no SQL statement
        models/POPULATE-staging-f.sql:1:1
          |
        1 | -- to be written
          | ^
        hint: Write one query: SELECT …

      error DBL1302: the template gives no SQL statement
        models/POPULATE-staging-g.sql:1:1
          |
        1 | {% if false %}select 1{% endif %}
          | ^
        hint: Write one query: SELECT …

      error DBL1302: the file holds no SQL statement
        models/POPULATE-staging-h.sql:1:1
          |
        1 | ;
          | ^
        hint: Write one query: SELECT …

      error DBL1304: EXPLAIN is not a query
        models/POPULATE-staging-i.sql:1:1
          |
        1 | explain select 1
          | ^^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.

      error DBL1304: REFRESH MATERIALIZED VIEW is not a query
        models/POPULATE-staging-j.sql:2:1
          |
        2 | refresh materialized view staging.x
          | ^^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.

      error DBL1302: the file holds no SQL statement
        tests/none.sql:1:1
          |
        1 | -- nothing to test yet
          | ^
        hint: Write one query: SELECT …

      error DBL1304: DELETE is not a query
        tests/other.sql:1:1
          |
        1 | delete from staging.orders
          | ^^^^^^
        hint: Write a query (SELECT, WITH … SELECT, VALUES or TABLE); its rows are the failures.

      error DBL1303: the file holds 2 statements, one is expected
        tests/several.sql:3:1
          |
        3 | select id from orders where amount is null;
          | ^^^^^^
        hint: A test is one query, whose rows are the failures; take the other statements out.

      13 errors
      "
    `);
  });

  test('a semicolon at the end, VALUES, TABLE and WITH are good', async () => {
    const project = withProject({ ...config, ...orders, ...models('select 1 as id;\n-- done\n', 'values (1), (2)', 'table orders', 'with x as (select 1 as id) select * from x;') });
    expect(await said({ project }, 'compile')).toMatchObject({ code: 0, stdout: 'compiled 5 models, 0 tests, 0 sources to .dbl/compiled\n', stderr: '' });
  });
});

describe('tables that are not known', () => {
  const files = {
    ...orders,
    'models/POPULATE-marts-customers.sql': 'select 1 as id\n',
    'models/POPULATE-api-customers.sql': 'select 1 as id\n',
    'models/sources.yaml': 'sources:\n  - name: hub\n    schema: hub_2024\n    tables: [{name: offences}, {name: people, identifier: Persons}]\n',
    ...models(
      'select * from oders',
      'select * from stagin.orders join orders on true join staging_dev.orders o on true',
      'select * from customers',
      'with fresh as (select 1 as id) select * from fresh where exists (select from frsh)',
      'with early as (select * from late), late as (select 1 as id) select * from early',
      'select * from offenses, hub.offences, hub_2024.people, hub_2024."Persons"',
      'select * from "Orders", public.weapons, crime.public.weapons',
      'select * from orders where id in (select weapon_id from (select * from weapons) as w)',
      'select * from pg_class, pg_catalog.pg_tables, information_schema.columns, generate_series(1, 2), unnest(array[1])',
    ),
    'tests/customers.sql': 'select * from customers join oders on true join orders on true\n',
  };

  test('each is told where it stands, with the nearest names', async () => {
    expect(await refused({ ...config, ...files })).toMatchInlineSnapshot(`
      "error DBL1305: no model or source is named "oders"
        models/POPULATE-staging-a.sql:1:15
          |
        1 | select * from oders
          |               ^^^^^
        hint: Did you mean "orders"?

      error DBL1305: no model or source is named "stagin.orders"
        models/POPULATE-staging-b.sql:1:15
          |
        1 | select * from stagin.orders join orders on true join staging_dev.orders o on true
          |               ^^^^^^^^^^^^^
        hint: Did you mean "staging.orders"?

      error DBL1305: "customers" is neither in the schema "staging" nor in the search path
        models/POPULATE-staging-c.sql:1:15
          |
        1 | select * from customers
          |               ^^^^^^^^^
        hint: Did you mean "api.customers" or "marts.customers"?

      error DBL1305: no model or source is named "frsh"
        models/POPULATE-staging-d.sql:1:78
          |
        1 | with fresh as (select 1 as id) select * from fresh where exists (select from frsh)
          |                                                                              ^^^^
        hint: Did you mean "fresh"?

      error DBL1305: no model or source is named "late"
        models/POPULATE-staging-e.sql:1:30
          |
        1 | with early as (select * from late), late as (select 1 as id) select * from early
          |                              ^^^^
        hint: There is a CTE of this name, which is not visible here.

      error DBL1305: no model or source is named "offenses"
        models/POPULATE-staging-f.sql:1:15
          |
        1 | select * from offenses, hub.offences, hub_2024.people, hub_2024."Persons"
          |               ^^^^^^^^
        hint: Did you mean "hub_2024.offences"?

      error DBL1305: no model or source is named "hub.offences"
        models/POPULATE-staging-f.sql:1:25
          |
        1 | select * from offenses, hub.offences, hub_2024.people, hub_2024."Persons"
          |                         ^^^^^^^^^^^^
        hint: Did you mean "hub_2024.offences"?

      error DBL1305: no model or source is named "hub_2024.people"
        models/POPULATE-staging-f.sql:1:39
          |
        1 | select * from offenses, hub.offences, hub_2024.people, hub_2024."Persons"
          |                                       ^^^^^^^^^^^^^^^
        hint: Did you mean "hub_2024.Persons"?

      error DBL1305: no model or source is named "Orders"
        models/POPULATE-staging-g.sql:1:15
          |
        1 | select * from "Orders", public.weapons, crime.public.weapons
          |               ^^^^^^^^
        hint: Did you mean "orders"?

      error DBL1305: no model or source is named "public.weapons"
        models/POPULATE-staging-g.sql:1:25
          |
        1 | select * from "Orders", public.weapons, crime.public.weapons
          |                         ^^^^^^^^^^^^^^
        hint: Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.

      error DBL1305: no model or source is named "public.weapons"
        models/POPULATE-staging-g.sql:1:47
          |
        1 | select * from "Orders", public.weapons, crime.public.weapons
          |                                               ^^^^^^^^^^^^^^
        hint: Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.

      error DBL1305: no model or source is named "weapons"
        models/POPULATE-staging-h.sql:1:72
          |
        1 | select * from orders where id in (select weapon_id from (select * from weapons) as w)
          |                                                                        ^^^^^^^
        hint: Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.

      error DBL1305: "customers" is in more than one schema
        tests/customers.sql:1:15
          |
        1 | select * from customers join oders on true join orders on true
          |               ^^^^^^^^^
        hint: Did you mean "api.customers" or "marts.customers"?

      error DBL1305: no model or source is named "oders"
        tests/customers.sql:1:30
          |
        1 | select * from customers join oders on true join orders on true
          |                              ^^^^^
        hint: Did you mean "orders"?

      14 errors
      "
    `);
  });

  test("undeclaredSources: 'warn' lets them through, 'allow' in silence", async () => {
    const project = withProject({
      ...orders,
      'dbluigi.config.ts': "export default { undeclaredSources: 'warn', searchPath: ['hub'] };\n",
      ...models('select * from oders join public.weapons on true', 'select * from orders join crime.public.weapons on true'),
    });
    const { code, stdout, stderr } = await said({ project }, 'compile');
    expect([code, stdout]).toEqual([0, 'compiled 3 models, 0 tests, 0 sources to .dbl/compiled\n']);
    expect(stderr).toMatchInlineSnapshot(`
      "warning DBL1306: "oders" is not declared as a source
        models/POPULATE-staging-a.sql:1:15
          |
        1 | select * from oders join public.weapons on true
          |               ^^^^^
        hint: Did you mean "orders"?

      warning DBL1306: "public.weapons" is not declared as a source
        models/POPULATE-staging-a.sql:1:26
          |
        1 | select * from oders join public.weapons on true
          |                          ^^^^^^^^^^^^^^
        hint: Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.

      warning DBL1306: "public.weapons" is not declared as a source
        models/POPULATE-staging-b.sql:1:33
          |
        1 | select * from orders join crime.public.weapons on true
          |                                 ^^^^^^^^^^^^^^
        hint: Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.

      3 warnings

      "
    `);
    expect(await said({ project }, 'compile', 'a')).toMatchObject({ code: 0, stdout: 'select * from oders join public.weapons on true\n', stderr });
    expect(await said({ project }, 'compile', 'a', '--quiet')).toMatchObject({ code: 0, stdout: 'select * from oders join public.weapons on true\n', stderr: '' });
    project.write({ 'dbluigi.config.ts': "export default { undeclaredSources: 'allow' };\n" });
    expect(await said({ project }, 'compile')).toMatchObject({ code: 0, stdout, stderr: '' });
    // What ref() and source() name must be there all the same.
    project.write(models("select * from {{ ref('oders') }} join {{ source('public', 'weapons') }} on true"));
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1250: no model is named "oders"
        models/POPULATE-staging-a.sql:1:18
          |
        1 | select * from {{ ref('oders') }} join {{ source('public', 'weapons') }} on true
          |                  ^^^^^^^^^^^^
        hint: Did you mean "orders"?

      error DBL1250: no source is named "public"
        models/POPULATE-staging-a.sql:1:42
          |
        1 | select * from {{ ref('oders') }} join {{ source('public', 'weapons') }} on true
          |                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Declare it under "sources:" in a .yaml file below models/.

      2 errors
      "
    `);
  });
});

describe('names of columns', () => {
  test('too long for Postgres, or given twice', async () => {
    const long = 'the_number_of_months_that_the_agency_reported_in_the_calendar_year';
    const stderr = await refused({
      ...config,
      ...orders,
      ...models(
        `select 1 as ${long},\n  2 as "${'é'.repeat(32)}"\nfrom orders as ${long}_too`,
        "{% for name in ['id', 'amount'] %}{{ 'select ' if loop.first }}max({{ name }}){{ ', ' if not loop.last }}{% endfor %}\nfrom orders",
        "select o.id, o.amount, c.id, 'x', 1\nfrom orders as o\ncross join orders as c",
        `select 1 as ok -- ${long}\n, '${long}' as fine`,
      ),
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1307: the name has 66 bytes, and Postgres takes 63
        models/POPULATE-staging-a.sql:1:13
          |
        1 | select 1 as the_number_of_months_that_the_agency_reported_in_the_calendar_year,
          |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres would cut it. Shorten it by 3 bytes.

      error DBL1307: the name has 64 bytes, and Postgres takes 63
        models/POPULATE-staging-a.sql:2:8
          |
        2 |   2 as "éééééééééééééééééééééééééééééééé"
          |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres would cut it. Shorten it by 1 byte.

      error DBL1307: the name has 70 bytes, and Postgres takes 63
        models/POPULATE-staging-a.sql:3:16
          |
        3 | from orders as the_number_of_months_that_the_agency_reported_in_the_calendar_year_too
          |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Postgres would cut it. Shorten it by 7 bytes.

      error DBL1308: two columns are called "max"
        models/POPULATE-staging-b.sql:1:64
          |
        1 | …d', 'amount'] %}{{ 'select ' if loop.first }}max({{ name }}){{ ', ' if not loop.last }}{% en…
          |                                               ^
        hint: Give this one a name of its own: AS name.

      error DBL1308: two columns are called "id"
        models/POPULATE-staging-c.sql:1:24
          |
        1 | select o.id, o.amount, c.id, 'x', 1
          |                        ^
        hint: Give this one a name of its own: AS name.

      error DBL1308: two columns have no name
        models/POPULATE-staging-c.sql:1:35
          |
        1 | select o.id, o.amount, c.id, 'x', 1
          |                                   ^
        hint: Give this one a name of its own: AS name.

      6 errors
      "
    `);
  });
});

describe('what stays', () => {
  test('what was compiled before a mistake in the SQL of another model', async () => {
    const project = withProject({ ...config, ...orders, ...models('select * from orders') });
    expect((await said({ project }, 'compile')).code).toBe(0);
    const before = written(project);
    expect([...before.keys()]).toEqual(['compiled/staging/a.sql', 'compiled/staging/orders.sql', 'manifest.json']);
    project.write({ ...models('select id, amount from orders'), 'models/POPULATE-staging-orders.sql': 'select 1 as id 2 as amount\n' });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1301: syntax error at or near "2"
        models/POPULATE-staging-orders.sql:1:16
          |
        1 | select 1 as id 2 as amount
          |                ^

      1 error
      "
    `);
    expect(written(project)).toEqual(before);
  });

  test('as JSON, with and without errors', async () => {
    const project = withProject({
      'dbluigi.config.ts': "export default { undeclaredSources: 'warn' };\n",
      ...models("\ufeffselect '🚓🚓' as car,\r\n\t'é' as e 2 as two", 'select *\nfrom "🚓".weapons'),
    });
    const warning = {
      event: 'diagnostic',
      code: 'DBL1306',
      severity: 'warning',
      message: '"🚓.weapons" is not declared as a source',
      file: 'models/POPULATE-staging-b.sql',
      line: 2,
      column: 6,
      end_line: 2,
      end_column: 17,
      hint: 'Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.',
    };
    expect(await logged(project, 'compile')).toEqual({
      code: 2,
      diagnostics: [
        {
          event: 'diagnostic',
          code: 'DBL1301',
          severity: 'error',
          message: 'syntax error at or near "2"',
          file: 'models/POPULATE-staging-a.sql',
          line: 2,
          column: 11,
          end_line: 2,
          end_column: 12,
          hint: null,
        },
        warning,
      ],
    });
    project.write(models('select 1 as id'));
    expect(await logged(project, 'compile')).toEqual({ code: 0, diagnostics: [warning] });
  });
});
