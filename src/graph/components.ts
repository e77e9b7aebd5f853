import { compare } from '../diagnostics/index.js';
import type { NodeId } from './node.js';

/** `from` is built before `to`. */
export interface Edge {
  readonly from: NodeId;
  readonly to: NodeId;
}

/**
 * The strongly connected components of a graph, each sorted by id, in an order in which a component comes after every
 * component that its edges come from. Edges from or to an id that is not among `ids` are left out.
 */
export function publishGroups(ids: readonly NodeId[], edges: readonly Edge[]): readonly (readonly NodeId[])[] {
  const parents = new Map<NodeId, NodeId[]>(ids.map((id) => [id, []]));
  for (const { from, to } of edges) if (parents.has(from)) parents.get(to)?.push(from);
  for (const list of parents.values()) list.sort(compare);
  return components([...parents.keys()].toSorted(compare), (id) => parents.get(id) ?? []);
}

interface Visit {
  readonly id: NodeId;
  readonly index: number;
  readonly next: readonly NodeId[];
  /** How many of `next` have been looked at. */
  done: number;
  /** The smallest index that is known to be reachable and still open. */
  low: number;
  open: boolean;
}

/**
 * Tarjan's algorithm ("Depth-first search and linear graph algorithms", 1972), with a stack of its own, since a chain of
 * models can be longer than the call stack is deep. A component comes after all those that it leads to.
 */
export function components(ids: readonly NodeId[], next: (id: NodeId) => readonly NodeId[]): NodeId[][] {
  const found: NodeId[][] = [];
  const visits = new Map<NodeId, Visit>();
  const open: Visit[] = [];
  const path: Visit[] = [];
  const enter = (id: NodeId): void => {
    const visit = { id, index: visits.size, next: next(id), done: 0, low: visits.size, open: true };
    visits.set(id, visit);
    open.push(visit);
    path.push(visit);
  };
  for (const id of ids) {
    if (!visits.has(id)) enter(id);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const to = visit.next[visit.done];
      if (to === undefined) {
        path.pop();
        const parent = path.at(-1);
        if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
        if (visit.low === visit.index) found.push(close(open, visit));
        continue;
      }
      visit.done += 1;
      const seen = visits.get(to);
      if (seen === undefined) enter(to);
      else if (seen.open) visit.low = Math.min(visit.low, seen.index);
    }
  }
  return found;
}

/** Takes the component that began with `root` from the stack. */
function close(open: Visit[], root: Visit): NodeId[] {
  const members = open.splice(open.lastIndexOf(root));
  for (const member of members) member.open = false;
  return members.map(({ id }) => id).toSorted(compare);
}
