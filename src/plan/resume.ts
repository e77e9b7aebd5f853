import type { BuildChain } from '../audit/index.js';
import type { CompiledProject, ModelNode } from '../compile/index.js';
import { type NodeId, topologicalOrder } from '../graph/index.js';
import type { BuildState } from './build-state.js';
import { workbenchOf } from './schemas.js';

/** What is left of builds that did not finish. */
export interface Remainder {
  /** To be built: never finished, or not good any more. */
  readonly again: ReadonlySet<NodeId>;
  /** Built by these runs, from what the project still holds. */
  readonly unchanged: readonly NodeId[];
}

/**
 * Tells the models of an unfinished build that need no second execution: what one of its runs published (or holds) is still there, was built
 * from the SQL that the project holds now, and reads nothing that is built again.
 */
export function remainderOf(chain: BuildChain, project: CompiledProject, state: BuildState): Remainder {
  const wanted = new Set(chain.nodes);
  const again = new Set<NodeId>();
  const unchanged: NodeId[] = [];
  for (const id of topologicalOrder(project.graph)) {
    const node = project.graph.get(id);
    if (node?.kind !== 'model' || !wanted.has(id)) continue;
    const stale = node.dependsOn.some((parent) => again.has(parent.id));
    if (!stale && isGood(node, chain, state)) unchanged.push(id);
    else again.add(id);
  }
  return { again, unchanged };
}

function isGood(node: ModelNode, chain: BuildChain, state: BuildState): boolean {
  if (chain.hold) {
    const held = state.held.find((row) => row.node === node.id);
    const relation = state.relations.get(workbenchOf(node.physicalSchema), node.name);
    return held !== undefined && chain.runIds.has(held.runId) && held.relid === relation?.oid && held.fingerprint === node.fingerprint;
  }
  const existing = state.relations.get(node.physicalSchema, node.name);
  const known = existing === undefined ? undefined : state.recorded.get(existing.oid);
  return known?.publishedBy !== undefined && known.lastStatus === 'success' && chain.runIds.has(known.publishedBy) && known.fingerprint === node.fingerprint;
}
