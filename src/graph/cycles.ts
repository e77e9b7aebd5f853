import { type Diagnostic, compare, error } from '../diagnostics/index.js';
import { components } from './components.js';
import type { Dependency, Graph, NodeId } from './node.js';
import { parentsOf } from './order.js';

/** A way from a node back to itself: the step of the last node leads to the first. */
export interface Cycle {
  /** Not empty; begins with the node that is first by id. */
  readonly steps: readonly CycleStep[];
}

interface CycleStep {
  readonly id: NodeId;
  /** What the node reads: the next one of the cycle. */
  readonly reads: Dependency;
}

/**
 * One cycle for each set of nodes that all depend on each other: the shortest through the set's first node by id.
 */
export function findCycles(graph: Graph): readonly Cycle[] {
  const parents = (id: NodeId): readonly Dependency[] => parentsOf(graph, id);
  const found = components([...graph.keys()], (id) => parents(id).map((parent) => parent.id));
  const cycles: Cycle[] = [];
  for (const members of found) {
    const [first] = members;
    if (first === undefined) continue;
    if (members.length === 1 && !parents(first).some(({ id }) => id === first)) continue;
    cycles.push({ steps: shortestCycle(first, new Set(members), parents) });
  }
  return cycles.toSorted((a, b) => compare(a.steps[0]?.id ?? '', b.steps[0]?.id ?? ''));
}

function shortestCycle(first: NodeId, members: ReadonlySet<NodeId>, parents: (id: NodeId) => readonly Dependency[]): CycleStep[] {
  /** How each node was first reached: the step that reads it. */
  const reachedBy = new Map<NodeId, CycleStep>();
  const queue = [first];
  for (let at = 0; !reachedBy.has(first); at += 1) {
    const id = queue[at];
    if (id === undefined) throw new Error(`${first} is on no cycle`);
    for (const reads of parents(id).toSorted((a, b) => compare(a.id, b.id))) {
      if (!members.has(reads.id) || reachedBy.has(reads.id)) continue;
      reachedBy.set(reads.id, { id, reads });
      queue.push(reads.id);
    }
  }
  const steps: CycleStep[] = [];
  let id = first;
  do {
    const step = reachedBy.get(id);
    if (step === undefined) throw new Error(`nothing led to ${id}`);
    steps.push(step);
    id = step.id;
  } while (id !== first);
  return steps.toReversed();
}

/** Shown where the first node reads the second; every step is among the related places. */
export function cycleDiagnostic(cycle: Cycle, graph: Graph): Diagnostic {
  const name = (id: NodeId): string => {
    const node = graph.get(id);
    return node === undefined || node.schema === '' ? id : `${node.schema}.${node.name}`;
  };
  const [first] = cycle.steps;
  if (first === undefined) throw new Error('a cycle without steps');
  const placeOf = ({ id, reads }: CycleStep): Diagnostic['at'] => reads.at ?? graph.get(id)?.file;
  if (cycle.steps.length === 1) {
    return error('DBL1502', `${name(first.id)} reads itself`, placeOf(first), {
      hint: 'A model is built anew from others: read what it once held from another table.',
    });
  }
  const path = [...cycle.steps, first].map(({ id }) => name(id)).join(' → ');
  return error('DBL1501', `models depend on each other in a cycle: ${path}`, placeOf(first), {
    related: cycle.steps.map((step) => ({
      message: `${name(step.id)} reads ${name(step.reads.id)}`,
      at: placeOf(step) ?? step.id,
    })),
    hint: 'Take one of these references out, or move what both sides need into a model of its own.',
  });
}
