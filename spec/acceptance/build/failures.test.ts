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
  expect(await rows('SELECT (SELECT id FROM staging_dev.mixed), (SELECT id FROM staging_dev.better)')).toEqual(['1|2']);
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
    'staging.k_hint': 'select length(1) as l',
    'macros/ratio.njk': '{% macro ratio(a, b) %}{{ a }} /\n  {{ b }}{% endmacro %}',
  });
  const { code, stderr } = await dbl('build');
  expect(code).toBe(1);
  const errors = stderr.split('\n\n').filter((block) => block.startsWith('error')).join('\n\n');
  expect(errors).toBe(`error DBL2201: column "nmae" does not exist
  models/POPULATE-staging-a_column.sql:3:20
    |
  3 |   '{{ 'é🚓' }}' as x, nmae
    |                      ^^^^

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
`);
  expect(await rows(`SELECT node, sqlstate, file, line, col FROM dbluigi.node_runs ORDER BY node`)).toEqual([]);
});

it('--fail-fast starts nothing new after the first failure', async () => {
  const project = await buildProject({
    'staging.a_slow': 'select pg_sleep(30)::text as x',
    'staging.b_bad': "select 1 / 0 as x from (select pg_sleep(0.3)) as t",
    'staging.c_waiting': 'select 1 as x',
    'staging.d_below': 'select * from staging.c_waiting',
  });
  const { dbl } = project;
  const ended = await dbl('build', '--fail-fast', '--threads', '2');
  expect(ended.code).toBe(1);
  expect(await lastNodes(project)).toEqual([]);
  expect(ended).toEqual({});
});
