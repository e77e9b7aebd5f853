import { expect, it } from 'vitest';
import { buildProject, lastNodes } from './project.js';

it('a failed check keeps the table back, and what reads it; what each check came to is written down', async () => {
  const project = await buildProject({
    'staging.people': "select g as id, case when g > 3 then null else 'n' || g end as name, g % 2 as kind, 5 as agency from generate_series(1, 10) as g",
    'staging.below': 'select * from staging.people',
    'staging.agencies': 'select 7 as id',
    'models/checks.yaml': `models:
  - name: people
    checks:
      - row_count: {min: 20, description: Everybody is counted.}
      - row_count_ratio: {min: 0.9}
      - unique: {columns: [kind, agency], where: id < 9}
      - expression: {expression: "id < 9", name: small_ids, severity: warn}
      - expression: {expression: "nmae is null", name: broken}
      - command: [sh, -c, "echo $DBL_RELATION; exit 3"]
    columns:
      - name: name
        checks: [not_null]
      - name: kind
        checks: [{accepted_values: {values: [1, 2]}}]
      - name: agency
        checks: [{relationships: {to: ref('agencies'), field: id}}]
`,
  });
  const { database, dbl, rows, write } = project;
  const ended = await dbl('build');
  expect(ended.code).toBe(1);
  expect(ended.stdout).toBe(`warnings
  the check "staging.people.small_ids" failed: 2 failing rows

skipped, for what they read is not there
  staging.below

failed
  staging.people: the check "staging.people.row_count" failed: 10 rows, at least 20 expected (Everybody is counted.) (and 6 more)
    at models/checks.yaml:4:9
    to look at: staging_dev__work.people

build of staging_dev failed after T: 1 built (1 row), 1 failed, 1 skipped, 1 warning

next
  dbl build --target staging_dev --select staging.people+  when it is mended
`);
  expect(await lastNodes(project)).toEqual([
    'agencies success',
    'below skipped: "staging.people" failed',
    'people failed: the check "staging.people.row_count" failed: 10 rows, at least 20 expected (Everybody is counted.) (and 6 more)',
  ]);
  expect(await rows(`SELECT replace(check_id, 'staging.people.', ''), node, status, severity, failures, sql IS NOT NULL FROM dbluigi.checks ORDER BY check_id COLLATE "C"`)).toEqual([
    'accepted_values.kind|model.staging.people|fail|error|1|t',
    'broken|model.staging.people|error|error||t',
    'command.7d9ba43e|model.staging.people|fail|error||f',
    'not_null.name|model.staging.people|fail|error|7|t',
    'relationships.agency|model.staging.people|fail|error|1|t',
    'row_count|model.staging.people|fail|error||t',
    'row_count_ratio|model.staging.people|pass|error||t',
    'small_ids|model.staging.people|warn|warn|2|t',
    'unique.kind.agency|model.staging.people|fail|error|2|t',
  ]);
  expect(await rows(`SELECT sqlstate, file, line, col, rows FROM dbluigi.node_runs WHERE node LIKE '%people'`)).toEqual(['|models/checks.yaml|4|9|10']);
  // Nothing is published; what failed can be looked at, and is replaced by the next build.
  expect(await rows(`SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema LIKE 'staging%' ORDER BY 1`)).toEqual(['staging_dev.agencies', 'staging_dev__work.people']);
  // The recorded SQL gives the failing rows when it is run by hand.
  expect(await rows((await rows(`SELECT sql FROM dbluigi.checks WHERE check_id = 'staging.people.not_null.name'`))[0] ?? '')).toHaveLength(7);

  write({
    'models/checks.yaml': `models:
  - name: people
    checks:
      - row_count: {min: 10, max: 10}
      - row_count_ratio: {min: 0.9, max: 1.5, name: ratio}
      - row_count_ratio: {min: 0.5, against: production, name: production}
      - expression: {expression: "id < 9", name: small_ids, severity: warn}
      - expression: {expression: "agency in (select id - 2 from staging.agencies)", name: subquery}
      - command: {command: [sh, -c, 'test "$DBL_SCHEMA.$DBL_NODE" = staging_dev__work.model.staging.people && test -n "$DBL_RUN_ID" && test "$PGDATABASE" != ""'], name: environment}
`,
  });
  const good = await dbl('build');
  expect([good.code, good.stdout]).toEqual([0, `warnings
  the check "staging.people.small_ids" failed: 2 failing rows

build of staging_dev is done: 3 built (21 rows), 1 warning, in T

next
  dbl test --target staging_dev  check again what the target holds
  dbl promote --target staging_dev  put it in production's place
`]);
  expect(await rows(`SELECT replace(check_id, 'staging.people.', ''), status FROM dbluigi.checks WHERE run_id = (SELECT run_id FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1) ORDER BY 1`)).toEqual([
    'environment|pass', 'production|pass', 'ratio|pass', 'row_count|pass', 'small_ids|warn', 'subquery|pass',
  ]);

  // Fewer rows than before: the old ones stay.
  await database.query('CREATE SCHEMA staging; CREATE TABLE staging.people AS SELECT * FROM generate_series(1, 30)');
  write({ 'staging.people': 'select g as id, 5 as agency from generate_series(1, 10) as g where g < 6', 'models/checks.yaml': `models: [{name: people, checks: [{row_count_ratio: {min: 0.9}}, {row_count_ratio: {min: 0.5, against: production, name: production}}]}]` });
  const fewer = await dbl('build', '--select', 'people');
  expect(fewer.code).toBe(1);
  expect(fewer.stderr).toContain('error DBL2301: the check "staging.people.row_count_ratio" failed: 5 rows, 0.500 times the 10 of staging_dev.people, at least 0.9 expected');
  expect(fewer.stderr).toContain('error DBL2301: the check "staging.people.production" failed: 5 rows, 0.167 times the 30 of staging.people, at least 0.5 expected');
  expect(await rows('SELECT count(*) FROM staging_dev.people')).toEqual(['10']);
});

