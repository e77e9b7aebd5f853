import { expect, it } from 'vitest';
import { buildProject, lastNodes } from './project.js';

const tree = {
  'staging.top': 'select 1 as id',
  'staging.bad': 'select id from staging.top',
  'staging.below': "{{ config(materialized='view') }}select id from staging.bad",
  'staging.deep': 'select id from staging.below',
  'staging.mixed': 'select good.id from staging.good, staging.deep',
  'staging.good': 'select id from staging.top',
  'staging.better': 'select id from staging.good',
};

it('a failure skips what is downstream, and only that; what was there stays', async () => {
  const project = await buildProject(tree);
  const { database, dbl, rows, write } = project;
  expect((await dbl('build', '--quiet')).code).toBe(0);
  const oids = (names: string) => rows(`SELECT relname, oid FROM pg_class WHERE relnamespace = 'staging_dev'::regnamespace AND relname ~ '^(${names})$' ORDER BY 1`);
  const before = { kept: await oids('bad|below|deep|mixed'), replaced: await oids('top|good|better') };
  await database.query('CREATE VIEW public.watch AS SELECT id FROM staging_dev.bad');
  write({ 'staging.top': 'select 2 as id', 'staging.bad': "select id,\n  1 / (id - 2) as boom\nfrom staging.top" });

  const ended = await dbl('build', '--threads', '4');
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`
error DBL2201: division by zero
  models/POPULATE-staging-bad.sql:1:1
    |
  1 | select id,
    | ^
`);
  expect(ended.stdout).toBe(`skipped, for what they read is not there
  staging.below
  staging.deep
  staging.mixed

failed
  staging.bad: division by zero
    at models/POPULATE-staging-bad.sql:1:1

build of staging_dev failed after T: 3 built (3 rows), 1 failed, 3 skipped

next
  dbl build --target staging_dev --select staging.bad+  when it is mended
`);
  expect(await lastNodes(project)).toEqual([
    'bad failed: division by zero',
    'below skipped: "staging.bad" failed',
    'better success',
    'deep skipped: "staging.below" was skipped',
    'good success',
    'mixed skipped: "staging.deep" was skipped',
    'top success',
  ]);
  expect(await oids('bad|below|deep|mixed')).toEqual(before.kept);
  expect(await rows('SELECT * FROM public.watch')).toEqual(['1']);
  expect(await rows('SELECT (SELECT id FROM staging_dev.mixed), (SELECT id FROM staging_dev.better) AS better')).toEqual(['1|2']);
  expect(await oids('top|good|better')).not.toEqual(before.replaced);
  expect(await rows(`SELECT last_status FROM dbluigi.relations ORDER BY name COLLATE "C"`)).toEqual(['failed', 'skipped', 'success', 'skipped', 'success', 'skipped', 'success']);

  write({ 'staging.bad': 'select id from staging.top' });
  expect((await dbl('build', '--quiet', '--select', 'staging.bad+')).stdout).toBe('build of staging_dev is done: 4 built (3 rows), in T\n');
  expect(await rows('SELECT id FROM staging_dev.mixed')).toEqual(['2']);
});

