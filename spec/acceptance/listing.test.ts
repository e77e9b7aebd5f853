import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type TestProject, createTestDatabase, withProject } from '../harness/index.js';
import { said } from './said.js';

vi.setConfig({ testTimeout: 120_000 });

function crimeProject(): TestProject {
  return withProject({
    'dbluigi.config.ts': "export default { name: 'crime', vars: { year: 2024 } }\n",
    'models/hub/POPULATE-staging-agencies.sql': "{{ config(tags=['daily', 'hub']) }}\nselect ori, name\nfrom {{ source('hub', 'agencies') }}\n",
    'models/hub/POPULATE-staging-months.sql': "select ori, {{ var('year') }} as year, n as month\nfrom staging.agencies\ncross join generate_series(1, 12) as n\n",
    'models/api/POPULATE-api-years.sql':
      "{{ config(materialized='view') }}\nselect a.ori, count(*) as months\nfrom {{ ref('agencies') }} as a\njoin staging.months as m on m.ori = a.ori\ngroup by a.ori\n",
    'models/api/POPULATE-api-Odd Name.sql': 'select 1 as "odd column"\n',
    'models/properties.yaml': `models:
  - name: agencies
    description: Agencies that report.
    columns:
      - name: ori
        description: The FBI's identifier.
        checks: [unique]
sources:
  - name: hub
    schema: raw_hub
    tables:
      - name: agencies
        identifier: agencies_2024
        description: As the states send them.
        tags: [raw]
      - name: unused
`,
    'tests/whole_years.sql': "{{ config(severity='warn', description='a year has 12 months', tags=['nightly']) }}\nselect * from {{ ref('years') }} where months <> 12\n",
    'tests/deep/no_orphans.sql': 'select m.* from staging.months as m left join staging.agencies as a on a.ori = m.ori where a.ori is null\n',
  });
}

interface Manifest {
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
}

function manifest({ folder }: TestProject): Manifest {
  return JSON.parse(readFileSync(path.join(folder, '.dbl/manifest.json'), 'utf8'));
}

