import { describe, expect, test } from 'vitest';
import { manifest, placedSql, productionPlacement, targetPlacement } from '../../../src/compile/index.js';
import { compileFiles, modelOf } from './project.js';

const sources = `sources:
  - name: raw
    tables: [{name: events}, {name: agencies, identifier: Agency List}]
`;

function reads(node: { readonly dependsOn: readonly { readonly id: string; readonly via: string }[] }): readonly string[] {
  return node.dependsOn.map(({ id, via }) => `${via} ${id}`);
}

describe('dependencies', () => {
  test('come from ref() and source(), also in branches that are not taken, and through macros', async () => {
    const { project, diagnostics } = await compileFiles({
      'models/sources.yaml': sources,
      'models/POPULATE-staging-a.sql': "select * from {{ source('raw', 'events') }}",
      'models/POPULATE-staging-b.sql': "select 1 as n {% if false %} from {{ ref('a') }} {% endif %}",
      'models/POPULATE-staging-c.sql': '{{ all_of("b") }}',
      'macros/m.njk': "{% macro all_of(name) %}select * from {{ ref(name) }}{% if false %}{{ ref('staging', 'a') }}{% endif %}{% endmacro %}",
    });
    expect(diagnostics).toEqual([]);
    expect(reads(modelOf(project, 'staging.a'))).toEqual(['ref source.raw.events']);
    expect(reads(modelOf(project, 'staging.b'))).toEqual(['ref model.staging.a']);
    expect(reads(modelOf(project, 'staging.c'))).toEqual(['ref model.staging.a', 'ref model.staging.b']);
  });

  test('come from plain names: the own schema first, then the search path; never from CTEs, aliases and functions', async () => {
    const { project, diagnostics } = await compileFiles({
      'dbluigi.config.mjs': "export default { searchPath: ['lookup', 'raw'] }",
      'models/sources.yaml': sources,
      'models/POPULATE-staging-a.sql': 'select 1 as id',
      'models/POPULATE-lookup-a.sql': 'select 2 as id',
      'models/POPULATE-lookup-b.sql': 'select 3 as id',
      'models/POPULATE-staging-all.sql': `with events as (select 1 as id)
        select a.id, staging.a.id as x, b.id as y from a join b on true join events on true join "Agency List" as l on true
        join lookup.a as la on true join generate_series(1, 2) as g on true join pg_class on true join information_schema.tables on true`,
    });
    expect(diagnostics).toEqual([]);
    const all = modelOf(project, 'staging.all');
    expect(reads(all)).toEqual([
      'name model.lookup.a',
      'name model.lookup.b',
      'name model.staging.a',
      'name source.raw.agencies',
    ]);
    expect(placedSql(all.sql, targetPlacement(project)).text).toBe(`with events as (select 1 as id)
        select a.id, staging_dev.a.id as x, b.id as y from staging_dev.a join lookup_dev.b on true join events on true join raw."Agency List" as l on true
        join lookup_dev.a as la on true join generate_series(1, 2) as g on true join pg_class on true join information_schema.tables on true`);
    expect(placedSql(all.sql, productionPlacement(project)).text).toContain('from staging.a join lookup.b');
  });

  test('a name of the target means the same as the logical one', async () => {
    const { project } = await compileFiles({
      'models/POPULATE-staging-a.sql': 'select 1 as id',
      'models/POPULATE-staging-b.sql': 'select * from staging_dev.a union all select * from staging.a',
    });
    expect(reads(modelOf(project, 'staging.b'))).toEqual(['name model.staging.a']);
  });

  test('an offset in the placed SQL leads back to the template', async () => {
    const { project } = await compileFiles({
      'models/POPULATE-staging-a.sql': 'select 1 as id',
      'models/POPULATE-staging-b.sql': "select '😀' as x,\n  {{ ref('a') }}.nothing from staging.a",
    });
    const { sql } = modelOf(project, 'staging.b');
    const placed = placedSql(sql, targetPlacement(project));
    const [place] = sql.locate(placed.toOriginal(placed.text.indexOf('from')));
    expect(place?.file.position(place.start)).toEqual({ line: 2, column: 26 });
  });
});

