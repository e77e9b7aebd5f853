import os from 'node:os';
import { expect, it } from 'vitest';
import { buildProject, runResults } from './project.js';

const files = {
  'staging.a': 'select g as id from generate_series(1, 3) as g',
  'staging.v': "{{ config(materialized='view') }}select id from staging.a",
  'staging.bad': "select id,\n  id + nope as x from {{ ref('v') }}",
  'staging.below': 'select * from staging.bad',
  'staging.checked': 'select id from staging.v',
  'models/p.yaml': "models: [{name: a, checks: [{row_count: {min: 1}}]}, {name: checked, description: About it., columns: [{name: id, checks: [{accepted_values: {values: [1, 2]}}]}]}]",
  'tests/small.sql': "{{ config(severity='warn') }}select id from staging.v where id > 1",
};

it('writes down every run, node, check and relation', async () => {
  const project = await buildProject(files, `{ name: 'Crime "stats"' }`);
  const { database, dbl, rows } = project;
  expect((await dbl('build', '--quiet')).code).toBe(1);
  expect(await database.query(`SELECT project, command, target, status, os_user, db_user = session_user AS as_us, host, pid > 0 AS pid, dbl_version, git_commit, exit_code,
      started_at < finished_at AND finished_at <= clock_timestamp() AS times, schemas::text, arguments - 'nodes' AS arguments FROM dbluigi.runs`)).toEqual([
    {
      project: 'Crime "stats"',
      command: 'build',
      target: 'staging_dev',
      status: 'failed',
      os_user: os.userInfo().username,
      as_us: 't',
      host: os.hostname(),
      pid: 't',
      dbl_version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      git_commit: null,
      exit_code: '1',
      times: 't',
      schemas: '{staging_dev}',
      arguments: '{"hold": false, "select": [], "exclude": [], "failFast": false}',
    },
  ]);
  expect(await rows(`SELECT replace(node, 'model.staging.', ''), attempt, status, reason, length(fingerprint), rows, bytes > 0 AS sized, started_at <= finished_at AS timed, sqlstate, message, file, line, col
    FROM dbluigi.node_runs ORDER BY 1`)).toEqual([
    'a|1|success||64|3|t|t|||||',
    'bad|1|failed|column "nope" does not exist|64|||t|42703|column "nope" does not exist|models/POPULATE-staging-bad.sql|2|8',
    'below|1|skipped|"staging.bad" failed|64||||||||',
    'checked|1|failed|the check "staging.checked.accepted_values.id" failed: 1 failing row|64|3|t|t||the check "staging.checked.accepted_values.id" failed: 1 failing row|models/p.yaml|1|125',
    'v|1|success||64|||t|||||',
  ]);
  expect(await rows(`SELECT check_id, node, status, severity, failures, sql FROM dbluigi.checks ORDER BY 1`)).toEqual([
    'staging.a.row_count|model.staging.a|pass|error||SELECT pg_catalog.count(*) AS rows FROM staging_dev__work.a',
    `staging.checked.accepted_values.id|model.staging.checked|fail|error|1|select id, count(*) as "count"
from staging_dev__work.checked
where id not in ('1', '2')
group by id`,
    'test.small|model.staging.v|warn|warn|2|select id from staging_dev__work.v where id > 1',
  ]);
  expect(await rows(`SELECT r.name, r.schema, r.node, c.relname, r.published_by = r.last_run AS by_it, r.published_at IS NOT NULL AS at, r.last_status, r.indexes, r.fingerprint = n.fingerprint AS same
    FROM dbluigi.relations AS r JOIN dbluigi.node_runs AS n USING (node) LEFT JOIN pg_class AS c ON c.oid = r.relid ORDER BY 1`)).toEqual([
    'a|staging_dev|model.staging.a|a|t|t|success|{}|t',
    'bad|staging_dev|model.staging.bad|||f|failed|{}|',
    'below|staging_dev|model.staging.below|||f|skipped|{}|',
    'checked|staging_dev|model.staging.checked|||f|failed|{}|',
    'v|staging_dev|model.staging.v|v|t|t|success|{}|t',
  ]);

  const results = runResults(project);
  const [runId] = await rows('SELECT run_id FROM dbluigi.runs');
  expect(results).toEqual({
    version: 1,
    run_id: runId,
    project: 'Crime "stats"',
    command: 'build',
    target: 'staging_dev',
    status: 'failed',
    exit_code: 1,
    started_at: expect.stringMatching(/^\d{4}-.*Z$/),
    finished_at: expect.stringMatching(/^\d{4}-.*Z$/),
    duration_ms: expect.any(Number),
    counts: { success: 2, failed: 2, skipped: 1, unchanged: 0, held: 0, cancelled: 0 },
    nodes: [
      { node: 'model.staging.a', status: 'success', rows: 3, duration_ms: expect.any(Number), reason: null, relation: 'staging_dev.a' },
      { node: 'model.staging.v', status: 'success', rows: null, duration_ms: expect.any(Number), reason: null, relation: 'staging_dev.v' },
      { node: 'model.staging.bad', status: 'failed', rows: null, duration_ms: expect.any(Number), reason: 'column "nope" does not exist', relation: null },
      { node: 'model.staging.below', status: 'skipped', rows: null, duration_ms: 0, reason: '"staging.bad" failed', relation: null },
      { node: 'model.staging.checked', status: 'failed', rows: 3, duration_ms: expect.any(Number), reason: 'the check "staging.checked.accepted_values.id" failed: 1 failing row', relation: 'staging_dev__work.checked' },
    ],
    checks: [
      expect.objectContaining({ node: 'model.staging.a', check_id: 'staging.a.row_count', status: 'pass', failures: null, message: '3 rows, at least 1 expected', sample: null, sql: null }),
      expect.objectContaining({ node: 'model.staging.v', check_id: 'test.small', status: 'warn', severity: 'warn', failures: 2, sample: { columns: ['id'], rows: [['2'], ['3']] }, sql: 'select id from staging_dev__work.v where id > 1' }),
      expect.objectContaining({ node: 'model.staging.checked', check_id: 'staging.checked.accepted_values.id', status: 'fail', failures: 1, sample: { columns: ['id', 'count'], rows: [['3', '1']] } }),
    ],
    published: [
      { nodes: ['model.staging.a'], schema: 'staging_dev', duration_ms: expect.any(Number) },
      { nodes: ['model.staging.v'], schema: 'staging_dev', duration_ms: expect.any(Number) },
    ],
    promoted: [],
    diagnostics: [
      expect.objectContaining({ code: 'DBL2301', severity: 'warning', file: 'tests/small.sql', line: 1, column: 1 }),
      { code: 'DBL2201', severity: 'error', message: 'column "nope" does not exist', file: 'models/POPULATE-staging-bad.sql', line: 2, column: 8, end_line: 2, end_column: 12, hint: null },
      expect.objectContaining({ code: 'DBL2301', severity: 'error', file: 'models/p.yaml', line: 1, column: 125 }),
    ],
  });
});

