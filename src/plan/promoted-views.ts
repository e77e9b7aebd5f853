import { type Diagnostic, error } from '../diagnostics/index.js';
import { type Attachment, type Column, readColumns, ServerError, type Session } from '../postgres/index.js';
import { applyEdits, parseSql, references, retarget } from '../sql/index.js';
import type { RelationIndex } from './build-state.js';

export type View = Extract<Attachment, { readonly kind: 'view' }>;

/**
 * Why views that read production cannot be pointed at the target's relations. Each is tried, in a transaction that changes nothing and reads
 * no row. `targets`: the target's schema of each that is production.
 */
export async function viewsThatDoNotFit(
  session: Session,
  views: readonly View[],
  targets: ReadonlyMap<string, string>,
  relations: RelationIndex,
): Promise<readonly Diagnostic[]> {
  const columns = await readColumns(session, views.map(({ oid }) => oid));
  const diagnostics: Diagnostic[] = [];
  for (const view of views) {
    const moved = moveQuery(view.query, targets, relations);
    const reason = moved.missing ?? (await whyNot(session, moved.query, columns.get(view.oid) ?? []));
    if (reason !== undefined) diagnostics.push(misfit(view, reason));
  }
  return diagnostics;
}

/** `reason`: what the view would come to, or what the server says. */
export function misfit({ schema, name }: View, reason: string): Diagnostic {
  const hint = 'Keep what it uses, or drop the view, promote, and create it again.';
  return error('DBL2401', `the view "${schema}.${name}" reads production and does not fit the new one: ${reason}`, undefined, { hint });
}

/** The query with every relation of production replaced by the target's of that name; `missing`: why that does not work. */
function moveQuery(
  query: string,
  targets: ReadonlyMap<string, string>,
  relations: RelationIndex,
): { readonly query: string; readonly missing: string | undefined } {
  const parsed = parseSql(query);
  if (!parsed.ok) throw new Error(`the definition of a view cannot be parsed: ${parsed.error.message}`);
  const found = references(parsed.sql);
  const edits = [...found.tables, ...found.columns].flatMap((reference) => {
    const target = reference.schema === undefined ? undefined : targets.get(reference.schema);
    return target === undefined ? [] : [retarget(query, reference, target)];
  });
  const gone = found.tables.find(({ schema, name }) => {
    const target = schema === undefined ? undefined : targets.get(schema);
    return target !== undefined && relations.get(target, name) === undefined;
  });
  const missing = gone && `"${gone.schema}.${gone.name}" would be gone`;
  return { query: applyEdits(query, edits).text, missing };
}

/** What stands against giving a view this query; undefined: nothing, as far as we may look. */
async function whyNot(session: Session, query: string, before: readonly Column[]): Promise<string | undefined> {
  try {
    const results = await session.batch(`BEGIN READ ONLY; SET LOCAL search_path = pg_catalog; SELECT * FROM (${query}) AS view LIMIT 0; COMMIT`);
    const after = results[2]?.columns ?? [];
    const types = await session.query(`SELECT ${['1', ...after.map(({ typeModifier, typeOid }) => `format_type(${typeOid}, ${typeModifier})`)].join(', ')}`, []);
    for (const [index, { name, type }] of before.entries()) {
      const now = types.values[0]?.[index + 1];
      if (after[index]?.name !== name) return `it would lose its column "${name}"`;
      if (now !== type) return `its column "${name}" would change from ${type} to ${now}`;
    }
    return undefined;
  } catch (problem) {
    if (!(problem instanceof ServerError)) throw problem;
    await session.rollback();
    // The view's owner may read what we may not.
    if (problem.sqlstate === '42501') return undefined;
    // Whatever the server cannot find or does not take: syntax errors and access rules have one class.
    if (!problem.sqlstate.startsWith('42')) throw problem;
    return problem.message;
  }
}
