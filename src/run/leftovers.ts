import { error } from '../diagnostics/index.js';
import { type BuildPlan, workbenchOf } from '../plan/index.js';
import { type Relation, ServerError, type Session } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import { exitCodes } from './context.js';
import { Refusal } from './run-session.js';

/** The lock table is shared by all sessions: one statement must not fill it. */
const batchSize = 200;

/**
 * Clears the workbench of what this run builds again, and of the held views that read it: they cannot outlive it, and `dbl publish` would say that
 * they are gone. All views first, and in one statement, since one may read another.
 */
export async function dropLeftovers(control: Session, plan: BuildPlan): Promise<void> {
  const nodes = [...plan.nodes.values()].filter(({ blocked }) => blocked.length === 0);
  const leftovers = nodes.flatMap(({ leftover }) => leftover ?? []);
  if (leftovers.length === 0) return;
  const workbenches = [...new Set(nodes.map(({ node }) => workbenchOf(node.physicalSchema)))];
  const views = [...new Set([...leftovers.filter(({ kind }) => kind === 'view').map(nameOf), ...(await viewsOver(control, leftovers, workbenches))])];
  const tables = leftovers.filter(({ kind }) => kind !== 'view').map(nameOf);
  try {
    if (views.length > 0) await control.query(`DROP VIEW ${views.join(', ')}`);
    await dropTables(control, tables);
  } catch (problem) {
    if (!(problem instanceof ServerError) || problem.sqlstate !== '2BP01') throw problem;
    const message = `the workbench cannot be cleared for what is built anew: ${[problem.message, problem.detail].filter(Boolean).join('; ')}`;
    const hint = 'dbl drops only what it made. Drop what was hung on tables in the workbench, and build again.';
    throw new Refusal([error('DBL2401', message, undefined, { hint })], exitCodes.failed);
  }
}

/** Drops tables a batch at a time, and fewer at a time where the server's lock table turns out to be too small for that. */
async function dropTables(session: Session, tables: readonly string[]): Promise<void> {
  let size = batchSize;
  for (let index = 0; index < tables.length; ) {
    const some = tables.slice(index, index + size);
    try {
      await session.query(`DROP TABLE ${some.join(', ')}`);
      index += some.length;
    } catch (problem) {
      if (!(problem instanceof ServerError) || problem.sqlstate !== '53200' || some.length === 1) throw problem;
      size = Math.ceil(some.length / 4);
    }
  }
}

/** Views in the workbenches that read these relations, or read other views that do. */
async function viewsOver(session: Session, relations: readonly Relation[], workbenches: readonly string[]): Promise<readonly string[]> {
  const { rows } = await session.query(
    `WITH RECURSIVE readers(oid) AS (
      SELECT unnest($1::oid[])
      UNION SELECT r.ev_class FROM readers JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = readers.oid
        JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    ) SELECT n.nspname AS schema, c.relname AS name FROM readers JOIN pg_class AS c USING (oid) JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname = ANY ($2::text[]) ORDER BY 1, 2`,
    [relations.map(({ oid }) => oid), workbenches],
  );
  return rows.map((row) => relationName(row['schema'] ?? '', row['name'] ?? ''));
}

function nameOf({ name, schema }: Relation): string {
  return relationName(schema, name);
}
