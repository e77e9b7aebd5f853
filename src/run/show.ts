import { placedSql, type ModelNode, targetPlacement, type TestNode } from '../compile/index.js';
import { quoteIdentifier } from '../sql/index.js';
import { Announcer, exitCodes, type RunContext, type RunOutcome } from './context.js';
import { toFailure } from './failure.js';
import { withSession } from './run-session.js';

export type ShowOutcome = RunOutcome & {
  /** undefined where the query could not be run. Every value as the server prints it. */
  readonly rows: { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] } | undefined;
};

const undefinedTable = '42P01';

/** Runs a model's or a test's query against the target, in a transaction that can change nothing, and gives its first rows. */
export async function show(context: RunContext, node: ModelNode | TestNode, limit: number): Promise<ShowOutcome> {
  const { project, sink, signal } = context;
  const announcer = new Announcer(sink, undefined);
  let rows: ShowOutcome['rows'];
  const outcome = await withSession({ config: project.config, signal }, announcer, async (session) => {
    const placed = placedSql(node.sql, targetPlacement(project));
    const schemas = node.kind === 'model' ? [node.physicalSchema] : [];
    const path = [...schemas, ...project.config.searchPath, 'public'].map(quoteIdentifier).join(', ');
    const before = `BEGIN READ ONLY; SET LOCAL search_path = ${path};\nSELECT * FROM (`;
    try {
      const results = await session.batch(`${before}${placed.text}\n) AS shown LIMIT ${limit}; COMMIT`);
      const result = results.at(-2);
      rows = { columns: result?.columns.map(({ name }) => name) ?? [], rows: result?.values ?? [] };
      return { status: 'success', exitCode: exitCodes.good };
    } catch (problem) {
      if (signal.aborted) throw problem;
      const offset = (problem as { readonly offset?: number }).offset;
      const { diagnostic, sqlstate } = toFailure(problem, { sql: node.sql, placed }, offset === undefined ? undefined : offset - before.length);
      const missing = sqlstate === undefinedTable && node.dependsOn.some(({ id }) => project.graph.get(id)?.kind === 'model');
      const hint = missing ? `What it reads is read from the target: "dbl build --select +${node.name}" builds it there.` : diagnostic.hint;
      announcer.report([{ ...diagnostic, hint }]);
      return { status: 'failed', exitCode: exitCodes.failed };
    }
  });
  return { ...outcome, rows };
}
