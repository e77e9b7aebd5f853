import { insertChecks } from '../audit/index.js';
import { type Check, type CompiledProject, type Placement, productionPlacement, type RelationName, targetPlacement } from '../compile/index.js';
import { type Diagnostic, hasErrors, warning } from '../diagnostics/index.js';
import { type NodeId, select } from '../graph/index.js';
import { RelationIndex, testCheck } from '../plan/index.js';
import { readRelations, type Session } from '../postgres/index.js';
import { quoteIdentifier } from '../sql/index.js';
import { cancellable } from './cancellable.js';
import { type CheckContext, gateFails, runChecks } from './checks.js';
import { exitCodes, type RunContext, type RunOutcome } from './context.js';
import { noCounts, withRun } from './run-session.js';

export interface TestOptions {
  readonly select: readonly string[] | undefined;
  readonly exclude: readonly string[] | undefined;
  /** Look at production instead of the target. */
  readonly production: boolean;
}

/** Runs the checks of the selected models and tests on what the target, or production, holds now. */
export async function test(context: RunContext, options: TestOptions): Promise<RunOutcome> {
  const { project } = context;
  const selection = select(project.graph, { select: options.select, exclude: options.exclude });
  for (const diagnostic of selection.diagnostics) context.sink({ ts: new Date(), run_id: undefined, body: { event: 'diagnostic', diagnostic } });
  if (selection.value === undefined || hasErrors(selection.diagnostics)) return { status: 'failed', exitCode: exitCodes.wrong };
  const checks = selectedChecks(project, selection.value);
  const place = options.production ? productionPlacement(project) : targetPlacement(project);
  const description = { command: 'test', schemas: [], arguments: { ...options } };
  return withRun(context, description, async ({ announcer, control, address, runId }) => {
    const relations = await relationsFor(control, project, checks, place);
    const { present, absent } = split(project, checks, place, relations);
    const inProduction = (id: NodeId): RelationName | undefined => {
      const { schema, name } = productionPlacement(project)(id);
      return relations.get(schema, name);
    };
    const schemas = [...new Set(checks.flatMap((check) => relationsOf(project, check)).map((id) => place(id).schema))].toSorted();
    announcer.tell({
      event: 'run_start',
      command: options.production ? 'test --production' : 'test',
      project: project.config.name,
      target: project.config.target.name,
      schemas,
      total: present.length,
      threads: 1,
      expected_ms: {},
    });
    announcer.report(notRun(absent));
    const checkContext: CheckContext = {
      announcer,
      place,
      earlier: (check) => (options.production ? undefined : inProduction(check.node)),
      searchPath: [...schemas, ...project.config.searchPath, 'public'].map(quoteIdentifier).join(', '),
      address,
      folder: project.config.folder,
      signal: context.signal,
    };
    const outcomes = await cancellable(control, context.signal, () => runChecks(control, present, checkContext));
    announcer.report(outcomes.flatMap(({ diagnostic }) => diagnostic ?? []));
    const records = insertChecks(outcomes.map(({ record }) => ({ ...record, runId })));
    if (records !== undefined) await control.query(records);
    const failed = gateFails(outcomes);
    return { status: failed ? 'failed' : 'success', exitCode: failed ? exitCodes.failed : exitCodes.good, counts: noCounts };
  });
}

/** The checks of selected models, and selected tests; a test is selected with any model that it reads. */
function selectedChecks(project: CompiledProject, selected: ReadonlySet<NodeId>): readonly Check[] {
  const checks: Check[] = [];
  for (const node of project.graph.values()) {
    if (node.kind === 'model' && selected.has(node.id)) checks.push(...node.checks);
    if (node.kind !== 'test') continue;
    const models = node.dependsOn.map(({ id }) => id).filter((id) => project.graph.get(id)?.kind === 'model');
    if (selected.has(node.id) || models.some((id) => selected.has(id))) checks.push(testCheck(node, models[0] ?? node.id));
  }
  return checks;
}

/** The relations of every schema that the checks look at, and of production, which `row_count_ratio` compares with. */
async function relationsFor(session: Session, project: CompiledProject, checks: readonly Check[], place: Placement): Promise<RelationIndex> {
  const schemas = new Set([...project.schemas.keys(), ...checks.flatMap((check) => relationsOf(project, check).map((id) => place(id).schema))]);
  return new RelationIndex(await readRelations(session, [...schemas]));
}

function relationsOf(project: CompiledProject, check: Check): readonly NodeId[] {
  return [check.node, ...check.reads].filter((id) => project.graph.get(id)?.kind !== 'test');
}

/** One warning for each relation that is missing, however many checks read it. */
function notRun(absent: readonly { readonly check: Check; readonly missing: string }[]): readonly Diagnostic[] {
  const byRelation = new Map<string, Check[]>();
  for (const { check, missing } of absent) byRelation.set(missing, [...(byRelation.get(missing) ?? []), check]);
  return [...byRelation].map(([missing, checks]) => {
    const [first] = checks;
    const hint = 'Build it first, or choose with --select what is there.';
    if (checks.length > 1) return warning('DBL2303', `${checks.length} checks are not run: ${missing} is not there`, undefined, { hint });
    return warning('DBL2303', `the check "${first?.id}" is not run: ${missing} is not there`, first?.at, { hint });
  });
}

/** Tells the checks of which every relation exists from the others. */
function split(
  project: CompiledProject,
  checks: readonly Check[],
  place: Placement,
  relations: RelationIndex,
): { readonly present: readonly Check[]; readonly absent: readonly { readonly check: Check; readonly missing: string }[] } {
  const present: Check[] = [];
  const absent: { check: Check; missing: string }[] = [];
  for (const check of checks) {
    const missing = relationsOf(project, check).map(place).find(({ schema, name }) => relations.get(schema, name) === undefined);
    if (missing === undefined) present.push(check);
    else absent.push({ check, missing: `"${missing.schema}.${missing.name}"` });
  }
  return { present, absent };
}
