import { compare } from '../diagnostics/index.js';
import type { Dependency, Graph, NodeId } from './node.js';

/**
 * Every node after all that its own text reads: in layers, each sorted by id, a layer for each length of the longest way
 * up. Nodes on a cycle, and those below one, come last, by id.
 */
export function topologicalOrder(graph: Graph): readonly NodeId[] {
  const waiting = new Map<NodeId, number>();
  const readers = new Map<NodeId, NodeId[]>();
  let layer: NodeId[] = [];
  for (const id of graph.keys()) {
    const parents = parentsOf(graph, id);
    for (const { id: parent } of parents) append(readers, parent, id);
    if (parents.length === 0) layer.push(id);
    else waiting.set(id, parents.length);
  }
  const order: NodeId[] = [];
  while (layer.length > 0) {
    const next: NodeId[] = [];
    for (const id of layer.toSorted(compare)) {
      order.push(id);
      for (const reader of readers.get(id) ?? []) {
        const left = (waiting.get(reader) ?? 0) - 1;
        if (left > 0) {
          waiting.set(reader, left);
          continue;
        }
        waiting.delete(reader);
        next.push(reader);
      }
    }
    layer = next;
  }
  return order.concat([...waiting.keys()].toSorted(compare));
}

/** What a node depends on, as far as the graph holds it; what it does not hold has been reported before. */
export function parentsOf(graph: Graph, id: NodeId): readonly Dependency[] {
  return (graph.get(id)?.dependsOn ?? []).filter((parent) => graph.has(parent.id));
}

/** What the nodes depend on, at most `depth` steps up; a start itself only when another one reaches it. */
export function ancestors(graph: Graph, starts: Iterable<NodeId>, depth = Infinity): Set<NodeId> {
  return reach(starts, depth, (id) => parentsOf(graph, id).map((parent) => parent.id));
}

/** What depends on the nodes, at most `depth` steps down; a start itself only when another one reaches it. */
export function descendants(graph: Graph, starts: Iterable<NodeId>, depth = Infinity): Set<NodeId> {
  const children = childrenOf(graph);
  return reach(starts, depth, (id) => children.get(id) ?? []);
}

function reach(starts: Iterable<NodeId>, depth: number, next: (id: NodeId) => readonly NodeId[]): Set<NodeId> {
  const reached = new Set<NodeId>();
  let layer = [...starts];
  for (let step = 0; step < depth && layer.length > 0; step += 1) {
    const further: NodeId[] = [];
    for (const id of layer) {
      for (const to of next(id)) {
        if (reached.has(to)) continue;
        reached.add(to);
        further.push(to);
      }
    }
    layer = further;
  }
  return reached;
}

/** A graph never changes, and a command asks for its children once for each selector. */
const childrenByGraph = new WeakMap<Graph, ReadonlyMap<NodeId, readonly NodeId[]>>();

function childrenOf(graph: Graph): ReadonlyMap<NodeId, readonly NodeId[]> {
  const known = childrenByGraph.get(graph);
  if (known !== undefined) return known;
  const children = new Map<NodeId, NodeId[]>();
  for (const [id, node] of graph) for (const parent of node.dependsOn) append(children, parent.id, id);
  childrenByGraph.set(graph, children);
  return children;
}

function append(lists: Map<NodeId, NodeId[]>, key: NodeId, id: NodeId): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [id]);
  else list.push(id);
}