it('checks of severity warn do not keep anything back; a check that cannot run with that severity neither', async () => {
  const project = await buildProject({
    'staging.a': 'select 1 as id, null::int as n',
    'staging.b': 'select * from staging.a',
    'models/checks.yaml': 'models: [{name: a, checks: [{expression: {expression: nope > 1, severity: warn, name: broken}}, {not_null: {columns: [n], severity: warn}}]}]',
    'tests/warn.sql': "{{ config(severity='warn', description='Only for your information.') }}select * from staging.b",
  });
  const { dbl, rows } = project;
  const { code, stdout } = await dbl('build');
  expect(code).toBe(0);
  expect(stdout).toContain('build of staging_dev is done: 2 built (2 rows), 3 warnings, in T');
  expect(await rows(`SELECT check_id, status, severity, failures FROM dbluigi.checks ORDER BY 1`)).toEqual(['staging.a.broken|warn|warn|', 'staging.a.not_null.n|warn|warn|1', 'test.warn|warn|warn|1']);
});

it('a relationship to a model that is no parent waits for it, and one to a model further down is judged together with it', async () => {
  const project = await buildProject({
    'staging.a_child': 'select 2 as parent_id',
    'staging.z_parent': 'select 1 as id',
    'staging.up': 'select 5 as id',
    'staging.down': 'select id + 1 as id from staging.up',
    'models/checks.yaml': `models:
  - {name: a_child, columns: [{name: parent_id, checks: [{relationships: {to: ref('z_parent'), field: id}}]}]}
  - {name: up, columns: [{name: id, checks: [{relationships: {to: staging.down, field: id, name: down}}]}]}
`,
  });
  const { dbl, rows, write } = project;
  expect((await dbl('build')).stderr).toMatch(/1 of 4 {2}built {2}staging_dev\.z_parent/);
  expect(await lastNodes(project)).toEqual([
    'a_child failed: the check "staging.a_child.relationships.parent_id" failed: 1 failing row',
    'down held: a check of its publish group failed',
    'up failed: the check "staging.up.down" failed: 1 failing row',
    'z_parent success',
  ]);
  write({ 'staging.z_parent': 'select 2 as id', 'staging.down': 'select id from staging.up' });
  expect((await dbl('build', '--quiet')).stdout).toBe('build of staging_dev is done: 4 built (4 rows), in T\n');
  // The new child is only right with the new parent, and is held against that one.
  write({ 'staging.z_parent': 'select 3 as id', 'staging.a_child': 'select 3 as parent_id' });
  expect((await dbl('build', '--quiet')).code).toBe(0);
  expect(await rows('SELECT * FROM staging_dev.a_child, staging_dev.z_parent')).toEqual(['3|3']);
});
