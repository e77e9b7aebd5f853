import { describe, expect, test } from 'vitest';
import { type CompiledProject, modelId } from '../../../src/compile/index.js';
import { remainderOf } from '../../../src/plan/index.js';
import { compileFiles, modelOf } from '../compile/project.js';
import { recorded, stateOf, table } from './plans.js';

const files = {
  'models/POPULATE-staging-a.sql': 'select 1 as id',
  'models/POPULATE-staging-b.sql': 'select * from staging.a',
  'models/POPULATE-staging-c.sql': 'select * from staging.b',
  'models/POPULATE-staging-d.sql': 'select 2 as id',
};
const all = ['a', 'b', 'c', 'd'];

/** A state in which run `run` published each of these models from the project's own SQL. */
function published(project: CompiledProject, names: readonly string[], run = 'one') {
  const relations = names.map((name) => table(`staging_dev.${name}`));
  const known = relations.map((relation) => {
    const { fingerprint } = modelOf(project, `staging.${relation.name}`);
    return [relation.oid, { ...recorded(relation), fingerprint, publishedBy: run }] as const;
  });
  return stateOf(relations, { recorded: new Map(known) });
}

function chain(...runs: readonly string[]) {
  return { runIds: new Set(runs), status: 'failed', nodes: all.map((name) => modelId('staging', name)), hold: false };
}

function namesOf(ids: Iterable<string>): readonly string[] {
  return [...ids].map((id) => id.slice('model.staging.'.length)).toSorted();
}

describe('what a resumed build does again', () => {
  test('what was never published, and nothing else', async () => {
    const { project } = await compileFiles(files);
    const { again, unchanged } = remainderOf(chain('one'), project, published(project, ['a', 'd']));
    expect(namesOf(again)).toEqual(['b', 'c']);
    expect(namesOf(unchanged)).toEqual(['a', 'd']);
  });

  test('what an older build published, which this one was to replace', async () => {
    const { project } = await compileFiles(files);
    expect(namesOf(remainderOf(chain('two'), project, published(project, all, 'one')).again)).toEqual(all);
    expect(namesOf(remainderOf(chain('one', 'two'), project, published(project, all, 'one')).again)).toEqual([]);
  });

  test('what was built from other SQL, and all that reads it', async () => {
    const { project } = await compileFiles(files);
    const state = published(project, all);
    const changed = await compileFiles({ ...files, 'models/POPULATE-staging-b.sql': 'select id from staging.a' });
    expect(namesOf(remainderOf(chain('one'), changed.project, state).again)).toEqual(['b', 'c']);
  });

  test('what reads something that is gone from the target', async () => {
    const { project } = await compileFiles(files);
    expect(namesOf(remainderOf(chain('one'), project, published(project, ['b', 'c', 'd'])).again)).toEqual(['a', 'b', 'c']);
  });

  test('only what the build was to build', async () => {
    const { project } = await compileFiles(files);
    const some = { ...chain('one'), nodes: [modelId('staging', 'a'), modelId('staging', 'gone')] };
    expect(namesOf(remainderOf(some, project, published(project, [])).again)).toEqual(['a']);
  });

  test('held tables count by what the workbench holds', async () => {
    const { project } = await compileFiles(files);
    const relation = table('staging_dev__work.a');
    const { fingerprint, id } = modelOf(project, 'staging.a');
    const held = { schema: 'staging_dev', name: 'a', node: id, kind: 'table', relid: relation.oid, fingerprint, runId: 'one', rows: 1, definition: undefined } as const;
    const holding = { ...chain('one'), hold: true };
    expect(namesOf(remainderOf(holding, project, stateOf([relation], { held: [held] })).unchanged)).toEqual(['a']);
    expect(namesOf(remainderOf(holding, project, stateOf([relation], { held: [{ ...held, relid: 1 }] })).unchanged)).toEqual([]);
  });
});
