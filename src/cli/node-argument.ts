import type { CompiledProject, ModelNode, ProjectNode, TestNode } from '../compile/index.js';
import { type Result, compare, error, failed, hasErrors, ok } from '../diagnostics/index.js';
import { select } from '../graph/index.js';

/** How many of too many nodes are named. */
const namesShown = 5;

/** The one model that an argument means: any selector will do, as long as it selects one. */
export function oneModel(project: CompiledProject, selector: string): Result<ModelNode> {
  return oneNode(project, selector, 'a model', (node) => node.kind === 'model');
}

/** The one model or test that an argument means. */
export function oneQuery(project: CompiledProject, selector: string): Result<ModelNode | TestNode> {
  return oneNode(project, selector, 'a model or a test', (node) => node.kind !== 'source');
}

function oneNode<N extends ProjectNode>(
  project: CompiledProject,
  selector: string,
  wanted: string,
  isWanted: (node: ProjectNode) => node is ProjectNode & N,
): Result<N> {
  const { diagnostics, value: ids } = select(project.graph, { select: [selector] });
  if (ids === undefined || hasErrors(diagnostics)) return failed(...diagnostics);
  const selected = [...ids].toSorted(compare).flatMap((id) => project.graph.get(id) ?? []);
  const [node, ...others] = selected.filter(isWanted);
  if (node !== undefined && others.length === 0) return ok(node, diagnostics);
  if (node === undefined) {
    const [only, ...more] = selected;
    const found = only !== undefined && more.length === 0 ? `a ${only.kind}` : namesOf(selected);
    return failed(error('DBL1708', `"${selector}" is ${found}, not ${wanted}`));
  }
  const found = [node, ...others];
  const hint = `It selects ${namesOf(found)}.`;
  return failed(error('DBL1708', `"${selector}" is not one node, but ${found.length}`, undefined, { hint }));
}

function namesOf(nodes: readonly ProjectNode[]): string {
  const names = nodes.slice(0, namesShown).map(({ id }) => `"${id}"`);
  const rest = nodes.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