it('tells the same as JSON, one object a line', async () => {
  const { dbl, rows } = await buildProject(files);
  const { code, stderr, stdout } = await dbl('build', '--log-format', 'json');
  expect([code, stderr]).toEqual([1, '']);
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, string | number | null>);
  const [runId] = await rows('SELECT run_id FROM dbluigi.runs');
  expect(lines.filter((line) => line['v'] !== 1 || line['run_id'] !== runId || typeof line['ts'] !== 'string')).toEqual([]);
  expect(lines.map(({ event, node, check_id, status, code: diagnostic }) => [event, node ?? check_id ?? diagnostic, status].filter((part) => part !== undefined).join(' '))).toEqual([
    'run_start',
    'node_start model.staging.a',
    'check_end model.staging.a pass',
    'publish',
    'node_end model.staging.a success',
    'node_start model.staging.v',
    'check_end model.staging.v warn',
    'diagnostic DBL2301',
    'publish',
    'node_end model.staging.v success',
    'node_start model.staging.bad',
    'diagnostic DBL2201',
    'node_end model.staging.bad failed',
    'node_end model.staging.below skipped',
    'node_start model.staging.checked',
    'check_end model.staging.checked fail',
    'diagnostic DBL2301',
    'node_end model.staging.checked failed',
    'run_end failed',
  ]);
  expect(lines.at(-1)).toMatchObject({ status: 'failed', exit_code: 1, counts: { success: 2, failed: 2, skipped: 1 } });
});

it('the row counts of large tables are exact, however they are built', async () => {
  const { dbl, rows } = await buildProject({ 'staging.large': "select g as id, repeat('x', 900) as text from generate_series(1, 270001) as g" });
  for (const _ of [1, 2]) {
    expect((await dbl('build')).stderr).toContain('1 of 1  built  staging_dev.large  270,001 rows  T\n');
    expect(await rows(`SELECT rows, bytes = pg_table_size('staging_dev.large') FROM dbluigi.node_runs ORDER BY started_at DESC LIMIT 1`)).toEqual(['270001|t']);
  }
});
