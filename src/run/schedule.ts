import type { NodeId } from '../graph/index.js';
import type { BuildPlan, PlannedNode, PublishGroup } from '../plan/index.js';

/** What became of a node, as far as scheduling is concerned. */
type State = 'waiting' | 'ready' | 'running' | 'built' | 'done' | 'dropped';

/**
 * Says which node is built next. A node is ready when the parents of its own group are built and all others are done, which is to say
 * published, or held. Knows nothing of sessions and SQL.
 */
export class Schedule {
  readonly #plan: BuildPlan;
  readonly #states = new Map<NodeId, State>();
  readonly #open = new Map<NodeId, number>();
  readonly #children = new Map<NodeId, NodeId[]>();
  /** Sorted by priority, the most urgent one last. */
  readonly #ready: NodeId[] = [];
  readonly #priority: ReadonlyMap<NodeId, number>;
  #left: number;

  /** @param expected milliseconds that nodes needed before; nodes on the longest remaining path come first */
  constructor(plan: BuildPlan, expected: ReadonlyMap<NodeId, number>) {
    this.#plan = plan;
    for (const [id, { parents }] of plan.nodes) {
      this.#states.set(id, 'waiting');
      this.#open.set(id, parents.length);
      for (const parent of parents) {
        const siblings = this.#children.get(parent);
        if (siblings === undefined) this.#children.set(parent, [id]);
        else siblings.push(id);
      }
    }
    this.#priority = longestPaths(plan, this.#children, expected);
    this.#left = plan.nodes.size;
    for (const [id, open] of this.#open) if (open === 0) this.#makeReady(id);
  }

  /** True when nothing is left to start and nothing runs. */
  get isOver(): boolean {
    return this.#left === 0;
  }

  /** The next node to build; undefined: none is ready now. */
  next(): PlannedNode | undefined {
    const id = this.#ready.pop();
    const node = id === undefined ? undefined : this.#plan.nodes.get(id);
    if (id !== undefined) this.#states.set(id, 'running');
    return node;
  }

  /** Says that a node is built and waits for its group. Returns the group when all of it is built. */
  built(id: NodeId): PublishGroup | undefined {
    this.#states.set(id, 'built');
    const group = this.#groupOf(id);
    this.#release(id, (child) => this.#groupOf(child) === group);
    return group.members.every((member) => this.#states.get(member) === 'built') ? group : undefined;
  }

  /** Says that a group is published, or held: what reads it may start. */
  finish(group: PublishGroup): void {
    for (const id of group.members) {
      this.#end(id, 'done');
      this.#release(id, (child) => this.#groupOf(child) !== group);
    }
  }

  /**
   * Gives a node up, and with it everything that can now never be built or published: what is downstream, and the other members of every
   * group among these. Returns what was given up besides, by id, with the node that each was given up for; `built` of them are withheld.
   */
  drop(id: NodeId): readonly { readonly id: NodeId; readonly because: NodeId; readonly was: 'waiting' | 'running' | 'built' }[] {
    const dropped: { id: NodeId; because: NodeId; was: 'waiting' | 'running' | 'built' }[] = [];
    const pending: { id: NodeId; because: NodeId }[] = [{ id, because: id }];
    // What a node was given up for is the nearest to the failure: the list grows while it is walked, children before their children.
    for (const next of pending) {
      const state = this.#states.get(next.id);
      if (state === 'dropped' || state === 'done' || state === undefined) continue;
      if (next.id !== id) dropped.push({ ...next, was: state === 'ready' ? 'waiting' : state });
      if (state === 'ready') this.#ready.splice(this.#ready.indexOf(next.id), 1);
      this.#end(next.id, 'dropped');
      for (const child of this.#children.get(next.id) ?? []) pending.push({ id: child, because: next.id });
      for (const member of this.#groupOf(next.id).members) pending.push({ id: member, because: next.id });
    }
    return dropped;
  }

  /** True once `drop` has given the node up, so that the result of a build that still ran is not wanted. */
  isDropped(id: NodeId): boolean {
    return this.#states.get(id) === 'dropped';
  }

  /** Gives up everything that was not started. Returns what that is. */
  dropWaiting(): readonly NodeId[] {
    const waiting = [...this.#states].filter(([, state]) => state === 'waiting' || state === 'ready').map(([id]) => id);
    this.#ready.length = 0;
    for (const id of waiting) this.#end(id, 'dropped');
    return waiting;
  }

  #end(id: NodeId, state: 'done' | 'dropped'): void {
    this.#states.set(id, state);
    this.#left -= 1;
  }

  #release(id: NodeId, concerns: (child: NodeId) => boolean): void {
    for (const child of this.#children.get(id) ?? []) {
      if (!concerns(child) || this.#states.get(child) !== 'waiting') continue;
      const open = (this.#open.get(child) ?? 0) - 1;
      this.#open.set(child, open);
      if (open === 0) this.#makeReady(child);
    }
  }

  #makeReady(id: NodeId): void {
    this.#states.set(id, 'ready');
    const priority = this.#priority.get(id) ?? 0;
    let low = 0;
    let high = this.#ready.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#priority.get(this.#ready[middle] ?? '') ?? 0) < priority) low = middle + 1;
      else high = middle;
    }
    this.#ready.splice(low, 0, id);
  }

  #groupOf(id: NodeId): PublishGroup {
    const group = this.#plan.groups[this.#plan.nodes.get(id)?.group ?? -1];
    if (group === undefined) throw new Error(`${id} is in no publish group`);
    return group;
  }
}

/** How long the work is that waits for each node, itself included; a node that history does not know counts as the average one. */
function longestPaths(
  plan: BuildPlan,
  children: ReadonlyMap<NodeId, readonly NodeId[]>,
  expected: ReadonlyMap<NodeId, number>,
): ReadonlyMap<NodeId, number> {
  const known = [...expected.values()];
  const average = known.length === 0 ? 1 : known.reduce((sum, ms) => sum + ms, 0) / known.length;
  const paths = new Map<NodeId, number>();
  for (const id of [...plan.nodes.keys()].toReversed()) {
    let longest = 0;
    for (const child of children.get(id) ?? []) longest = Math.max(longest, paths.get(child) ?? 0);
    paths.set(id, longest + (expected.get(id) ?? average));
  }
  return paths;
}
