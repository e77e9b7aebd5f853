import type { Check, CompiledProject, ModelNode } from '../compile/index.js';
import type { Diagnostic, Result } from '../diagnostics/index.js';
import { type NodeId, publishGroups, topologicalOrder } from '../graph/index.js';
import type { Relation } from '../postgres/index.js';
import { blockers, missingParents } from './blockers.js';
import type { BuildState } from './build-state.js';
import { gatingTests } from './gating-tests.js';
import { workbenchOf } from './schemas.js';

/** Everything that a build will do, before it does anything. */
export interface BuildPlan {
  /** In an order in which every group comes after those that it reads. */
  readonly groups: readonly PublishGroup[];
  /** Parents first. */
  readonly nodes: ReadonlyMap<NodeId, PlannedNode>;
  /** Stop before publishing; what is downstream reads the workbench. */
  readonly hold: boolean;
  /** Models outside the run that are read from the workbench, where an earlier run holds them. Empty without `hold`. */
  readonly heldBefore: ReadonlySet<NodeId>;
}

/** Models that are published in one transaction; most groups have one member. */
export interface PublishGroup {
  readonly index: number;
  /** Parents first. */
  readonly members: readonly NodeId[];
  /** What gates the group: its members' own checks, and the files below `tests/` that read it. */
  readonly checks: readonly Check[];
}

export interface PlannedNode {
  readonly node: ModelNode;
  readonly group: number;
  /** Models of this run that must be there first: what it reads, and what its checks read outside its group. */
  readonly parents: readonly NodeId[];
  /** What has its name in the target now; undefined: nothing. */
  readonly existing: Relation | undefined;
  /** What has its name in the workbench, from an earlier run. */
  readonly leftover: Relation | undefined;
  /** Why it cannot be built, known before anything is; empty where it can. */
  readonly blocked: readonly Diagnostic[];
}

/** Decides what a build of these models does. Pure: a dry run prints the very plan that a run carries out. */
export function planBuild(
  project: CompiledProject,
  selected: ReadonlySet<NodeId>,
  state: BuildState,
  hold: boolean,
): Result<BuildPlan> {
  const chosen = chosenModels(project, selected);
  const heldBefore = new Set(hold ? state.held.map(({ node }) => node).filter((id) => !chosen.has(id)) : []);
  const missing = [...chosen.values()].flatMap((node) => missingParents(node, chosen, heldBefore, project, state));
  const { tests, diagnostics } = gatingTests(project, chosen, state);
  const edges = [...chosen.values()].flatMap((node) => readsInRun(node, chosen).map((from) => ({ from, to: node.id })));
  for (const { joined } of tests) {
    for (const [index, member] of joined.entries()) {
      const next = joined[(index + 1) % joined.length] ?? member;
      if (next !== member) edges.push({ from: member, to: next });
    }
  }
  const components = publishGroups([...chosen.keys()], edges);
  const groupOf = new Map(components.flatMap((members, index) => members.map((id): [NodeId, number] => [id, index])));
  const members: NodeId[][] = components.map(() => []);
  const checks: Check[][] = components.map(() => []);
  const nodes = new Map<NodeId, PlannedNode>();
  for (const node of chosen.values()) {
    const group = groupOf.get(node.id) ?? 0;
    members[group]?.push(node.id);
    checks[group]?.push(...node.checks);
    const queried = new Set(node.dependsOn.map(({ id }) => id));
    nodes.set(node.id, {
      node,
      group,
      parents: readsInRun(node, chosen).filter((id) => queried.has(id) || groupOf.get(id) !== group),
      existing: state.relations.get(node.physicalSchema, node.name),
      leftover: state.relations.get(workbenchOf(node.physicalSchema), node.name),
      blocked: blockers(node, project, state),
    });
  }
  for (const { check } of tests) checks[groupOf.get(check.node) ?? 0]?.push(check);
  const groups = members.map((ids, index) => ({ index, members: ids, checks: checks[index] ?? [] }));
  return { value: { groups, nodes, hold, heldBefore }, diagnostics: [...missing, ...diagnostics] };
}

/** The models among the selected nodes, parents first. */
function chosenModels(project: CompiledProject, selected: ReadonlySet<NodeId>): ReadonlyMap<NodeId, ModelNode> {
  const models = new Map<NodeId, ModelNode>();
  for (const id of topologicalOrder(project.graph)) {
    const node = project.graph.get(id);
    if (node?.kind === 'model' && selected.has(id)) models.set(id, node);
  }
  return models;
}

/** Models of the run that a model or its own checks read. */
function readsInRun(node: ModelNode, chosen: ReadonlyMap<NodeId, ModelNode>): readonly NodeId[] {
  const reads = new Set(node.dependsOn.map(({ id }) => id));
  for (const check of node.checks) for (const id of check.reads) reads.add(id);
  return [...reads].filter((id) => id !== node.id && chosen.has(id));
}
