import { type Check, type CompiledProject, type ModelNode, placedSql, type TestNode } from '../compile/index.js';
import { type Diagnostic, warning } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import type { BuildState } from './build-state.js';

/** A file below `tests/` that reads something which the run builds. */
export interface GatingTest {
  readonly check: Check;
  /** Models that it makes one publish group of; empty where one of those that it reads comes after all the others. */
  readonly joined: readonly NodeId[];
}

/**
 * Finds the tests of a run and what each one gates: the last of the models that it reads, or, where none is the last, all of them together.
 * A test that reads a model which is nowhere yet cannot be run: a warning says so.
 */
export function gatingTests(
  project: CompiledProject,
  chosen: ReadonlyMap<NodeId, ModelNode>,
  state: BuildState,
): { readonly tests: readonly GatingTest[]; readonly diagnostics: readonly Diagnostic[] } {
  const tests: GatingTest[] = [];
  const diagnostics: Diagnostic[] = [];
  const positions = new Map([...chosen.keys()].map((id, index) => [id, index]));
  for (const node of project.graph.values()) {
    if (node.kind !== 'test') continue;
    const reads = node.dependsOn.map(({ id }) => id).filter((id) => project.graph.get(id)?.kind === 'model');
    const built = reads.filter((id) => chosen.has(id));
    if (built.length === 0) continue;
    const absent = reads.filter((id) => !chosen.has(id) && !isInTarget(id, project, state));
    if (absent.length > 0) {
      const names = absent.map((id) => `"${id.slice('model.'.length)}"`).join(' and ');
      const message = `the test "${node.name}" is not run: it reads ${names}, which ${absent.length === 1 ? 'is' : 'are'} not in the target yet`;
      diagnostics.push(warning('DBL2303', message, node.file, { hint: 'Build the models that it reads once; then it gates every build.' }));
      continue;
    }
    const last = lastOf(built, chosen, positions);
    tests.push({ check: testCheck(node, last ?? built[0] ?? ''), joined: last === undefined ? built : [] });
  }
  return { tests, diagnostics };
}

/** A test as a check that gates one model. */
export function testCheck(test: TestNode, gated: NodeId): Check {
  return {
    id: test.id,
    node: gated,
    kind: 'query',
    severity: test.severity,
    description: test.description,
    reads: test.dependsOn.map(({ id }) => id).filter((id) => id !== gated),
    at: test.sql.file.place(0),
    query: (place) => placedSql(test.sql, place).text,
    file: test.sql,
  };
}

/** The one model of `ids` that is built after all the others; undefined where no path in the run says so. */
function lastOf(
  ids: readonly NodeId[],
  chosen: ReadonlyMap<NodeId, ModelNode>,
  positions: ReadonlyMap<NodeId, number>,
): NodeId | undefined {
  if (ids.length === 1) return ids[0];
  // Positions are those of a topological order, so only the one that comes last in it can be downstream of all the others.
  const last = ids.toSorted((a, b) => (positions.get(b) ?? 0) - (positions.get(a) ?? 0))[0];
  if (last === undefined) return undefined;
  const missing = new Set(ids.filter((id) => id !== last));
  const seen = new Set([last]);
  for (const id of seen) {
    missing.delete(id);
    if (missing.size === 0) return last;
    for (const parent of chosen.get(id)?.dependsOn ?? []) if (chosen.has(parent.id)) seen.add(parent.id);
  }
  return undefined;
}

function isInTarget(id: NodeId, project: CompiledProject, state: BuildState): boolean {
  const node = project.graph.get(id);
  return node?.kind === 'model' && state.relations.get(node.physicalSchema, node.name) !== undefined;
}
