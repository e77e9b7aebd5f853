import { unreachable } from '../diagnostics/index.js';
import { relationName } from '../sql/index.js';
import type { BuildPlan, PlannedNode } from './build-plan.js';
import { workbenchOf } from './schemas.js';

/** One thing that a build does. */
export type PlanStep =
  | { readonly step: 'build'; readonly node: string; readonly relation: string; readonly materialized: string }
  | { readonly step: 'check'; readonly nodes: readonly string[]; readonly checks: readonly string[] }
  | { readonly step: 'publish' | 'hold'; readonly nodes: readonly string[]; readonly relations: readonly string[] }
  | { readonly step: 'refuse'; readonly node: string; readonly reason: string };

/** What a plan does, in an order in which one session alone would do it. */
export function planSteps(plan: BuildPlan): readonly PlanStep[] {
  return plan.groups.flatMap(({ checks, members }): readonly PlanStep[] => {
    const planned = members.flatMap((id) => plan.nodes.get(id) ?? []);
    const refused = planned.flatMap(({ node, blocked }): readonly PlanStep[] =>
      blocked.map(({ message }) => ({ step: 'refuse', node: node.id, reason: message })),
    );
    if (refused.length > 0) return refused;
    const relations = planned.map(plan.hold ? inWorkbench : inTarget);
    return [
      ...planned.map((one): PlanStep => {
        const { id, materialized } = one.node;
        return { step: 'build', node: id, relation: inWorkbench(one), materialized };
      }),
      ...(checks.length === 0 ? [] : [{ step: 'check', nodes: members, checks: checks.map(({ id }) => id) } as const]),
      { step: plan.hold ? 'hold' : 'publish', nodes: members, relations },
    ];
  });
}

/** A step as a line of text. */
export function describeStep(step: PlanStep): string {
  switch (step.step) {
    case 'build':
      return `build    ${step.materialized} ${step.relation}`;
    case 'check':
      return `check    ${step.checks.join(', ')}`;
    case 'publish':
    case 'hold':
      return `${step.step.padEnd(9)}${step.relations.join(', ')}`;
    case 'refuse':
      return `refuse   ${step.node}: ${step.reason}`;
    default:
      return unreachable(step);
  }
}

function inWorkbench({ node }: PlannedNode): string {
  return relationName(workbenchOf(node.physicalSchema), node.name);
}

function inTarget({ node }: PlannedNode): string {
  return relationName(node.physicalSchema, node.name);
}
