import { describe, expect, test } from 'vitest';
import type { Attachment } from '../../../src/postgres/index.js';
import { checksOf, compileModels, groupsOf, parentsOf, planOf, planProject, stateOf, table } from './plans.js';

const view = "{{ config(materialized='view') }} ";

describe('publish groups', () => {
  test('are single models in the order of the graph where nothing joins them', async () => {
    const { plan, diagnostics } = await planOf({
      'staging.z': 'select 1 as id',
      'staging.b': `${view}select * from z`,
      'staging.a': 'select * from b join z using (id)',
      'lookup.z': 'select 2 as id',
    });
    expect(diagnostics).toEqual([]);
    expect(groupsOf(plan)).toEqual([['z'], ['z'], ['b'], ['a']]);
    expect(plan.groups.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(parentsOf(plan)).toEqual({ z: [], b: ['z'], a: ['b', 'z'] });
    expect([...plan.nodes.values()].map(({ node, group }) => [node.id, plan.groups[group]?.members])).toEqual(
      [...plan.nodes.keys()].map((id) => [id, [id]]),
    );
  });

  test('a relationship to a model that is not a parent makes it one to wait for', async () => {
    const { plan } = await planOf({
      'staging.a': 'select 1 as b_id',
      'staging.b': 'select 1 as id',
      'models/p.yaml': "models: [{name: a, columns: [{name: b_id, checks: [{relationships: {to: ref('b'), field: id}}]}]}]",
    });
    expect(groupsOf(plan)).toEqual([['b'], ['a']]);
    expect(parentsOf(plan)).toEqual({ a: ['b'], b: [] });
    expect(checksOf(plan)).toEqual(['a: staging.a.relationships.b_id']);
  });

  test('a check that reads what comes after its model joins the two, and what lies between', async () => {
    const { plan } = await planOf({
      'staging.a': 'select 1 as id',
      'staging.b': 'select * from a',
      'staging.c': 'select * from b',
      'staging.d': 'select * from c',
      'models/p.yaml': "models: [{name: a, checks: [{expression: {expression: 'id in (select id from staging.c)', name: later}}]}]",
    });
    expect(groupsOf(plan)).toEqual([['a', 'b', 'c'], ['d']]);
    expect(parentsOf(plan)).toEqual({ a: [], b: ['a'], c: ['b'], d: ['c'] });
    expect(checksOf(plan)).toEqual(['a+b+c: staging.a.later']);
  });
});

describe('tests', () => {
  const diamond = {
    'staging.a': 'select 1 as id',
    'staging.b': 'select * from a',
    'staging.c': 'select * from a',
    'staging.d': 'select * from b join c using (id)',
  };

  test('gate the model that comes last', async () => {
    const { plan, diagnostics } = await planOf({
      ...diamond,
      'tests/one.sql': 'select * from staging.a where id is null',
      'tests/path.sql': 'select * from staging.a join staging.c using (id) where false',
      'tests/all.sql': 'select * from staging.a join staging.b using (id) join staging.d using (id) where false',
      'tests/none.sql': 'select 1 as x where false',
    });
    expect(diagnostics).toEqual([]);
    expect(groupsOf(plan)).toEqual([['a'], ['b'], ['c'], ['d']]);
    expect(checksOf(plan)).toEqual(['a: test.one', 'c: test.path', 'd: test.all']);
    expect(plan.groups.flatMap(({ checks }) => checks.map(({ id, node, reads }) => [id, node, reads]))).toEqual([
      ['test.one', 'model.staging.a', []],
      ['test.path', 'model.staging.c', ['model.staging.a']],
      ['test.all', 'model.staging.d', ['model.staging.a', 'model.staging.b']],
    ]);
  });

  test('join the models that they read where none is the last', async () => {
    const { plan } = await planOf({ ...diamond, 'tests/sides.sql': 'select * from staging.b join staging.c using (id) where false' });
    expect(groupsOf(plan)).toEqual([['a'], ['b', 'c'], ['d']]);
    expect(parentsOf(plan)).toEqual({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });
    expect(checksOf(plan)).toEqual(['b+c: test.sides']);
  });

  test('take a model into the group that lies between two members', async () => {
    const { plan } = await planOf({
      'staging.a': 'select 1 as id',
      'staging.between': 'select * from a',
      'staging.c': 'select * from between',
      'staging.other': 'select 1 as id',
      'staging.after': 'select * from c',
      'tests/x.sql': 'select * from staging.a join staging.other using (id) where false',
      'tests/y.sql': 'select * from staging.c join staging.other using (id) where false',
    });
    expect(groupsOf(plan)).toEqual([['a', 'other', 'between', 'c'], ['after']]);
    expect(parentsOf(plan)).toEqual({ a: [], between: ['a'], c: ['between'], other: [], after: ['c'] });
  });

  test('join groups of three, and look only at what the run builds', async () => {
    const files = { ...diamond, 'staging.e': 'select 1 as id', 'tests/three.sql': 'select * from staging.b, staging.c, staging.e where false' };
    expect(groupsOf((await planOf(files)).plan)).toEqual([['a'], ['e', 'b', 'c'], ['d']]);
    const built = ['staging_dev.a', 'staging_dev.b', 'staging_dev.c', 'staging_dev.e'];
    const one = await planOf(files, { select: ['c'], state: built });
    expect(checksOf(one.plan)).toEqual(['c: test.three']);
    // Between b and d the path runs through d's parents alone: without b and c in the run nothing says that d is built after e.
    const two = await planOf({ ...files, 'tests/two.sql': 'select * from staging.a, staging.d where false' }, { select: ['a', 'd'], state: built });
    expect(groupsOf(two.plan)).toEqual([['a', 'd']]);
  });

  test('are not run, with a warning, when they read what is nowhere yet', async () => {
    const files = { ...diamond, 'tests/deep/path.sql': 'select * from staging.a join staging.b using (id) join staging.c using (id) where false' };
    const { plan, diagnostics } = await planOf(files, { select: ['a'] });
    expect(checksOf(plan)).toEqual([]);
    expect(diagnostics).toEqual([
      {
        code: 'DBL2303',
        severity: 'warning',
        message: 'the test "deep.path" is not run: it reads "staging.b" and "staging.c", which are not in the target yet',
        at: 'tests/deep/path.sql',
        hint: 'Build the models that it reads once; then it gates every build.',
      },
    ]);
    const later = await planOf(files, { select: ['a'], state: ['staging_dev.b', 'staging_dev.c'] });
    expect(checksOf(later.plan)).toEqual(['a: test.deep.path']);
    expect(later.diagnostics).toEqual([]);
  });
});

describe('what is missing', () => {
  const files = {
    'staging.a': 'select 1 as id',
    'staging.b': 'select 1 as id',
    'staging.c': "select *\nfrom a join {{ ref('b') }} using (id)",
    'models/p.yaml': 'models:\n  - name: b\n    checks:\n      - relationships: {column: id, to: a, field: id}\n',
  };

  test('parents, of models and of checks, are errors where the name stands', async () => {
    const { diagnostics } = await planOf(files, { select: ['b', 'c'] });
    expect(diagnostics.map(({ code, message, hint }) => [code, message, hint])).toEqual([
      ['DBL2101', 'the check "staging.b.relationships.id" reads "staging.a", which is not in "staging_dev"', 'Build that as well: --select b a'],
      ['DBL2101', '"staging.c" reads "staging.a", which is not in "staging_dev"', 'Build what it reads as well: --select +c'],
    ]);
    expect(diagnostics.map(({ at }) => (at instanceof Object ? [at.file.path, at.file.position(at.start)] : at))).toEqual([
      ['models/p.yaml', { line: 4, column: 9 }],
      ['models/POPULATE-staging-c.sql', { line: 2, column: 6 }],
    ]);
  });

  test('what is in the target, or held where the run holds too, is not missing', async () => {
    expect((await planOf(files, { select: ['c'], state: ['staging_dev.a', 'staging_dev.b'] })).diagnostics).toEqual([]);
    const held = ['a', 'b'].map((name) => ({
      schema: 'staging_dev', name, node: `model.staging.${name}`, kind: 'table' as const, relid: 1, fingerprint: '', runId: '', rows: 1, definition: undefined,
    }));
    const project = await compileModels(files);
    const holding = planProject(project, { select: ['c'], hold: true, state: { held } });
    expect([holding.diagnostics, holding.plan.heldBefore]).toEqual([[], new Set(['model.staging.a', 'model.staging.b'])]);
    const publishing = planProject(project, { select: ['c'], state: { held } });
    expect(publishing.diagnostics.map(({ code }) => code)).toEqual(['DBL2101', 'DBL2101']);
    expect(publishing.plan.heldBefore).toEqual(new Set());
    expect(planProject(project, { hold: true, state: { held } }).plan.heldBefore).toEqual(new Set());
  });
});

describe('what is in the way', () => {
  const files = {
    'staging.a': "select * from {{ source('raw', 'events') }}",
    'staging.v': `${view}select 1 as id`,
    'models/p.yaml': 'sources: [{name: raw, tables: [{name: events}]}]',
  };

  async function blockedBy(relations: readonly ReturnType<typeof table>[], more: Parameters<typeof stateOf>[1] = {}): Promise<readonly unknown[]> {
    const { plan } = await planOf(files, { state: stateOf(relations, more) });
    return [...plan.nodes.values()].flatMap(({ blocked }) => blocked.map(({ code, message, hint }) => [code, message, hint]));
  }

  test('a relation that dbl did not make', async () => {
    const relations = [table('raw.events'), table('staging_dev.a', 'index'), table('staging_dev.v', 'materialized view')];
    expect(await blockedBy(relations, { recorded: new Map() })).toEqual([
      ['DBL2102', '"staging_dev.v" is a materialized view that dbl did not make, so it is not replaced', 'Rename it, move it to another schema or drop it; then build again.'],
      ['DBL2102', '"staging_dev.a" is an index that dbl did not make, so it is not replaced', 'Rename it, move it to another schema or drop it; then build again.'],
    ]);
    expect(await blockedBy([table('raw.events'), table('staging_dev.a'), table('staging_dev.v', 'view')])).toEqual([]);
  });

  test('what hangs on a table and cannot be carried over; a view that stays a view keeps it', async () => {
    const existing = [table('raw.events'), table('staging_dev.a'), table('staging_dev.v', 'view')];
    const attachments: readonly Attachment[] = [
      { kind: 'comment', column: undefined, text: 'x' },
      { kind: 'obstacle', type: 'trigger', identity: 't on staging_dev.a' },
      { kind: 'obstacle', type: 'policy', identity: 'p on staging_dev.a' },
    ];
    const attached = new Map(existing.map(({ oid }) => [oid, { oid, fingerprint: '', columnLock: '', attachments }]));
    const a = ['DBL2401', '"staging_dev.a" cannot be replaced, since this hangs on it: trigger t on staging_dev.a; policy p on staging_dev.a', 'dbl did not make it and does not drop it. Drop it, build, and create it again.'];
    expect(await blockedBy(existing, { attached })).toEqual([a]);
    const asTable = await planOf({ ...files, 'staging.v': 'select 1 as id' }, { state: stateOf(existing, { attached }) });
    expect([...asTable.plan.nodes.values()].map(({ blocked }) => blocked.map(({ code }) => code))).toEqual([['DBL2401'], ['DBL2401']]);
  });

  test('a source that is not in the database, with the nearest name', async () => {
    const message = 'the source "raw.events" is not in the database';
    expect(await blockedBy([])).toEqual([['DBL2203', message, 'The schema "raw" is empty or does not exist. The source is declared in models/p.yaml.']]);
    expect(await blockedBy([table('raw.event')])).toEqual([['DBL2203', message, 'Did you mean "event"? The source is declared in models/p.yaml.']]);
    expect(await blockedBy([table('raw.agencies')])).toEqual([['DBL2203', message, 'The source is declared in models/p.yaml.']]);
  });

  test('an undeclared table that is not in the database', async () => {
    const project = await compileModels({
      'dbluigi.config.mjs': "export default { undeclaredSources: 'allow', searchPath: ['lookup'] }",
      'staging.a': 'select *\nfrom raw.events, nearby',
    });
    const blocked = (state: readonly string[]) =>
      planProject(project, { state })
        .plan.nodes.get('model.staging.a')
        ?.blocked.map(({ message, at, hint }) => [message, at instanceof Object ? at.file.position(at.start) : undefined, hint]);
    const events = ['"raw.events" is neither a model nor a table of the database', { line: 2, column: 6 }];
    const nearby = ['"nearby" is neither a model nor a table of the database', { line: 2, column: 18 }];
    const lookedIn = 'It was looked for in "staging_dev", "lookup", "public".';
    expect(blocked([])).toEqual([[...events, 'The schema "raw" is empty or does not exist.'], [...nearby, lookedIn]]);
    expect(blocked(['raw.events'])).toEqual([[...nearby, lookedIn]]);
    for (const schema of ['staging_dev', 'lookup', 'public']) expect(blocked(['raw.events', `${schema}.nearby`])).toEqual([]);
    expect(blocked(['raw.event', 'raw.nearby', 'lookup.near_by'])).toEqual([
      [...events, 'Did you mean "raw.event"?'],
      [...nearby, 'Did you mean "near_by"?'],
    ]);
  });
});

test('what a model replaces, and what an earlier run left in the workbench', async () => {
  const { plan } = await planOf({ 'staging.a': 'select 1 as id', 'staging.b': 'select 1 as id' }, { state: ['staging_dev.a', 'staging_dev__work.b'] });
  expect(plan.nodes.get('model.staging.a')).toMatchObject({ existing: { schema: 'staging_dev', name: 'a' }, leftover: undefined });
  expect(plan.nodes.get('model.staging.b')).toMatchObject({ existing: undefined, leftover: { schema: 'staging_dev__work', name: 'b' } });
});