describe('fingerprints', () => {
  const files = {
    'macros/m.njk': '{% macro one() %}1{% endmacro %}',
    'models/POPULATE-staging-a.sql': "select {{ one() }} as id, '{{ var('v', 'x') }}' as v",
    'models/POPULATE-staging-b.sql': 'select * from staging.a',
    'models/POPULATE-staging-c.sql': 'select 1 as id',
  };
  const fingerprints = async (changed: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const { project } = await compileFiles({ ...files, ...changed });
    return ['a', 'b', 'c'].map((name) => modelOf(project, `staging.${name}`).fingerprint);
  };

  test.each([
    ['its own SQL', { 'models/POPULATE-staging-a.sql': 'select 2 as id' }],
    ['a macro', { 'macros/m.njk': '{% macro one() %}2{% endmacro %}' }],
    ['a variable', { 'dbluigi.config.mjs': "export default { vars: { v: 'y' } }" }],
    ['an option', { 'models/properties.yaml': 'models: [{name: a, config: {materialized: view}}]' }],
  ])('change with %s, and those of what reads the model, but no others', async (_what, changed) => {
    const [a, b, c] = await fingerprints({});
    const [a2, b2, c2] = await fingerprints(changed);
    expect(a2).not.toBe(a);
    expect(b2).not.toBe(b);
    expect(c2).toBe(c);
  });

  test('are the same for the same project', async () => {
    expect(await fingerprints({})).toEqual(await fingerprints({}));
  });
});

test('checks from properties become queries over the relation, wherever it is', async () => {
  const { project, diagnostics } = await compileFiles({
    'models/POPULATE-staging-a.sql': 'select 1 as id',
    'models/POPULATE-staging-b.sql': 'select 1 as id, 1 as a_id',
    'models/properties.yaml': `models:
  - name: b
    columns:
      - name: a_id
        checks:
          - relationships: {to: ref('a'), field: id}
    checks:
      - expression: {expression: id in (select id from staging.a), name: known}
      - row_count: {min: 1}
`,
  });
  expect(diagnostics).toEqual([]);
  const { checks } = modelOf(project, 'staging.b');
  expect(checks.map(({ id, kind, reads: ids }) => [id, kind, ids])).toEqual([
    ['staging.b.known', 'query', ['model.staging.a']],
    ['staging.b.row_count', 'row_count', []],
    ['staging.b.relationships.a_id', 'query', ['model.staging.a']],
  ]);
  const [known] = checks;
  const sql = known?.kind === 'query' ? known.query((id) => ({ schema: id === 'model.staging.b' ? 'work' : 'target', name: id.slice(14) })) : '';
  expect(sql).toBe('select *\nfrom work.b\nwhere not (id in (select id from target.a))');
});

test('the manifest tells relations, checks and fingerprints', async () => {
  const { project } = await compileFiles({ 'models/POPULATE-staging-a.sql': '{{ config(tags=["x"], materialized="view") }} select 1 as id' });
  expect(manifest(project)).toEqual({
    version: 1,
    project: project.config.name,
    target: 'staging_dev',
    nodes: [
      {
        id: 'model.staging.a',
        kind: 'model',
        schema: 'staging',
        name: 'a',
        materialized: 'view',
        file: 'models/POPULATE-staging-a.sql',
        depends_on: [],
        tags: ['x'],
        relation: 'staging_dev.a',
        description: null,
        fingerprint: modelOf(project, 'staging.a').fingerprint,
        columns: [],
        indexes: [],
        checks: [],
      },
    ],
  });
});

test('two models whose names come to one id are refused', async () => {
  const { diagnostics } = await compileFiles({
    'models/POPULATE-a.b-c.sql': 'select 1 as id',
    'models/POPULATE-a-b.c.sql': 'select 1 as id',
  });
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([['DBL1117', 'two models have the id "model.a.b.c"']]);
});
