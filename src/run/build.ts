import { defaultThreads } from '../config/index.js';
import type { CompiledProject } from '../compile/index.js';
import { hasErrors } from '../diagnostics/index.js';
import { type NodeId, select } from '../graph/index.js';
import { type BuildPlan, type BuildState, planBuild, planSteps, type PlanStep, readBuildState } from '../plan/index.js';
import { type Relation, type Session } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import { BuildRun } from './build-run.js';
import { Announcer, exitCodes, type RunContext, type RunOutcome, stoppedExitCode } from './context.js';
import type { NodeStatus } from './events.js';
import { makeSchemas } from './make-schemas.js';
import { noCounts, Refusal, type RunResult, withRun, withSession } from './run-session.js';
import { emptyTrash } from './trash.js';

export interface BuildOptions {
  readonly select: readonly string[] | undefined;
  readonly exclude: readonly string[] | undefined;
  /** undefined: as the configuration says, else as many as make sense for the server. */
  readonly threads: number | undefined;
  readonly failFast: boolean;
  /** Stop before publishing. */
  readonly hold: boolean;
  /** Only tell what would be done. */
  readonly dryRun: boolean;
}

/** With `dryRun`, the steps that the build would carry out. */
export type BuildOutcome = RunOutcome & { readonly steps: readonly PlanStep[] | undefined };

/** Builds the selected models, checks them and publishes them. */
export async function build(context: RunContext, options: BuildOptions): Promise<BuildOutcome> {
  const selected = selectModels(context, options);
  if (selected === undefined) return { status: 'failed', exitCode: exitCodes.wrong, steps: undefined };
  if (options.dryRun) return dryRun(context, selected, options.hold);
  return { ...(await carryOut(context, selected, options)), steps: undefined };
}

async function carryOut(context: RunContext, selected: ReadonlySet<NodeId>, options: BuildOptions): Promise<RunOutcome> {
  const { config } = context.project;
  const { select: selectors, exclude, failFast, hold } = options;
  const schemas = physicalSchemas(context.project, selected);
  const told = { select: selectors ?? null, exclude: exclude ?? null, failFast, hold, nodes: [...selected] };
  return withRun(context, { command: 'build', schemas, arguments: told }, async (run) => {
    const { plan, state } = await preparePlan(run.control, context.project, selected, hold);
    run.announcer.report(plan.diagnostics);
    if (hasErrors(plan.diagnostics)) throw new Refusal([]);
    const threads = Math.max(1, Math.min(options.threads ?? config.threads ?? defaultThreads(config.connection), plan.value.nodes.size));
    run.announcer.tell({
      event: 'run_start',
      command: hold ? 'build --hold' : 'build',
      project: config.name,
      target: config.target.name,
      schemas,
      total: plan.value.nodes.size,
      threads,
      expected_ms: Object.fromEntries([...state.expected].filter(([id]) => plan.value.nodes.has(id))),
    });
    await makeSchemas(run, schemas);
    await dropLeftovers(run.control, plan.value, state);
    const ended = await new BuildRun(context, run, plan.value, state, { threads, failFast }).execute();
    if (run.control.isOpen) await emptyTrash(run.control, schemas);
    return resultOf(ended, context.signal);
  });
}

async function dryRun(context: RunContext, selected: ReadonlySet<NodeId>, hold: boolean): Promise<BuildOutcome> {
  const { config } = context.project;
  const announcer = new Announcer(context.sink, undefined);
  let steps: readonly PlanStep[] | undefined;
  const outcome = await withSession({ config, signal: context.signal }, announcer, async (session) => {
    const { plan } = await preparePlan(session, context.project, selected, hold);
    announcer.report(plan.diagnostics);
    if (hasErrors(plan.diagnostics)) return { status: 'failed', exitCode: exitCodes.wrong };
    steps = planSteps(plan.value);
    return { status: 'success', exitCode: exitCodes.good };
  });
  return { ...outcome, steps };
}

/** What a build does, before it does anything. */
async function preparePlan(
  session: Session,
  project: CompiledProject,
  selected: ReadonlySet<NodeId>,
  hold: boolean,
): Promise<{ readonly plan: ReturnType<typeof planBuild> & { readonly value: BuildPlan }; readonly state: BuildState }> {
  const state = await readBuildState(session, project);
  const { value, diagnostics } = planBuild(project, selected, state, hold);
  if (value === undefined) throw new Refusal(diagnostics);
  return { plan: { value, diagnostics }, state };
}

/** The models that the selectors mean; undefined after telling what is wrong with them. */
function selectModels(
  { project, sink }: RunContext,
  options: Pick<BuildOptions, 'select' | 'exclude'>,
): ReadonlySet<NodeId> | undefined {
  const selection = select(project.graph, { select: options.select, exclude: options.exclude });
  for (const diagnostic of selection.diagnostics) sink({ ts: new Date(), run_id: undefined, body: { event: 'diagnostic', diagnostic } });
  if (selection.value === undefined || hasErrors(selection.diagnostics)) return undefined;
  return new Set([...selection.value].filter((id) => project.graph.get(id)?.kind === 'model'));
}

/** The physical schemas that models live in, sorted. */
function physicalSchemas(project: CompiledProject, models: Iterable<NodeId>): readonly string[] {
  const schemas = new Set<string>();
  for (const id of models) {
    const node = project.graph.get(id);
    if (node?.kind === 'model') schemas.add(node.physicalSchema);
  }
  return [...schemas].toSorted();
}

/**
 * Clears the workbench of what this run builds again. In one statement for all, since an old view there may read an old table; each model's own
 * transaction would find the other still in its way.
 */
async function dropLeftovers(control: Session, plan: BuildPlan, state: BuildState): Promise<void> {
  const leftovers = [...plan.nodes.values()].flatMap(({ leftover }) => leftover ?? []);
  if (leftovers.length === 0) return;
  const views = new Map<number, Relation>(leftovers.filter(({ kind }) => kind === 'view').map((view) => [view.oid, view]));
  // A held view that is not built again cannot outlive the table that it reads; `dbl publish` would say that it is gone.
  for (const schema of new Set(leftovers.map((relation) => relation.schema))) {
    for (const relation of state.relations.in(schema)) if (relation.kind === 'view') views.set(relation.oid, relation);
  }
  const tables = leftovers.filter(({ kind }) => kind !== 'view');
  const statements = views.size === 0 ? [] : [`DROP VIEW ${namesOf([...views.values()])}`];
  for (let index = 0; index < tables.length; index += 200) statements.push(`DROP TABLE ${namesOf(tables.slice(index, index + 200))}`);
  for (const statement of statements) await control.query(statement);
}

function namesOf(relations: readonly Relation[]): string {
  return relations.map(({ schema, name }) => relationName(schema, name)).join(', ');
}

function resultOf(ended: ReadonlyMap<NodeId, NodeStatus>, signal: AbortSignal): RunResult {
  const counts = { ...noCounts };
  for (const status of ended.values()) counts[status] += 1;
  if (signal.aborted) return { status: 'cancelled', exitCode: stoppedExitCode(signal), counts };
  const bad = counts.failed + counts.skipped + counts.cancelled > 0;
  return { status: bad ? 'failed' : 'success', exitCode: bad ? exitCodes.failed : exitCodes.good, counts };
}
