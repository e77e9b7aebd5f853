import { forgetHeld, type HeldRow, insertNodeRun, readEndedWell } from '../audit/index.js';
import { error, warning } from '../diagnostics/index.js';
import { topologicalOrder } from '../graph/index.js';
import { publishBlocker, readBuildState, trashOf, workbenchOf } from '../plan/index.js';
import { ConnectionLost, prepareVerification } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import { cancellable } from './cancellable.js';
import { exitCodes, type RunContext, type RunOutcome } from './context.js';
import { commentStatements } from './comment-statements.js';
import { NodeFailure } from './failure.js';
import type { Replaced } from './late-grants.js';
import { makeSchemas } from './make-schemas.js';
import type { PublishItem } from './publish-script.js';
import { addIndexes, publish } from './publish.js';
import { noCounts, Refusal, withRun } from './run-session.js';
import { emptyTrash } from './trash.js';

/** Publishes, in one transaction, everything that `build --hold` left in the workbenches of the target. */
export async function publishHeld(context: RunContext): Promise<RunOutcome> {
  const { project } = context;
  const schemas = [...project.schemas.values()].toSorted();
  return withRun(context, { command: 'publish', schemas, arguments: {} }, async (run) => {
    const { control, announcer, runId } = run;
    const state = await cancellable(control, context.signal, () => readBuildState(control, project));
    // By the graph as it is now: what is held may come of several runs. What the project has no more comes first.
    const places = new Map(topologicalOrder(project.graph).map((id, index) => [id, index]));
    const held = state.held.toSorted((a, b) => (places.get(a.node) ?? -1) - (places.get(b.node) ?? -1));
    if (held.length === 0) {
      const hint = `Build and hold first: dbl build --hold --target ${project.config.target.name}`;
      announcer.report([warning('DBL2404', 'nothing is held in the workbench', undefined, { hint })]);
      return { status: 'success', exitCode: exitCodes.good, counts: noCounts };
    }
    const gone = held.filter(({ schema, name, relid }) => state.relations.get(workbenchOf(schema), name)?.oid !== relid);
    if (gone.length > 0) {
      const names = gone.map(({ schema, name }) => `"${workbenchOf(schema)}.${name}"`).join(', ');
      const hint = 'Build and hold them again. Nothing was published.';
      throw new Refusal([error('DBL2406', `what was held is not there any more: ${names}`, undefined, { hint })], exitCodes.failed);
    }
    const fileOf = ({ node }: HeldRow): string => project.graph.get(node)?.file ?? node;
    const inTheWay = held.flatMap((row) => publishBlocker({ physicalSchema: row.schema, name: row.name, materialized: row.kind, file: fileOf(row) }, state) ?? []);
    if (inTheWay.length > 0) throw new Refusal(inTheWay, exitCodes.failed);
    announcer.tell({
      event: 'run_start',
      command: 'publish',
      project: project.config.name,
      target: project.config.target.name,
      schemas,
      total: held.length,
      threads: 1,
      expected_ms: {},
    });
    const started = performance.now();
    const item = (row: HeldRow): PublishItem => {
      const existing = state.relations.get(row.schema, row.name);
      const node = project.graph.get(row.node);
      const comments = project.config.comments && node?.kind === 'model' ? commentStatements(node, row.schema) : [];
      return {
        node: row.node,
        file: fileOf(row),
        schema: row.schema,
        name: row.name,
        fingerprint: row.fingerprint,
        view: row.definition,
        existing,
        attached: existing === undefined ? undefined : state.attached.get(existing.oid),
        defaultGrants: { ofSchema: state.defaultGrants.get(row.schema) ?? [], everywhere: state.defaultGrants.get('') ?? [] },
        described: new Set(comments.map(({ column }) => column)),
        alongside: [
          ...(row.kind === 'view' ? comments.map(({ statement }) => statement) : []),
          forgetHeld(row.schema, [row.name]),
          insertNodeRun({ runId, node: row.node, status: 'success', fingerprint: row.fingerprint, rows: row.rows, elapsedMs: 0 }),
        ],
      };
    };
    const replaced: Replaced[] = [];
    const work = async (): Promise<void> => {
      await makeSchemas(run, [...new Set(held.map(({ schema }) => schema))]);
      await control.query(prepareVerification);
      const items = held.map(item);
      for (const one of items) {
        // Others may have made an index on the published table since this one was built.
        if (one.view === undefined) await addIndexes(control, one, ({ name }) => state.relations.get(workbenchOf(one.schema), name) !== undefined);
      }
      await publish(control, items, {
        runId,
        guarded: false,
        trashOf: (schema) => trashOf(schema, runId),
        ownIndexes: state.ownIndexes,
        isRebuiltLater: () => false,
        signal: context.signal,
        replaced,
      });
    };
    try {
      await cancellable(control, context.signal, work);
    } catch (problem) {
      if (problem instanceof NodeFailure) throw new Refusal([problem.diagnostic], exitCodes.failed);
      const nodes = held.map(({ node }) => node);
      const ended = problem instanceof ConnectionLost ? await run.afterLoss(control, (session) => readEndedWell(session, runId, nodes)) : undefined;
      if (ended?.size !== nodes.length) throw problem;
    }
    const duration = performance.now() - started;
    for (const schema of new Set(held.map((row) => row.schema))) {
      const nodes = held.filter((row) => row.schema === schema).map(({ node }) => node);
      announcer.tell({ event: 'publish', nodes, schema, duration_ms: duration });
    }
    for (const { node, schema, name, rows } of held) {
      const relation = relationName(schema, name);
      announcer.tell({ event: 'node_end', node, status: 'success', rows: rows ?? null, duration_ms: duration, reason: null, relation });
    }
    if (control.isOpen) await emptyTrash(control, schemas, context.signal, replaced);
    return { status: 'success', exitCode: exitCodes.good, counts: { ...noCounts, success: held.length } };
  });
}
