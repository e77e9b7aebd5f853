import { defaultThreads } from '../config/index.js';
import type { CompiledProject } from '../compile/index.js';
import { insertNodeRun, readLastBuild, recordNodes } from '../audit/index.js';
import { error, hasErrors, warning } from '../diagnostics/index.js';
import { type NodeId, select } from '../graph/index.js';
import { type BuildState, planBuild, planSteps, type PlanStep, readBuildState, remainderOf } from '../plan/index.js';
import { BuildRun } from './build-run.js';
import { cancellable } from './cancellable.js';
import { Announcer, exitCodes, type RunContext, type RunOutcome, stoppedExitCode } from './context.js';
import type { NodeStatus } from './events.js';
import { dropLeftovers } from './leftovers.js';
import { makeSchemas } from './make-schemas.js';
import { noCounts, Refusal, type RunResult, type RunSession, withRun, withSession } from './run-session.js';
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
  /** Go on with the last build that did not finish; `select`, `exclude` and `hold` are those of that build. */
  readonly resume: boolean;
}

/** With `dryRun`, the steps that the build would carry out. */
export type BuildOutcome = RunOutcome & { readonly steps: readonly PlanStep[] | undefined };

/** Builds the selected models, checks them and publishes them. */
export async function build(context: RunContext, options: BuildOptions): Promise<BuildOutcome> {
  const selected = selectModels(context, options);
  if (selected === undefined) return { status: 'failed', exitCode: exitCodes.wrong, steps: undefined };
  if (options.dryRun) return dryRun(context, selected, options.hold);
  const outcome = options.resume ? await resume(context, options) : await buildSelected(context, selected, options);
  return { ...outcome, steps: undefined };
}

async function buildSelected(context: RunContext, selected: ReadonlySet<NodeId>, options: BuildOptions): Promise<RunOutcome> {
  const { select: selectors, exclude, failFast, hold } = options;
  const schemas = physicalSchemas(context.project, selected);
  const told = { select: selectors ?? null, exclude: exclude ?? null, failFast, hold, nodes: [...selected] };
  return withRun(context, { command: 'build', schemas, arguments: told }, async (run) => {
    const state = await cancellable(run.control, context.signal, () => readBuildState(run.control, context.project));
    return carryOut(context, run, state, { schemas, selected, unchanged: [], hold }, options);
  });
}

/** Goes on with the last build of the target, where that did not finish. */
async function resume(context: RunContext, options: BuildOptions): Promise<RunOutcome> {
  const { project } = context;
  const { name, target } = project.config;
  const schemas = [...new Set(project.schemas.values())].toSorted();
  return withRun(context, { command: 'build', schemas, arguments: { resume: true } }, async (run) => {
    const last = await readLastBuild(run.control, { project: name, target: target.name, before: run.runId });
    if (last === undefined || last.status === 'success') {
      const what = last === undefined ? `there is no build of "${target.name}" yet` : `the last build of "${target.name}" finished`;
      run.announcer.report([warning('DBL2105', `${what}, so there is nothing to resume`)]);
      return { status: 'success', exitCode: exitCodes.good, counts: noCounts };
    }
    const state = await cancellable(run.control, context.signal, () => readBuildState(run.control, project));
    const { again, unchanged } = remainderOf(last, project, state);
    await recordNodes(run.control, run.runId, [...again]);
    return carryOut(context, run, state, { schemas, selected: again, unchanged, hold: last.hold }, options);
  });
}

interface Work {
  readonly schemas: readonly string[];
  readonly selected: ReadonlySet<NodeId>;
  /** Told and written down as such, and left alone. */
  readonly unchanged: readonly NodeId[];
  readonly hold: boolean;
}

async function carryOut(context: RunContext, run: RunSession, state: BuildState, work: Work, options: BuildOptions): Promise<RunResult> {
  const { config } = context.project;
  const { hold, schemas, unchanged } = work;
  const { value: plan, diagnostics } = planBuild(context.project, work.selected, state, hold);
  run.announcer.report(diagnostics);
  if (plan === undefined || hasErrors(diagnostics)) throw new Refusal([]);
  const threads = Math.max(1, Math.min(options.threads ?? config.threads ?? defaultThreads(config.connection), plan.nodes.size));
  run.announcer.tell({
    event: 'run_start',
    command: hold ? 'build --hold' : 'build',
    project: config.name,
    target: config.target.name,
    schemas,
    total: plan.nodes.size + unchanged.length,
    threads,
    expected_ms: Object.fromEntries([...state.expected].filter(([id]) => plan.nodes.has(id))),
  });
  await cancellable(run.control, context.signal, async () => {
    await makeSchemas(run, schemas);
    await recordUnchanged(run, unchanged);
    await dropLeftovers(run.control, plan);
  });
  const building = new BuildRun(context, run, plan, state, { threads, failFast: options.failFast });
  const ended = await building.execute();
  const result = resultOf(ended, unchanged.length, context.signal);
  if (context.signal.aborted) return result;
  if (run.control.isOpen) {
    await emptyTrash(run.control, schemas, context.signal, building.replaced);
    return result;
  }
  const hint = 'Another run may hold it by now, so nothing was published after that. What was published before stays.';
  run.announcer.report([error('DBL2202', `the run lost its locks on ${schemas.map((schema) => `"${schema}"`).join(', ')} with the connection that held them`, undefined, { hint })]);
  return { ...result, status: 'failed', exitCode: exitCodes.noConnection };
}

async function recordUnchanged({ announcer, control, runId }: RunSession, nodes: readonly NodeId[]): Promise<void> {
  if (nodes.length === 0) return;
  const reason = 'built already by the run that is resumed';
  await control.batch(nodes.map((node) => insertNodeRun({ runId, node, status: 'unchanged', reason })).join(';\n'));
  for (const node of nodes) announcer.tell({ event: 'node_end', node, status: 'unchanged', rows: null, duration_ms: 0, reason, relation: null });
}

async function dryRun(context: RunContext, selected: ReadonlySet<NodeId>, hold: boolean): Promise<BuildOutcome> {
  const { config } = context.project;
  const announcer = new Announcer(context.sink, undefined);
  let steps: readonly PlanStep[] | undefined;
  const outcome = await withSession({ config, signal: context.signal }, announcer, async (session) => {
    const { value: plan, diagnostics } = planBuild(context.project, selected, await readBuildState(session, context.project), hold);
    announcer.report(diagnostics);
    if (plan === undefined || hasErrors(diagnostics)) return { status: 'failed', exitCode: exitCodes.wrong };
    steps = planSteps(plan);
    return { status: 'success', exitCode: exitCodes.good };
  });
  return { ...outcome, steps };
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

function resultOf(ended: ReadonlyMap<NodeId, NodeStatus>, unchanged: number, signal: AbortSignal): RunResult {
  const counts = { ...noCounts, unchanged };
  for (const status of ended.values()) counts[status] += 1;
  if (signal.aborted) return { status: 'cancelled', exitCode: stoppedExitCode(signal), counts };
  const bad = counts.failed + counts.skipped + counts.cancelled > 0;
  return { status: bad ? 'failed' : 'success', exitCode: bad ? exitCodes.failed : exitCodes.good, counts };
}
