import { describe, expect, test, vi } from 'vitest';
import { withProject } from '../../harness/index.js';
import { said } from '../said.js';
import { logged, refused, written } from './refused.js';

vi.setConfig({ testTimeout: 120_000 });

const config = { 'dbluigi.config.ts': 'export default {}\n' };
const orders = { 'models/POPULATE-staging-orders.sql': 'select 1 as id, 2 as amount\n' };

describe('names that mean nothing', () => {
  test('variables: all of a file are told at once', async () => {
    const stderr = await refused({
      ...config,
      'dbluigi.config.ts': 'export default { vars: { first_year: 2020 } };\n',
      ...orders,
      'models/POPULATE-staging-names.sql': `{% set columns = ['id', 'amount'] %}
select {{ colums | join(', ') }},
  {{ vars.first_year }},
  {{ target.nam }},
  {{ target.schemas.stagin }},
{% for column in columns %}
  '{{ columm }}' as {{ column }}_name{{ ',' if not loop.last }}
{% endfor %}
  {{ loop.index }}
from {{ ref(orders) }}
where {{ True }}
`,
      'tests/own_table.sql': 'select * from {{ this }}\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1202: "colums" is not defined
        models/POPULATE-staging-names.sql:2:11
          |
        2 | select {{ colums | join(', ') }},
          |           ^^^^^^
        hint: Did you mean "columns"?

      error DBL1202: "vars" is not defined
        models/POPULATE-staging-names.sql:3:6
          |
        3 |   {{ vars.first_year }},
          |      ^^^^
        hint: Did you mean "var"?

      error DBL1203: "target.nam" is undefined
        models/POPULATE-staging-names.sql:4:6
          |
        4 |   {{ target.nam }},
          |      ^^^^^^^^^^
        hint: Did you mean "name"?

      error DBL1203: "target.schemas.stagin" is undefined
        models/POPULATE-staging-names.sql:5:6
          |
        5 |   {{ target.schemas.stagin }},
          |      ^^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "staging"?

      error DBL1202: "columm" is not defined
        models/POPULATE-staging-names.sql:7:7
          |
        7 |   '{{ columm }}' as {{ column }}_name{{ ',' if not loop.last }}
          |       ^^^^^^
        hint: Did you mean "column" or "columns"?

      error DBL1202: "loop" is not defined
        models/POPULATE-staging-names.sql:9:6
          |
        9 |   {{ loop.index }}
          |      ^^^^
        hint: Only inside of {% for %} is there a "loop".

      error DBL1202: "orders" is not defined
        models/POPULATE-staging-names.sql:10:13
           |
        10 | from {{ ref(orders) }}
           |             ^^^^^^
        hint: If it is meant as a text, write it in quotes: 'orders'.

      error DBL1202: "True" is not defined
        models/POPULATE-staging-names.sql:11:10
           |
        11 | where {{ True }}
           |          ^^^^
        hint: Write "true".

      error DBL1202: "this" is not defined
        tests/own_table.sql:1:18
          |
        1 | select * from {{ this }}
          |                  ^^^^
        hint: "this" is the table of a model; a test has none: name one with ref().

      9 errors
      "
    `);
  });

  test('filters, tests and members; what cannot be printed, called, compared or looped over', async () => {
    const stderr = await refused({
      ...config,
      'models/POPULATE-staging-a.sql': "select {{ 'id' | uper }}, {{ 1 is evn }}\n",
      'models/POPULATE-staging-b.sql': "select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}\n",
      'models/POPULATE-staging-c.sql': 'select {{ 1 if 1 < 2 < 3 else 2 }}\n',
      'models/POPULATE-staging-d.sql': 'select 1{% for n in 12 %}, {{ n }}{% endfor %}\n',
      'models/POPULATE-staging-e.sql': "select {{ ''.constructor }}, {{ 'x'.repeat(-1) }}, {{ range(100000000) | length }}\n",
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1205: there is no filter "uper"
        models/POPULATE-staging-a.sql:1:18
          |
        1 | select {{ 'id' | uper }}, {{ 1 is evn }}
          |                  ^^^^
        hint: Did you mean "upper"?

      error DBL1206: there is no test "evn"
        models/POPULATE-staging-a.sql:1:35
          |
        1 | select {{ 'id' | uper }}, {{ 1 is evn }}
          |                                   ^^^
        hint: Did you mean "even"?

      error DBL1218: the value is none and cannot be printed
        models/POPULATE-staging-b.sql:1:11
          |
        1 | select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}
          |           ^^^^
        hint: Write "null" as text for SQL's NULL, or give a value with "default(…, true)".

      error DBL1219: "ref" is a function
        models/POPULATE-staging-b.sql:1:23
          |
        1 | select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}
          |                       ^^^
        hint: Write "ref()" to call it.

      error DBL1218: "target" is an object and cannot be printed
        models/POPULATE-staging-b.sql:1:34
          |
        1 | select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}
          |                                  ^^^^^^
        hint: Print a member of it: "target.name", "target.database", "target.schemas", "target.vars".

      error DBL1212: the value is a string and cannot be called
        models/POPULATE-staging-b.sql:1:48
          |
        1 | select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}
          |                                                ^^^

      error DBL1203: the member "b" is undefined
        models/POPULATE-staging-b.sql:1:61
          |
        1 | select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}
          |                                                             ^

      error DBL1213: filter "upper" cannot be applied to a number
        models/POPULATE-staging-b.sql:1:81
          |
        1 | select {{ none }}, {{ ref }}, {{ target }}, {{ 'x'() }}, {{ {a: 1}.b }}, {{ 5 | upper }}
          |                                                                                 ^^^^^

      error DBL1208: comparisons cannot be chained
        models/POPULATE-staging-c.sql:1:22
          |
        1 | select {{ 1 if 1 < 2 < 3 else 2 }}
          |                      ^
        hint: Write "a < b and b < c".

      error DBL1216: the value is a number and cannot be looped over
        models/POPULATE-staging-d.sql:1:21
          |
        1 | select 1{% for n in 12 %}, {{ n }}{% endfor %}
          |                     ^^

      error DBL1215: "constructor" cannot be looked up in a template
        models/POPULATE-staging-e.sql:1:11
          |
        1 | select {{ ''.constructor }}, {{ 'x'.repeat(-1) }}, {{ range(100000000) | length }}
          |           ^^

      error DBL1213: method "repeat" failed: Invalid count value: -1
        models/POPULATE-staging-e.sql:1:33
          |
        1 | select {{ ''.constructor }}, {{ 'x'.repeat(-1) }}, {{ range(100000000) | length }}
          |                                 ^^^

      error DBL1204: "range" gives 100000000 numbers, more than 1000000
        models/POPULATE-staging-e.sql:1:55
          |
        1 | select {{ ''.constructor }}, {{ 'x'.repeat(-1) }}, {{ range(100000000) | length }}
          |                                                       ^^^^^^^^^^^^^^^^

      13 errors
      "
    `);
  });
});

describe('macros', () => {
  const money = "{% macro cents(column, digits=2) %}\nround({{ column }} / 100.0, {{ digits }})\n{%- endmacro %}\n";

  test('calls that do not fit: surplus, missing, unknown and doubled arguments', async () => {
    const stderr = await refused({
      ...config,
      ...orders,
      'macros/money.njk': money,
      'models/POPULATE-staging-calls.sql': `select
  {{ cents('amount', 2, 'USD') }} as a,
  {{ cents() }} as b,
  {{ cents('amount', digit=0) }} as c,
  {{ cents('amount', column='id') }} as d,
  {{ cents }} as e,
  {{ cent('amount') }} as f
from orders
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1204: macro "cents" takes at most 2 arguments, 3 given
        models/POPULATE-staging-calls.sql:2:6
          |
        2 |   {{ cents('amount', 2, 'USD') }} as a,
          |      ^^^^^^^^^^^^^^^^^^^^^^^^^
        macro "cents" is defined here: macros/money.njk:1:10
        hint: It is defined as "cents(column, digits=…)".

      error DBL1204: macro "cents" lacks its argument "column"
        models/POPULATE-staging-calls.sql:3:6
          |
        3 |   {{ cents() }} as b,
          |      ^^^^^^^
        macro "cents" is defined here: macros/money.njk:1:10
        hint: It is defined as "cents(column, digits=…)".

      error DBL1204: macro "cents" has no argument named "digit"
        models/POPULATE-staging-calls.sql:4:6
          |
        4 |   {{ cents('amount', digit=0) }} as c,
          |      ^^^^^^^^^^^^^^^^^^^^^^^^
        macro "cents" is defined here: macros/money.njk:1:10
        hint: Did you mean "digits"?

      error DBL1204: argument "column" of macro "cents" is given twice
        models/POPULATE-staging-calls.sql:5:6
          |
        5 |   {{ cents('amount', column='id') }} as d,
          |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        macro "cents" is defined here: macros/money.njk:1:10
        hint: It is defined as "cents(column, digits=…)".

      error DBL1218: "cents" is a macro and cannot be printed
        models/POPULATE-staging-calls.sql:6:6
          |
        6 |   {{ cents }} as e,
          |      ^^^^^
        hint: Write "cents()" to call it.

      error DBL1202: "cent" is not defined
        models/POPULATE-staging-calls.sql:7:6
          |
        7 |   {{ cent('amount') }} as f
          |      ^^^^
        hint: Did you mean "cents"?

      6 errors
      "
    `);
  });

  test('a mistake in a macro, called by another one, in a loop, an include and a call block', async () => {
    const stderr = await refused({
      ...config,
      ...orders,
      'macros/money.njk': `${money}\n{% macro total(columns) %}\n{% for column in columns %}{{ cents(column, places) }} + {% endfor %}0\n{%- endmacro %}\n`,
      'macros/report.njk': "{% macro line(name) %}\n  '🚓', {{ total(['amount', 'id']) }} as {{ name }}, {{ caller() }}\n{% endmacro %}\n",
      'macros/parts/rows.sql': "{% call line('sum') %}{{ nothing }}{% endcall %}\n",
      'models/POPULATE-staging-report.sql': "select 1 as one,\n{% include 'parts/rows.sql' %}\nfrom orders\n",
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1202: "places" is not defined
        macros/money.njk:6:45
          |
        6 | {% for column in columns %}{{ cents(column, places) }} + {% endfor %}0
          |                                             ^^^^^^
        called from macros/report.njk:2:11
        called from macros/parts/rows.sql:1:9
        called from models/POPULATE-staging-report.sql:2:4
        hint: If it is meant as a text, write it in quotes: 'places'.

      1 error
      "
    `);
  });

  test('one mistake in a macro is told once, however many models call it', async () => {
    const stderr = await refused({
      ...config,
      'macros/money.njk': '{% macro cents(column) %}{{ column }} / {{ rate }}{% endmacro %}\n',
      'models/POPULATE-staging-a.sql': "select {{ cents('1') }} as x\n",
      'models/POPULATE-staging-b.sql': "select {{ cents('2') }} as x, {{ cents('3') }} as y\n",
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1202: "rate" is not defined
        macros/money.njk:1:44
          |
        1 | {% macro cents(column) %}{{ column }} / {{ rate }}{% endmacro %}
          |                                            ^^^^
        called from models/POPULATE-staging-a.sql:1:11

      1 error
      "
    `);
  });

  test('files of macros: two of one name, names that are taken, a recursion, one that cannot be parsed', async () => {
    const stderr = await refused({
      ...config,
      'macros/a.njk': '{% macro clean(x) %}{{ x }}{% endmacro %}\n{% macro ref(x) %}{% endmacro %}\n{% macro this() %}{% endmacro %}\n',
      'macros/b.njk': '{% macro clean(x, y) %}{{ x }}{% endmacro %}\n{% macro ping(n) %}{{ pong(n) }}{% endmacro %}\n',
      'macros/c.njk': '{% macro pong(n) %}{{ ping(n) }}{% endmacro %}\n',
      'macros/d.njk': '{% macro broken(a=1, b) %}{% endmacro %}\n',
      'macros/e.njk': '{% macro never(a) %}\n  {{ a }}\n',
      'models/POPULATE-staging-a.sql': 'select {{ ping(1) }} as x, {{ never(1) }} as y\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1209: macro "clean" is defined more than once
        macros/a.njk:1:10
          |
        1 | {% macro clean(x) %}{{ x }}{% endmacro %}
          |          ^^^^^
        macro "clean" is defined here too: macros/b.njk:1:10
        hint: Macros of all files share their names; give one of them another.

      error DBL1210: a macro cannot be named "ref", which is a function of every template
        macros/a.njk:2:10
          |
        2 | {% macro ref(x) %}{% endmacro %}
          |          ^^^
        hint: Give the macro another name.

      error DBL1210: a macro cannot be named "this", which is a variable of every template
        macros/a.njk:3:10
          |
        3 | {% macro this() %}{% endmacro %}
          |          ^^^^
        hint: Give the macro another name.

      error DBL1209: macro "clean" is defined more than once
        macros/b.njk:1:10
          |
        1 | {% macro clean(x, y) %}{{ x }}{% endmacro %}
          |          ^^^^^
        macro "clean" is defined here too: macros/a.njk:1:10
        hint: Macros of all files share their names; give one of them another.

      error DBL1214: macro "ping" leads back to itself: calls are nested more than 200 deep
        macros/c.njk:1:23
          |
        1 | {% macro pong(n) %}{{ ping(n) }}{% endmacro %}
          |                       ^^^^^^^
        called from macros/b.njk:2:23
        called from models/POPULATE-staging-a.sql:1:11

      error DBL1201: argument "b" without a default stands behind one that has one
        macros/d.njk:1:22
          |
        1 | {% macro broken(a=1, b) %}{% endmacro %}
          |                      ^

      error DBL1201: "{% macro %}" is never closed
        macros/e.njk:1:4
          |
        1 | {% macro never(a) %}
          |    ^^^^^
        hint: Close it with "{% endmacro %}".

      7 errors
      "
    `);
  });
});

describe('syntax', () => {
  test('of tags and expressions', async () => {
    const model = (text: string, index: number): [string, string] => [`models/POPULATE-staging-s${String(index).padStart(2, '0')}.sql`, `${text}\n`];
    const texts = [
      "select {{ ref('orders') from x",
      "select {{ ref('orders }}",
      'select {{ 1 + }}',
      'select {% if true %} 1',
      'select 1 {% endif %}',
      'select {% for n in [1, 2] %}{{ n }}{% endif %}',
      'select 1 {# why',
      "select {{ ref({{ 'orders' }}) }}",
      'select {% if a = 1 %}1{% endif %}',
      'select {% iff a %}1{% endif %}',
      'select {{ f({a: {b: 1}}) }}',
      'select {{ a ? 1 : 2 }}',
      "{% set year 2024 %}select 1",
      "{% extends 'base.sql' %}",
    ];
    expect(await refused({ ...config, ...Object.fromEntries(texts.map(model)) })).toMatchInlineSnapshot(`
      "error DBL1201: expected "}}", found "from"
        models/POPULATE-staging-s00.sql:1:25
          |
        1 | select {{ ref('orders') from x
          |                         ^^^^

      error DBL1201: this string is never closed
        models/POPULATE-staging-s01.sql:1:15
          |
        1 | select {{ ref('orders }}
          |               ^

      error DBL1201: expected a value, found "}}"
        models/POPULATE-staging-s02.sql:1:15
          |
        1 | select {{ 1 + }}
          |               ^^

      error DBL1201: "{% if %}" is never closed
        models/POPULATE-staging-s03.sql:1:11
          |
        1 | select {% if true %} 1
          |           ^^
        hint: Close it with "{% endif %}".

      error DBL1201: "{% endif %}" stands alone: no tag is open here
        models/POPULATE-staging-s04.sql:1:13
          |
        1 | select 1 {% endif %}
          |             ^^^^^

      error DBL1201: "{% endif %}" does not belong to "{% for %}"
        models/POPULATE-staging-s05.sql:1:39
          |
        1 | select {% for n in [1, 2] %}{{ n }}{% endif %}
          |                                       ^^^^^
        "{% for %}" is open: models/POPULATE-staging-s05.sql:1:11

      error DBL1201: this comment is never closed
        models/POPULATE-staging-s06.sql:1:10
          |
        1 | select 1 {# why
          |          ^^
        hint: Close it with "#}".

      error DBL1201: "{{" inside of "{{"
        models/POPULATE-staging-s07.sql:1:15
          |
        1 | select {{ ref({{ 'orders' }}) }}
          |               ^^
        hint: Inside a tag, write names without "{{" and "}}".

      error DBL1201: expected "%}", found "="
        models/POPULATE-staging-s08.sql:1:16
          |
        1 | select {% if a = 1 %}1{% endif %}
          |                ^
        hint: Write "==" to compare.

      error DBL1201: there is no tag "iff"
        models/POPULATE-staging-s09.sql:1:11
          |
        1 | select {% iff a %}1{% endif %}
          |           ^^^
        hint: Did you mean "if"?

      error DBL1201: expected "," or a closing bracket, found "}}"
        models/POPULATE-staging-s10.sql:1:22
          |
        1 | select {{ f({a: {b: 1}}) }}
          |                      ^^
        hint: In a dictionary, write "} }": "}}" ends the tag.

      error DBL1201: expected "}}", found "?"
        models/POPULATE-staging-s11.sql:1:13
          |
        1 | select {{ a ? 1 : 2 }}
          |             ^
        hint: Write "a if condition else b".

      error DBL1201: expected "=" or "%}", found "2024"
        models/POPULATE-staging-s12.sql:1:13
          |
        1 | {% set year 2024 %}select 1
          |             ^^^^

      error DBL1207: "{% extends %}" is not for SQL templates
        models/POPULATE-staging-s13.sql:1:4
          |
        1 | {% extends 'base.sql' %}
          |    ^^^^^^^
        hint: Use macros or "{% include %}".

      14 errors
      "
    `);
  });

  test('that nests too deeply, or is endless', async () => {
    const stderr = await refused({
      ...config,
      'models/POPULATE-staging-a.sql': `${'{% if true %}'.repeat(3000)}select 1${'{% endif %}'.repeat(3000)}\n`,
      'models/POPULATE-staging-b.sql': `select {{ ${'['.repeat(20_000)} }}\n`,
      'models/POPULATE-staging-c.sql': `select {{ ${'1 + '.repeat(20_000)}1 }}\n`,
      'models/POPULATE-staging-d.sql': "{% include 'models/POPULATE-staging-d.sql' %}\n",
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1214: the template is nested too deeply
        models/POPULATE-staging-a.sql:1:1
          |
        1 | {% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{%…
          | ^

      error DBL1214: the template is nested too deeply
        models/POPULATE-staging-b.sql:1:1
          |
        1 | select {{ [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
          | ^

      error DBL1214: the template is nested too deeply
        models/POPULATE-staging-c.sql:1:11
          |
        1 | select {{ 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 +…
          |           ^

      error DBL1214: template "models/POPULATE-staging-d.sql" leads back to itself: calls are nested more than 200 deep
        models/POPULATE-staging-d.sql:1:4
          |
        1 | {% include 'models/POPULATE-staging-d.sql' %}
          |    ^^^^^^^

      4 errors
      "
    `);
  });
});

describe('ref, source, var, env_var, config and include', () => {
  test('models and sources that there are not, in branches that are not taken, in macros, too many, too few', async () => {
    const stderr = await refused({
      ...config,
      ...orders,
      'models/POPULATE-marts-orders.sql': 'select 1 as id\n',
      'models/sources.yaml': 'sources:\n  - name: hub\n    tables: [{name: officers}, {name: offences}]\n',
      'macros/newest.njk': "{% macro newest() %}(select max(id) from {{ ref('oders') }}){% endmacro %}\n",
      'models/POPULATE-api-a.sql': `select *
from {{ ref('orders') }}
{% if false %}
  join {{ ref('customers') }} on true
  join {{ source('hub', 'ofences') }} on true
{% endif %}
where id = {{ newest() }}
`,
      'models/POPULATE-api-b.sql': `select *
from {{ ref('officers') }}
join {{ ref('stagin', 'orders') }} on true
join {{ ref('staging.orders') }} on true
join {{ source('hubs', 'officers') }} on true
join {{ source('hub', 'weapons') }} on true
join {{ source('hub.officers') }} on true
join {{ ref() }} on true
join {{ ref('orders', version=2) }} on true
{% for name in ['orders', 'arrests'] %}join {{ ref('staging', name) }} on true{% endfor %}
`,
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1250: no model is named "oders"
        macros/newest.njk:1:45
          |
        1 | {% macro newest() %}(select max(id) from {{ ref('oders') }}){% endmacro %}
          |                                             ^^^^^^^^^^^^
        called from models/POPULATE-api-a.sql:7:15
        hint: Did you mean "orders"?

      error DBL1251: "orders" could be "marts.orders" or "staging.orders"
        models/POPULATE-api-a.sql:2:9
          |
        2 | from {{ ref('orders') }}
          |         ^^^^^^^^^^^^^
        hint: Name the schema: ref('marts', 'orders').

      error DBL1250: no model is named "customers"
        models/POPULATE-api-a.sql:4:11
          |
        4 |   join {{ ref('customers') }} on true
          |           ^^^^^^^^^^^^^^^^

      error DBL1250: source "hub" has no table "ofences"
        models/POPULATE-api-a.sql:5:11
          |
        5 |   join {{ source('hub', 'ofences') }} on true
          |           ^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "offences"?

      error DBL1250: no model is named "officers"
        models/POPULATE-api-b.sql:2:9
          |
        2 | from {{ ref('officers') }}
          |         ^^^^^^^^^^^^^^^
        hint: It is a table of a source: source('hub', 'officers').

      error DBL1250: no model is named "stagin.orders"
        models/POPULATE-api-b.sql:3:9
          |
        3 | join {{ ref('stagin', 'orders') }} on true
          |         ^^^^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "staging.orders" or "marts.orders"?

      error DBL1250: no model is named "staging.orders"
        models/POPULATE-api-b.sql:4:9
          |
        4 | join {{ ref('staging.orders') }} on true
          |         ^^^^^^^^^^^^^^^^^^^^^
        hint: Write ref('staging', 'orders').

      error DBL1250: no source is named "hubs"
        models/POPULATE-api-b.sql:5:9
          |
        5 | join {{ source('hubs', 'officers') }} on true
          |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "hub"?

      error DBL1250: source "hub" has no table "weapons"
        models/POPULATE-api-b.sql:6:9
          |
        6 | join {{ source('hub', 'weapons') }} on true
          |         ^^^^^^^^^^^^^^^^^^^^^^^^
        hint: It declares "officers", "offences".

      error DBL1252: source() takes the names of a source and of its table
        models/POPULATE-api-b.sql:7:9
          |
        7 | join {{ source('hub.officers') }} on true
          |         ^^^^^^^^^^^^^^^^^^^^^^
        hint: Write source('raw', 'events').

      error DBL1252: ref() takes the name of a table, or of a schema and a table
        models/POPULATE-api-b.sql:8:9
          |
        8 | join {{ ref() }} on true
          |         ^^^^^
        hint: Write ref('arrests') or ref('staging', 'arrests').

      error DBL1252: ref() takes the name of a table, or of a schema and a table
        models/POPULATE-api-b.sql:9:9
          |
        9 | join {{ ref('orders', version=2) }} on true
          |         ^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Write ref('arrests') or ref('staging', 'arrests').

      error DBL1250: no model is named "staging.arrests"
        models/POPULATE-api-b.sql:10:48
           |
        10 | {% for name in ['orders', 'arrests'] %}join {{ ref('staging', name) }} on true{% endfor %}
           |                                                ^^^^^^^^^^^^^^^^^^^^
        hint: Did you mean "staging.orders"?

      13 errors
      "
    `);
  });

  test('variables without a value, options that a model or a test has not', async () => {
    const stderr = await refused(
      {
        'dbluigi.config.ts': 'export default { vars: { first_year: 2020 } };\n',
        'models/POPULATE-staging-a.sql': "select {{ var('frist_year') }}, {{ var('last_year') }}, {{ var(first_year) }}, {{ env_var('CRIME_HOME') }}, {{ var('a', 'b', 'c') }}\n",
        'models/POPULATE-staging-b.sql': `{{ config(
    materialized='tabel',
    tag='daily',
    tags=1,
    indexes=[{columns: ['id'], uniqe: true}]
) }}
{{ config('view') }}
select 1 as id
`,
        'tests/a.sql': "{{ config(severity='warning', materialized='view') }}\nselect 1 as id\n",
      },
      ['compile', '--vars', '{"year": 2024}'],
    );
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1253: the variable "frist_year" has no value
        models/POPULATE-staging-a.sql:1:11
          |
        1 | select {{ var('frist_year') }}, {{ var('last_year') }}, {{ var(first_year) }}, {{ env_var('CR…
          |           ^^^^^^^^^^^^^^^^^
        hint: Did you mean "first_year" or "year"?

      error DBL1253: the variable "last_year" has no value
        models/POPULATE-staging-a.sql:1:36
          |
        1 | select {{ var('frist_year') }}, {{ var('last_year') }}, {{ var(first_year) }}, {{ env_var('CR…
          |                                    ^^^^^^^^^^^^^^^^
        hint: Did you mean "first_year" or "year"?

      error DBL1202: "first_year" is not defined
        models/POPULATE-staging-a.sql:1:64
          |
        1 | …ear') }}, {{ var('last_year') }}, {{ var(first_year) }}, {{ env_var('CRIME_HOME') }}, {{ var…
          |                                           ^^^^^^^^^^
        hint: If it is meant as a text, write it in quotes: 'first_year'.

      error DBL1254: the environment variable "CRIME_HOME" is not set
        models/POPULATE-staging-a.sql:1:83
          |
        1 | …last_year') }}, {{ var(first_year) }}, {{ env_var('CRIME_HOME') }}, {{ var('a', 'b', 'c') }}
          |                                            ^^^^^^^^^^^^^^^^^^^^^
        hint: Set it, add it to .env, or give a default: env_var('CRIME_HOME', 'default').

      error DBL1252: var() takes a name and, if you like, a default
        models/POPULATE-staging-a.sql:1:112
          |
        1 | …last_year') }}, {{ var(first_year) }}, {{ env_var('CRIME_HOME') }}, {{ var('a', 'b', 'c') }}
          |                                                                         ^^^^^^^^^^^^^^^^^^
        hint: Write var('name') or var('name', 'default').

      error DBL1256: "materialized" must be "table" or "view", not "tabel"
        models/POPULATE-staging-b.sql:2:18
          |
        2 |     materialized='tabel',
          |                  ^^^^^^^
        hint: Did you mean "table"?

      error DBL1256: a model has no option "tag"
        models/POPULATE-staging-b.sql:3:5
          |
        3 |     tag='daily',
          |     ^^^
        hint: Did you mean "tags"?

      error DBL1256: "tags" must be a text or a list of texts, not 1
        models/POPULATE-staging-b.sql:4:10
          |
        4 |     tags=1,
          |          ^

      error DBL1256: "indexes" must be a list such as [{columns: ['id'], unique: true, type: 'btree'}], not [{"columns":["id"],"uniqe":true}]
        models/POPULATE-staging-b.sql:5:5
          |
        5 |     indexes=[{columns: ['id'], uniqe: true}]
          |     ^^^^^^^

      error DBL1252: config() takes keyword arguments
        models/POPULATE-staging-b.sql:7:4
          |
        7 | {{ config('view') }}
          |    ^^^^^^^^^^^^^^
        hint: Write config(materialized='view').

      error DBL1256: "severity" must be "error" or "warn", not "warning"
        tests/a.sql:1:20
          |
        1 | {{ config(severity='warning', materialized='view') }}
          |                    ^^^^^^^^^
        hint: Did you mean "warn"?

      error DBL1256: a test has no option "materialized"
        tests/a.sql:1:31
          |
        1 | {{ config(severity='warning', materialized='view') }}
          |                               ^^^^^^^^^^^^
        hint: The options are "severity", "description", "tags".

      12 errors
      "
    `);
  });

  test('templates to include or import', async () => {
    const stderr = await refused({
      ...config,
      'macros/part.sql': 'select 1 as id\n',
      'macros/library.njk': '{% macro one() %}1{% endmacro %}\n',
      'macros/broken.sql': "select {{ 'id' | uper }},\n  {% if true %}\n",
      'models/POPULATE-staging-a.sql': "{% include 'prt.sql' %}{% include '../../secret.txt' %}{% include '/etc/passwd' %}{% include 'macros' %}\n",
      'models/POPULATE-staging-b.sql': "{% from 'library.njk' import two %}select {{ two() }}\n",
      'models/POPULATE-staging-c.sql': "{% include 'broken.sql' %}\n",
      'models/POPULATE-staging-d.sql': '{% include 12 %}\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1201: "{% if %}" is never closed
        macros/broken.sql:2:6
          |
        2 |   {% if true %}
          |      ^^
        called from models/POPULATE-staging-c.sql:1:4
        hint: Close it with "{% endif %}".

      error DBL1211: there is no template "prt.sql"
        models/POPULATE-staging-a.sql:1:12
          |
        1 | {% include 'prt.sql' %}{% include '../../secret.txt' %}{% include '/etc/passwd' %}{% include …
          |            ^^^^^^^^^
        hint: A text file is looked for by its path from the folder of the project, and from "macros".

      error DBL1211: there is no template "../../secret.txt"
        models/POPULATE-staging-a.sql:1:35
          |
        1 | {% include 'prt.sql' %}{% include '../../secret.txt' %}{% include '/etc/passwd' %}{% include …
          |                                   ^^^^^^^^^^^^^^^^^^
        hint: A text file is looked for by its path from the folder of the project, and from "macros".

      error DBL1211: there is no template "/etc/passwd"
        models/POPULATE-staging-a.sql:1:67
          |
        1 | …prt.sql' %}{% include '../../secret.txt' %}{% include '/etc/passwd' %}{% include 'macros' %}
          |                                                        ^^^^^^^^^^^^^
        hint: A text file is looked for by its path from the folder of the project, and from "macros".

      error DBL1211: there is no template "macros"
        models/POPULATE-staging-a.sql:1:94
          |
        1 | …prt.sql' %}{% include '../../secret.txt' %}{% include '/etc/passwd' %}{% include 'macros' %}
          |                                                                                   ^^^^^^^^
        hint: A text file is looked for by its path from the folder of the project, and from "macros".

      error DBL1217: "library.njk" has no "two" to import
        models/POPULATE-staging-b.sql:1:30
          |
        1 | {% from 'library.njk' import two %}select {{ two() }}
          |                              ^^^
        hint: It has "one".

      error DBL1211: the name of a template is a text
        models/POPULATE-staging-d.sql:1:12
          |
        1 | {% include 12 %}
          |            ^^

      7 errors
      "
    `);
  });
});

describe('habits of dbt', () => {
  test('what dbl does not have says what to write instead', async () => {
    const stderr = await refused({
      ...config,
      ...orders,
      'models/POPULATE-staging-a.sql': `{{ config(
    materialized='incremental',
    unique_key='id',
    schema='marts',
    post_hook="grant select on {{ this }} to reporter"
) }}
{{ log('starting', info=true) }}
select {{ dbt_utils.star(from=ref('orders')) }},
  {{ dbt_utils.generate_surrogate_key(['id', 'amount']) }} as key,
  {{ adapter.quote('id') }},
  '{{ run_started_at }}' as loaded_at,
  '{{ invocation_id }}' as run
from {{ this.identifier }}, {{ this.database }}.{{ target.schema }}
`,
      'models/POPULATE-staging-b.sql': "{% set years = run_query('select distinct year from orders') %}\nselect 1\n",
      'models/POPULATE-staging-c.sql': '{% if execute %}select 1{% endif %}\n',
      'models/POPULATE-staging-d.sql': "{% do log('x') %}select 1\n",
      'models/POPULATE-staging-e.sql': "{% set names = ['a'] %}{% set _ = names.append('b') %}select 1\n",
      'models/POPULATE-staging-f.sql': '{% snapshot orders %}select 1{% endsnapshot %}\n',
      'models/POPULATE-staging-g.sql': "select {{ ['a'] | tojson }}, {{ '%s' | format('a') }}\n",
      'models/POPULATE-staging-h.sql': "{{ config(materialized='ephemeral', enabled=false, alias='x') }}select 1\n",
      'models/POPULATE-staging-i.sql': "{% call statement('years', fetch_result=True) %}select 1{% endcall %}select 1\n",
      'models/POPULATE-staging-j.sql': "{% for n in [1] %}{% continue %}{% endfor %}\n",
      'macros/sum.njk': '{% macro sum(a, b) %}{{ return(a + b) }}{% endmacro %}\n',
      'models/POPULATE-staging-k.sql': 'select {{ sum(1, 2) }}\n',
      'tests/generic.sql': '{% test positive(model, column) %}select 1{% endtest %}\n',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1202: "return" is not defined
        macros/sum.njk:1:25
          |
        1 | {% macro sum(a, b) %}{{ return(a + b) }}{% endmacro %}
          |                         ^^^^^^
        called from models/POPULATE-staging-k.sql:1:11
        hint: What a macro prints is what it gives back: write "{{ … }}".

      error DBL1256: "materialized" must be "table" or "view", not "incremental"
        models/POPULATE-staging-a.sql:2:18
          |
        2 |     materialized='incremental',
          |                  ^^^^^^^^^^^^^
        hint: Every build makes the table anew: write "table".

      error DBL1256: a model has no option "unique_key"
        models/POPULATE-staging-a.sql:3:5
          |
        3 |     unique_key='id',
          |     ^^^^^^^^^^
        hint: Every build makes the table anew: take it out.

      error DBL1256: a model has no option "schema"
        models/POPULATE-staging-a.sql:4:5
          |
        4 |     schema='marts',
          |     ^^^^^^
        hint: The name of the file gives the schema.

      error DBL1256: a model has no option "post_hook"
        models/POPULATE-staging-a.sql:5:5
          |
        5 |     post_hook="grant select on {{ this }} to reporter"
          |     ^^^^^^^^^
        hint: dbl runs no hooks; grants and views on a table survive its replacement.

      error DBL1202: "log" is not defined
        models/POPULATE-staging-a.sql:7:4
          |
        7 | {{ log('starting', info=true) }}
          |    ^^^
        hint: Templates write SQL and nothing else: take it out.

      error DBL1202: "dbt_utils" is not defined
        models/POPULATE-staging-a.sql:8:11
          |
        8 | select {{ dbt_utils.star(from=ref('orders')) }},
          |           ^^^^^^^^^
        hint: Packages of dbt are not read: write the SQL itself, or a macro of your own below "macros".

      error DBL1202: "dbt_utils" is not defined
        models/POPULATE-staging-a.sql:9:6
          |
        9 |   {{ dbt_utils.generate_surrogate_key(['id', 'amount']) }} as key,
          |      ^^^^^^^^^
        hint: Packages of dbt are not read: write the SQL itself, or a macro of your own below "macros".

      error DBL1202: "adapter" is not defined
        models/POPULATE-staging-a.sql:10:6
           |
        10 |   {{ adapter.quote('id') }},
           |      ^^^^^^^
        hint: Templates are rendered without a database: put what is asked of it into the SQL.

      error DBL1202: "run_started_at" is not defined
        models/POPULATE-staging-a.sql:11:7
           |
        11 |   '{{ run_started_at }}' as loaded_at,
           |       ^^^^^^^^^^^^^^
        hint: Write "now()" in the SQL.

      error DBL1202: "invocation_id" is not defined
        models/POPULATE-staging-a.sql:12:7
           |
        12 |   '{{ invocation_id }}' as run
           |       ^^^^^^^^^^^^^
        hint: That is of dbt. Templates of dbl have ref, source, config, var, env_var, this and target.

      error DBL1203: "this.identifier" is undefined
        models/POPULATE-staging-a.sql:13:9
           |
        13 | from {{ this.identifier }}, {{ this.database }}.{{ target.schema }}
           |         ^^^^^^^^^^^^^^^
        hint: It has "schema" and "name".

      error DBL1203: "this.database" is undefined
        models/POPULATE-staging-a.sql:13:32
           |
        13 | from {{ this.identifier }}, {{ this.database }}.{{ target.schema }}
           |                                ^^^^^^^^^^^^^
        hint: It has "schema" and "name".

      error DBL1203: "target.schema" is undefined
        models/POPULATE-staging-a.sql:13:52
           |
        13 | from {{ this.identifier }}, {{ this.database }}.{{ target.schema }}
           |                                                    ^^^^^^^^^^^^^
        hint: Did you mean "schemas"?

      error DBL1202: "run_query" is not defined
        models/POPULATE-staging-b.sql:1:16
          |
        1 | {% set years = run_query('select distinct year from orders') %}
          |                ^^^^^^^^^
        hint: Templates are rendered without a database: put what is asked of it into the SQL.

      error DBL1202: "execute" is not defined
        models/POPULATE-staging-c.sql:1:7
          |
        1 | {% if execute %}select 1{% endif %}
          |       ^^^^^^^
        hint: A template is rendered once, and without a database: take the condition out.

      error DBL1201: there is no tag "do"
        models/POPULATE-staging-d.sql:1:4
          |
        1 | {% do log('x') %}select 1
          |    ^^
        hint: Write "{% set _ = … %}" to evaluate without printing.

      error DBL1202: "names.append" is not defined
        models/POPULATE-staging-e.sql:1:35
          |
        1 | {% set names = ['a'] %}{% set _ = names.append('b') %}select 1
          |                                   ^^^^^^^^^^^^
        hint: Write "push(…)".

      error DBL1201: there is no tag "snapshot"
        models/POPULATE-staging-f.sql:1:4
          |
        1 | {% snapshot orders %}select 1{% endsnapshot %}
          |    ^^^^^^^^
        hint: Snapshots are not supported by this version of dbl.

      error DBL1205: there is no filter "tojson"
        models/POPULATE-staging-g.sql:1:19
          |
        1 | select {{ ['a'] | tojson }}, {{ '%s' | format('a') }}
          |                   ^^^^^^
        hint: Write "dump".

      error DBL1205: there is no filter "format"
        models/POPULATE-staging-g.sql:1:40
          |
        1 | select {{ ['a'] | tojson }}, {{ '%s' | format('a') }}
          |                                        ^^^^^^
        hint: Join the parts with "~".

      error DBL1256: "materialized" must be "table" or "view", not "ephemeral"
        models/POPULATE-staging-h.sql:1:24
          |
        1 | {{ config(materialized='ephemeral', enabled=false, alias='x') }}select 1
          |                        ^^^^^^^^^^^
        hint: Write "view".

      error DBL1256: a model has no option "enabled"
        models/POPULATE-staging-h.sql:1:37
          |
        1 | {{ config(materialized='ephemeral', enabled=false, alias='x') }}select 1
          |                                     ^^^^^^^
        hint: To leave a model out, move its file out of "models".

      error DBL1256: a model has no option "alias"
        models/POPULATE-staging-h.sql:1:52
          |
        1 | {{ config(materialized='ephemeral', enabled=false, alias='x') }}select 1
          |                                                    ^^^^^
        hint: The name of the file gives the name of the table.

      error DBL1202: "statement" is not defined
        models/POPULATE-staging-i.sql:1:9
          |
        1 | {% call statement('years', fetch_result=True) %}select 1{% endcall %}select 1
          |         ^^^^^^^^^
        hint: Templates are rendered without a database: put what is asked of it into the SQL.

      error DBL1201: there is no tag "continue"
        models/POPULATE-staging-j.sql:1:22
          |
        1 | {% for n in [1] %}{% continue %}{% endfor %}
          |                      ^^^^^^^^
        hint: A loop always runs to its end: put an "{% if %}" into it.

      error DBL1201: there is no tag "test"
        tests/generic.sql:1:4
          |
        1 | {% test positive(model, column) %}select 1{% endtest %}
          |    ^^^^
        hint: A test is a file below "tests" with one query, whose rows are the failures.

      27 errors
      "
    `);
  });

  test('what dbl does have compiles to what dbt would make of it', async () => {
    const project = withProject({
      ...config,
      ...orders,
      'models/sources.yml': 'version: 2\n\nsources:\n  - name: raw\n    schema: hub\n    tables:\n      - name: events\n',
      'models/POPULATE-staging-events.sql': `{{
    config(
        materialized='table',
        tags=['daily']
    )
}}

{%- set kinds = ['a', 'b'] -%}
{% macro flag(kind) %}kind = '{{ kind }}'{% endmacro %}

with source as (

    select * from {{ source('raw', 'events') }}
    {% if is_incremental() %}
    where id > (select max(id) from {{ this }})
    {% endif %}

)

select
    {%- for kind in kinds %}
    {{ flag(kind) }} as is_{{ kind }}{{ "," if not loop.last }}
    {%- endfor %}
from source
-- {{ this.schema }}.{{ this.name }} in {{ target.name }}
join {{ ref('orders') }} using (id)
`,
    });
    const { code, stdout, stderr } = await said({ project }, 'compile', 'events');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatchInlineSnapshot(`
      "

      with source as (

          select * from hub.events
          

      )

      select
          kind = 'a' as is_a,
          kind = 'b' as is_b
      from source
      -- staging_dev.events in staging_dev
      join staging_dev.orders using (id)
      "
    `);
  });
});

describe('what stays', () => {
  test('what was compiled before a mistake in a macro', async () => {
    const project = withProject({ ...config, 'macros/a.njk': '{% macro one() %}1{% endmacro %}\n', 'models/POPULATE-staging-a.sql': 'select {{ one() }} as n\n', ...orders });
    expect((await said({ project }, 'compile')).code).toBe(0);
    const before = written(project);
    expect([...before.keys()]).toEqual(['compiled/staging/a.sql', 'compiled/staging/orders.sql', 'manifest.json']);
    project.write({ 'macros/a.njk': '{% macro one() %}{{ oen }}{% endmacro %}\n', 'models/POPULATE-staging-orders.sql': 'select 2 as id\n' });
    expect(await refused(project)).toMatchInlineSnapshot(`
      "error DBL1202: "oen" is not defined
        macros/a.njk:1:21
          |
        1 | {% macro one() %}{{ oen }}{% endmacro %}
          |                     ^^^
        called from models/POPULATE-staging-a.sql:1:11
        hint: Did you mean "one"?

      1 error
      "
    `);
    expect(written(project)).toEqual(before);
  });

  test('as JSON, places are in code points behind an emoji, a tab, a byte-order mark and CRLF', async () => {
    const project = withProject({ ...config, 'models/POPULATE-staging-a.sql': "\ufeffselect '🚓🚓',\r\n\t'é🚓', {{ nothing_of_it }},\r\n\t{{ ref('🚓',\r\n\t  'orders') }}\r\n" });
    const place = { file: 'models/POPULATE-staging-a.sql', severity: 'error', event: 'diagnostic' };
    expect(await logged(project, 'compile')).toEqual({
      code: 2,
      diagnostics: [
        { ...place, code: 'DBL1202', message: '"nothing_of_it" is not defined', line: 2, column: 11, end_line: 2, end_column: 24, hint: null },
        { ...place, code: 'DBL1250', message: 'no model is named "🚓.orders"', line: 3, column: 5, end_line: 4, end_column: 13, hint: null },
      ],
    });
  });
});