describe('dbl ls', () => {
  test('as text: all, selected ones', async () => {
    const project = crimeProject();
    const all = await said({ project }, 'ls');
    expect(all.stdout).toMatchInlineSnapshot(`
      "node                    made as  tags       file
      model.api.Odd Name      table               models/api/POPULATE-api-Odd Name.sql
      model.api.years         view                models/api/POPULATE-api-years.sql
      model.staging.agencies  table    daily,hub  models/hub/POPULATE-staging-agencies.sql
      model.staging.months    table               models/hub/POPULATE-staging-months.sql
      source.hub.agencies              raw        models/properties.yaml
      source.hub.unused                           models/properties.yaml
      test.deep.no_orphans                        tests/deep/no_orphans.sql
      test.whole_years                 nightly    tests/whole_years.sql
      "
    `);
    expect([all.code, all.stderr]).toEqual([0, '']);
    const chosen = await said({ project }, 'ls', '--select', '+years', 'test.*', '--exclude', 'source:hub');
    expect(chosen.stdout).toMatchInlineSnapshot(`
      "node                    made as  tags       file
      model.api.years         view                models/api/POPULATE-api-years.sql
      model.staging.agencies  table    daily,hub  models/hub/POPULATE-staging-agencies.sql
      model.staging.months    table               models/hub/POPULATE-staging-months.sql
      test.deep.no_orphans                        tests/deep/no_orphans.sql
      test.whole_years                 nightly    tests/whole_years.sql
      "
    `);
  });

  test('as JSON', async () => {
    const project = crimeProject();
    const { code, stdout, stderr } = await said({ project }, 'ls', '--output', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual([
      { id: 'model.api.Odd Name', kind: 'model', schema: 'api', name: 'Odd Name', materialized: 'table', file: 'models/api/POPULATE-api-Odd Name.sql', depends_on: [], tags: [] },
      {
        id: 'model.api.years',
        kind: 'model',
        schema: 'api',
        name: 'years',
        materialized: 'view',
        file: 'models/api/POPULATE-api-years.sql',
        depends_on: [
          { id: 'model.staging.agencies', via: 'ref' },
          { id: 'model.staging.months', via: 'name' },
        ],
        tags: [],
      },
      {
        id: 'model.staging.agencies',
        kind: 'model',
        schema: 'staging',
        name: 'agencies',
        materialized: 'table',
        file: 'models/hub/POPULATE-staging-agencies.sql',
        depends_on: [{ id: 'source.hub.agencies', via: 'ref' }],
        tags: ['daily', 'hub'],
      },
      {
        id: 'model.staging.months',
        kind: 'model',
        schema: 'staging',
        name: 'months',
        materialized: 'table',
        file: 'models/hub/POPULATE-staging-months.sql',
        depends_on: [{ id: 'model.staging.agencies', via: 'name' }],
        tags: [],
      },
      { id: 'source.hub.agencies', kind: 'source', schema: 'raw_hub', name: 'agencies', materialized: null, file: 'models/properties.yaml', depends_on: [], tags: ['raw'] },
      { id: 'source.hub.unused', kind: 'source', schema: 'raw_hub', name: 'unused', materialized: null, file: 'models/properties.yaml', depends_on: [], tags: [] },
      {
        id: 'test.deep.no_orphans',
        kind: 'test',
        schema: null,
        name: 'deep.no_orphans',
        materialized: null,
        file: 'tests/deep/no_orphans.sql',
        depends_on: [
          { id: 'model.staging.agencies', via: 'name' },
          { id: 'model.staging.months', via: 'name' },
        ],
        tags: [],
      },
      {
        id: 'test.whole_years',
        kind: 'test',
        schema: null,
        name: 'whole_years',
        materialized: null,
        file: 'tests/whole_years.sql',
        depends_on: [{ id: 'model.api.years', via: 'ref' }],
        tags: ['nightly'],
      },
    ]);
    expect(JSON.parse((await said({ project }, 'ls', '--select', 'type:source', '--exclude', '*', 'source:*', '--output', 'json')).stdout)).toEqual([]);
  });

  test('as a tree', async () => {
    const project = crimeProject();
    const { code, stdout, stderr } = await said({ project }, 'ls', '--tree');
    expect(stdout).toMatchInlineSnapshot(`
      "model.api.Odd Name
      source.hub.unused
      test.deep.no_orphans
      ├─ model.staging.agencies
      │  └─ source.hub.agencies
      └─ model.staging.months
         └─ model.staging.agencies (see above)
      test.whole_years
      └─ model.api.years
         ├─ model.staging.agencies (see above)
         └─ model.staging.months (see above)
      "
    `);
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('dbl compile', () => {
  test('of one model or test prints its SQL, rendered for the target, and nothing else', async () => {
    const project = crimeProject();
    expect(await said({ project }, 'compile', 'years')).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: '\nselect a.ori, count(*) as months\nfrom staging_dev.agencies as a\njoin staging_dev.months as m on m.ori = a.ori\ngroup by a.ori\n',
    });
    expect((await said({ project }, 'compile', 'months', '--vars', '{"year": 1999}')).stdout).toBe(
      'select ori, 1999 as year, n as month\nfrom staging_dev.agencies\ncross join generate_series(1, 12) as n\n',
    );
    expect((await said({ project }, 'compile', 'whole_years')).stdout).toBe('\nselect * from api_dev.years where months <> 12\n');
    // A name that the shell must quote selects all the same.
    expect((await said({ project }, 'compile', 'api.Odd Name')).stdout).toBe('select 1 as "odd column"\n');
    expect(existsSync(path.join(project.folder, '.dbl/compiled'))).toBe(false);
  });

  test('of all writes a file for each model, and takes away what is gone', async () => {
    const project = crimeProject();
    const first = await said({ project }, 'compile');
    expect(first).toEqual({ code: 0, signal: null, stderr: '', stdout: 'compiled 4 models, 2 tests, 2 sources to .dbl/compiled\n' });
    const files = () => readdirSync(path.join(project.folder, '.dbl/compiled'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.relative(project.folder, path.join(entry.parentPath, entry.name))).toSorted();
    expect(files()).toEqual(['.dbl/compiled/api/Odd Name.sql', '.dbl/compiled/api/years.sql', '.dbl/compiled/staging/agencies.sql', '.dbl/compiled/staging/months.sql']);
    expect(readFileSync(path.join(project.folder, '.dbl/compiled/staging/agencies.sql'), 'utf8')).toBe('\nselect ori, name\nfrom raw_hub.agencies_2024\n');
    const before = statSync(path.join(project.folder, '.dbl/compiled/api/years.sql')).mtimeMs;

    rmSync(path.join(project.folder, 'models/api/POPULATE-api-Odd Name.sql'));
    project.write({ 'models/hub/POPULATE-staging-agencies.sql': "select ori, name, 1 as more from {{ source('hub', 'agencies') }}\n" });
    expect((await said({ project }, 'compile')).stdout).toBe('compiled 3 models, 2 tests, 2 sources to .dbl/compiled\n');
    expect(files()).toEqual(['.dbl/compiled/api/years.sql', '.dbl/compiled/staging/agencies.sql', '.dbl/compiled/staging/months.sql']);
    expect(readFileSync(path.join(project.folder, '.dbl/compiled/staging/agencies.sql'), 'utf8')).toBe('select ori, name, 1 as more from raw_hub.agencies_2024\n');
    // What says the same as before is not written again.
    expect(statSync(path.join(project.folder, '.dbl/compiled/api/years.sql')).mtimeMs).toBe(before);
  });

  test('of all writes a manifest of what dbl understood', async () => {
    const project = crimeProject();
    await said({ project }, 'compile');
    const { nodes, ...rest } = manifest(project);
    expect(rest).toEqual({ version: 1, project: 'crime', target: 'staging_dev' });
    const listed: unknown = JSON.parse((await said({ project }, 'ls', '--output', 'json')).stdout);
    expect(nodes.map(({ id, kind, schema, name, materialized, file, depends_on, tags }) => ({ id, kind, schema, name, materialized, file, depends_on, tags }))).toEqual(listed);
    const more = nodes.map(({ kind: _k, schema: _s, name: _n, materialized: _m, file: _f, depends_on: _d, tags: _t, ...others }) => others);
    const fingerprint = expect.stringMatching(/^[\da-f]{64}$/);
    expect(more).toEqual([
      { id: 'model.api.Odd Name', relation: 'api_dev."Odd Name"', description: null, fingerprint, columns: [], indexes: [], checks: [] },
      { id: 'model.api.years', relation: 'api_dev.years', description: null, fingerprint, columns: [], indexes: [], checks: [] },
      {
        id: 'model.staging.agencies',
        relation: 'staging_dev.agencies',
        description: 'Agencies that report.',
        fingerprint,
        columns: [{ name: 'ori', description: "The FBI's identifier." }],
        indexes: [],
        checks: [{ id: 'staging.agencies.unique.ori', kind: 'query', severity: 'error', description: null }],
      },
      { id: 'model.staging.months', relation: 'staging_dev.months', description: null, fingerprint, columns: [], indexes: [], checks: [] },
      { id: 'source.hub.agencies', relation: 'raw_hub.agencies_2024', description: 'As the states send them.' },
      { id: 'source.hub.unused', relation: 'raw_hub.unused', description: null },
      { id: 'test.deep.no_orphans', severity: 'error', description: null },
      { id: 'test.whole_years', severity: 'warn', description: 'a year has 12 months' },
    ]);
  });

  test('a change is seen in the fingerprints of what it changes and of all that reads it, and in no other', async () => {
    const project = crimeProject();
    const fingerprints = async (...options: readonly string[]) => {
      await said({ project }, 'compile', ...options);
      return new Map(manifest(project).nodes.map(({ id, fingerprint }) => [id, fingerprint]));
    };
    const before = await fingerprints();
    const changed = async (...options: readonly string[]) => {
      const after = await fingerprints(...options);
      return [...after].filter(([id, fingerprint]) => before.get(id) !== fingerprint).map(([id]) => id);
    };
    expect(await changed()).toEqual([]);
    expect(await changed('--vars', '{"unused": 1}')).toEqual([]);
    expect(await changed('--vars', '{"year": 1999}')).toEqual(['model.api.years', 'model.staging.months']);
    project.write({ 'tests/whole_years.sql': "select * from {{ ref('years') }} where months < 12\n" });
    expect(await changed()).toEqual([]);
    project.write({ 'models/hub/POPULATE-staging-agencies.sql': "select ori, upper(name) as name from {{ source('hub', 'agencies') }}\n" });
    expect(await changed()).toEqual(['model.api.years', 'model.staging.agencies', 'model.staging.months']);
  });
});

describe('dbl show', () => {
  const odd = `select 1 as id, null::text as note, 2 as id, 1234567890123456789.10 as big, E'two\\nlines' as text, true as flag, '{"a": [1]}'::jsonb as doc, 'Ünï 🚓' as name
union all
select 20, 'NULL', 21, 0.5, '', false, '[]', 'b'
`;
  const files = {
    'dbluigi.config.ts': 'export default {}\n',
    'models/POPULATE-staging-odd.sql': "select 1 as id, 'a' as name\n",
    // No table can have two columns of one name, but a query can.
    'tests/rows.sql': odd,
    'models/POPULATE-staging-many.sql': "select n, repeat('x', n) as x from generate_series(1, 25) as n order by n limit 20\n",
    'models/POPULATE-staging-none.sql': 'select 1 as id, now() as at where false\n',
    'models/POPULATE-staging-reader.sql': "select count(*) as rows\nfrom {{ ref('many') }}\n",
    'models/POPULATE-staging-writer.sql': "select nextval('numbers') as n\n",
    'tests/too_many.sql': 'select n from generate_series(1, 2) as n\n',
  };

  test('prints rows: NULL, numbers to the right and with all digits, line breaks, two columns of one name', async () => {
    const project = withProject(files);
    const database = await createTestDatabase();
    const text = await said({ project, database }, 'show', 'rows');
    expect(text).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: String.raw` id | note | id |                    big | text       | flag | doc        | name
----+------+----+------------------------+------------+------+------------+--------
  1 | NULL |  2 | 1234567890123456789.10 | two\nlines | t    | {"a": [1]} | Ünï 🚓
 20 | NULL | 21 |                    0.5 |            | f    | []         | b
(2 rows)
`,
    });
    const { code, stdout, stderr } = await said({ project, database }, 'show', 'rows', '--output', 'json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      columns: ['id', 'note', 'id', 'big', 'text', 'flag', 'doc', 'name'],
      rows: [
        ['1', null, '2', '1234567890123456789.10', 'two\nlines', 't', '{"a": [1]}', 'Ünï 🚓'],
        ['20', 'NULL', '21', '0.5', '', 'f', '[]', 'b'],
      ],
    });
    expect((await said({ project, database }, 'show', 'none')).stdout).toBe(' id | at\n----+----\n(0 rows)\n');
    expect((await said({ project, database }, 'show', 'too_many')).stdout).toBe(' n\n---\n 1\n 2\n(2 rows)\n');
  });

  test('prints as many rows as are wanted, ten by default', async () => {
    const project = withProject(files);
    const database = await createTestDatabase();
    const rows = async (...options: readonly string[]) => {
      const { stdout } = await said({ project, database }, 'show', 'many', '--output', 'json', ...options);
      return Object(JSON.parse(stdout)).rows.map(([n]: readonly string[]) => Number(n));
    };
    expect(await rows()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await rows('--limit', '3')).toEqual([1, 2, 3]);
    expect(await rows('--limit', '0')).toEqual([]);
    expect(await rows('--limit', '1000')).toHaveLength(20);
  });

  test('reads the target, builds nothing, changes nothing', async () => {
    const project = withProject(files);
    const database = await createTestDatabase();
    await database.query('CREATE SEQUENCE numbers');
    const absent = await said({ project, database }, 'show', 'reader');
    expect(absent.stderr).toMatchInlineSnapshot(`
      "error DBL2201: relation "staging_dev.many" does not exist
        models/POPULATE-staging-reader.sql:2:9
          |
        2 | from {{ ref('many') }}
          |         ^^^^^^^^^^^
        hint: What it reads is read from the target: "dbl build --select +reader" builds it there.
      "
    `);
    expect([absent.code, absent.stdout]).toEqual([1, '']);
    const writer = await said({ project, database }, 'show', 'writer');
    expect(writer.stderr).toMatchInlineSnapshot(`
      "error DBL2201: cannot execute nextval() in a read-only transaction
        models/POPULATE-staging-writer.sql:1:1
          |
        1 | select nextval('numbers') as n
          | ^
      "
    `);
    expect([writer.code, writer.stdout]).toEqual([1, '']);
    expect(await database.query('SELECT is_called FROM numbers')).toEqual([{ is_called: 'f' }]);
    expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'staging%' OR nspname = 'dbluigi'")).toEqual([]);

    await said({ project, database }, 'build', '--select', 'many');
    expect((await said({ project, database }, 'show', 'reader')).stdout).toBe(' rows\n------\n   20\n(1 row)\n');
    expect(await database.query('SELECT command FROM dbluigi.runs')).toEqual([{ command: 'build' }]);
  });

  test('what the server refuses is shown in the template', async () => {
    const project = withProject({ ...files, 'models/POPULATE-staging-odd.sql': "{% set column = 'nme' %}\nselect {{ column }}\nfrom (values (1, 'a')) as t (id, name)\n" });
    const database = await createTestDatabase();
    const { code, stdout, stderr } = await said({ project, database }, 'show', 'odd');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL2201: column "nme" does not exist
        models/POPULATE-staging-odd.sql:2:11
          |
        2 | select {{ column }}
          |           ^^^^^^
        hint: Perhaps you meant to reference the column "t.name".
      "
    `);
    expect([code, stdout]).toEqual([1, '']);
  });
});

test('.dbl/run_results.json holds what the last run did', async () => {
  const project = withProject({
    'dbluigi.config.ts': "export default { name: 'crime' }\n",
    'models/POPULATE-staging-agencies.sql': "select * from (values (1, 'Ada'), (2, null)) as t (id, name)\n",
    'models/POPULATE-staging-good.sql': 'select n from generate_series(1, 3) as n\n',
    'models/POPULATE-staging-below.sql': "select id from {{ ref('agencies') }}\n",
    'models/properties.yaml': 'models:\n  - name: agencies\n    columns:\n      - name: name\n        checks: [not_null]\n',
  });
  const database = await createTestDatabase();
  expect((await said({ project, database }, 'build', '--threads', '1')).code).toBe(1);
  const runs = await database.query('SELECT run_id FROM dbluigi.runs');
  const time = expect.any(Number);
  const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const message = 'the check "staging.agencies.not_null.name" failed: 1 failing row';
  const file = path.join(project.folder, '.dbl/run_results.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    version: 1,
    run_id: runs[0]?.['run_id'],
    project: 'crime',
    command: 'build',
    target: 'staging_dev',
    status: 'failed',
    exit_code: 1,
    started_at: instant,
    finished_at: instant,
    duration_ms: time,
    counts: { success: 1, failed: 1, skipped: 1, unchanged: 0, held: 0, cancelled: 0 },
    nodes: [
      { node: 'model.staging.agencies', status: 'failed', rows: 2, duration_ms: time, reason: message, relation: 'staging_dev__work.agencies' },
      { node: 'model.staging.below', status: 'skipped', rows: null, duration_ms: 0, reason: '"staging.agencies" failed', relation: null },
      { node: 'model.staging.good', status: 'success', rows: 3, duration_ms: time, reason: null, relation: 'staging_dev.good' },
    ],
    checks: [
      {
        node: 'model.staging.agencies',
        check_id: 'staging.agencies.not_null.name',
        status: 'fail',
        severity: 'error',
        failures: 1,
        description: null,
        message: '1 failing row',
        sample: { columns: ['id', 'name'], rows: [['2', null]] },
        sql: 'select *\nfrom staging_dev__work.agencies\nwhere (name is null)',
        duration_ms: time,
      },
    ],
    published: [{ nodes: ['model.staging.good'], schema: 'staging_dev', duration_ms: time }],
    promoted: [],
    diagnostics: [{ code: 'DBL2301', severity: 'error', message, file: 'models/properties.yaml', line: 5, column: 18, end_line: 5, end_column: 26, hint: null }],
  });

  // A run that does not begin leaves it as it is.
  const before = readFileSync(file, 'utf8');
  expect((await said({ project, database }, 'build', '--select', 'nothing')).code).toBe(2);
  expect(readFileSync(file, 'utf8')).toBe(before);
});