it('runtime errors are shown in the template: at their place where the server gives one, else at the beginning of the query', async () => {
  const { dbl, rows } = await buildProject({
    'staging.a_column': "{# a comment #}\nselect id,\n  {{ 'é🚓' }} nmae\nfrom (select 1 as id, 2 as \"é🚓name\", 3 as name) as t where {{ 'é🚓name' | length }} > 0 and t.naem = 1".replace("  {{ 'é🚓' }} nmae", "  '{{ 'é🚓' }}' as x, nmae"),
    'staging.b_macro': 'select 1 as id\nunion all select {{ ratio("2", "misspelt") }}',
    'staging.c_cast': "select 'x' || g as t, ('x' || g)::int as n\nfrom generate_series(1, 3) as g",
    'staging.d_literal': "select date '2024-02-30' as d",
    'staging.e_function': 'select {{ fn }}(1) as x'.replace('{{ fn }}', "{{ 'no_such_function' }}"),
    'staging.f_blank': "{% if true %}\n\n\n  {# nothing yet #}\n  select 1 / 0 as x\n{% endif %}",
    'staging.g_loop': '{% for column in ["id", "oops"] %}{% if not loop.first %},{% else %}select {% endif %}t.{{ column }}{% endfor %} from (select 1 as id) as t',
    'staging.h_type': 'select 1 as a union all select now()',
    'staging.i_index': "{{ config(indexes=[{columns: ['nope']}]) }}select 1 as id",
    'staging.j_unique': "{{ config(indexes=[{columns: ['id'], unique: true}]) }}select 1 as id union all select 1",
    'macros/ratio.njk': '{% macro ratio(a, b) %}{{ a }} /\n  {{ b }}{% endmacro %}',
  });
  const { code, stderr } = await dbl('build');
  expect(code).toBe(1);
  const errors = stderr.split('\n\n').filter((block) => block.startsWith('error')).join('\n\n');
  expect(errors).toBe(`error DBL2201: column "nmae" does not exist
  models/POPULATE-staging-a_column.sql:3:22
    |
  3 |   '{{ 'é🚓' }}' as x, nmae
    |                       ^^^^
  hint: Perhaps you meant to reference the column "t.name".

error DBL2201: column "misspelt" does not exist
  macros/ratio.njk:2:6
    |
  2 |   {{ b }}{% endmacro %}
    |      ^
  called from models/POPULATE-staging-b_macro.sql:2:21

error DBL2201: invalid input syntax for type integer: "x1"
  models/POPULATE-staging-c_cast.sql:1:1
    |
  1 | select 'x' || g as t, ('x' || g)::int as n
    | ^

error DBL2201: date/time field value out of range: "2024-02-30"
  models/POPULATE-staging-d_literal.sql:1:13
    |
  1 | select date '2024-02-30' as d
    |             ^

error DBL2201: function no_such_function(integer) does not exist
  models/POPULATE-staging-e_function.sql:1:11
    |
  1 | select {{ 'no_such_function' }}(1) as x
    |           ^^^^^^^^^^^^^^^^^^
  hint: No function matches the given name and argument types. You might need to add explicit type casts.

error DBL2201: division by zero
  models/POPULATE-staging-f_blank.sql:5:3
    |
  5 |   select 1 / 0 as x
    |   ^

error DBL2201: column t.oops does not exist
  models/POPULATE-staging-g_loop.sql:1:87
    |
  1 | …ot loop.first %},{% else %}select {% endif %}t.{{ column }}{% endfor %} from (select 1 as id…
    |                                               ^

error DBL2201: UNION types integer and timestamp with time zone cannot be matched
  models/POPULATE-staging-h_type.sql:1:32
    |
  1 | select 1 as a union all select now()
    |                                ^^^

error DBL2201: the index on nope cannot be made: column "nope" does not exist
  models/POPULATE-staging-i_index.sql

error DBL2201: the index on id cannot be made: could not create unique index "j_unique_id_idx"; Key (id)=(1) is duplicated.
  models/POPULATE-staging-j_unique.sql`);
  expect(await rows(`SELECT replace(node, 'model.staging.', ''), sqlstate, file, line, col, message FROM dbluigi.node_runs ORDER BY node`)).toEqual([
    'a_column|42703|models/POPULATE-staging-a_column.sql|3|22|column "nmae" does not exist',
    'b_macro|42703|macros/ratio.njk|2|6|column "misspelt" does not exist',
    'c_cast|22P02|models/POPULATE-staging-c_cast.sql|1|1|invalid input syntax for type integer: "x1"',
    'd_literal|22008|models/POPULATE-staging-d_literal.sql|1|13|date/time field value out of range: "2024-02-30"',
    'e_function|42883|models/POPULATE-staging-e_function.sql|1|11|function no_such_function(integer) does not exist',
    'f_blank|22012|models/POPULATE-staging-f_blank.sql|5|3|division by zero',
    'g_loop|42703|models/POPULATE-staging-g_loop.sql|1|87|column t.oops does not exist',
    'h_type|42804|models/POPULATE-staging-h_type.sql|1|32|UNION types integer and timestamp with time zone cannot be matched',
    'i_index|42703|models/POPULATE-staging-i_index.sql|||the index on nope cannot be made: column "nope" does not exist',
    'j_unique|23505|models/POPULATE-staging-j_unique.sql|||the index on id cannot be made: could not create unique index "j_unique_id_idx"; Key (id)=(1) is duplicated.',
  ]);
});

it('--fail-fast stops at the first failure: what runs is cancelled, and nothing new is started', async () => {
  const project = await buildProject({
    'staging.a_slow': 'select pg_sleep(30)::text as x',
    'staging.b_bad': 'select 1 / 0 as x from (select pg_sleep(0.3)) as t',
    'staging.c_waiting': 'select 1 as x',
  });
  const started = Date.now();
  const { code, stdout } = await project.dbl('build', '--fail-fast', '--threads', '2');
  expect(Date.now() - started).toBeLessThan(20_000);
  expect([code, stdout]).toEqual([1, `skipped
  staging.c_waiting

failed
  staging.b_bad: division by zero
    at models/POPULATE-staging-b_bad.sql:1:1

build of staging_dev failed after T: 1 failed, 1 skipped, 1 cancelled

next
  dbl build --resume --target staging_dev  when it is mended
`]);
  expect(await lastNodes(project)).toEqual([
    'a_slow cancelled: another node failed and --fail-fast was given',
    'b_bad failed: division by zero',
    'c_waiting skipped: another node failed and --fail-fast was given',
  ]);
  expect(await project.rows(`SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()`)).toEqual(['0']);
});
