import { forgetHeld, type HeldRow, insertNodeRun } from '../audit/index.js';
import { error } from '../diagnostics/index.js';
import { readBuildState, trashOf, workbenchOf } from '../plan/index.js';
import { prepareVerification } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import { exitCodes, type RunContext, type RunOutcome } from './context.js';
import { commentStatements } from './comment-statements.js';
import { NodeFailure } from './failure.js';
import { makeSchemas } from './make-schemas.js';
import type { PublishItem } from './publish-script.js';
import { publish } from './publish.js';
import { noCounts, Refusal, withRun } from './run-session.js';
import { emptyTrash } from './trash.js';

/** Publishes, in one transaction, everything that `build --hold` left in the workbenches of the target. */
export async function publishHeld(context: RunContext): Promise<RunOutcome> {
  const { project } = context;
  const schemas = [...project.schemas.values()].toSorted();
  return withRun(context, { command: 'publish', schemas, arguments: {} }, async (run) => {
    const { control, announcer, runId } = run;
    const state = await readBuildState(control, project);
    const { held } = state;
    if (held.length === 0) {
      const hint = `Build and hold first: dbl build --hold --target ${project.config.target.name}`;
      throw new Refusal([error('DBL2404', 'nothing is held in the workbench', undefined, { hint })], exitCodes.good);
    }
    const gone = held.filter(({ schema, name, relid }) => state.relations.get(workbenchOf(schema), name)?.oid !== relid);
    if (gone.length > 0) {
      const names = gone.map(({ schema, name }) => `"${workbenchOf(schema)}.${name}"`).join(', ');
      const hint = 'Build and hold them again. Nothing was published.';
      throw new Refusal([error('DBL2406', `what was held is not there any more: ${names}`, undefined, { hint })], exitCodes.failed);
    }
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
    const startedAt = new Date();
    const started = performance.now();
    const item = (row: HeldRow): PublishItem => {
      const existing = state.relations.get(row.schema, row.name);
      const node = project.graph.get(row.node);
      const comments = project.config.comments && node?.kind === 'model' && row.kind === 'view' ? commentStatements(node, row.schema) : [];
      return {
        node: row.node,
        file: node?.file ?? row.node,
        schema: row.schema,
        name: row.name,
        fingerprint: row.fingerprint,
        view: row.definition,
        existing,
        attached: existing === undefined ? undefined : state.attached.get(existing.oid),
        defaultGrants: state.defaultGrants.get(row.schema) ?? [],
        alongside: [
          ...comments.map(({ statement }) => statement),
          forgetHeld(row.schema, [row.name]),
          insertNodeRun({ runId, node: row.node, status: 'success', fingerprint: row.fingerprint, rows: row.rows, startedAt }),
        ],
      };
    };
    await makeSchemas(run, [...new Set(held.map(({ schema }) => schema))]);
    await control.query(prepareVerification);
    const stop = (): void => void control.cancel();
    context.signal.addEventListener('abort', stop);
    try {
      await publish(control, held.map(item), {
        runId,
        trashOf: (schema) => trashOf(schema, runId),
        ownIndexes: state.ownIndexes,
        isRebuiltLater: () => false,
        signal: context.signal,
      });
    } catch (problem) {
      if (!(problem instanceof NodeFailure)) throw problem;
      throw new Refusal([problem.diagnostic], exitCodes.failed);
    } finally {
      context.signal.removeEventListener('abort', stop);
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
    await emptyTrash(control, schemas);
    return { status: 'success', exitCode: exitCodes.good, counts: { ...noCounts, success: held.length } };
  });
}
