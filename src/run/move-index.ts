import { applyEdits, parseSql, references, relationName } from '../sql/index.js';

/** The definition of an index, as `pg_get_indexdef` prints it, for the table of the same name in another schema. */
export function moveIndex(definition: string, schema: string): string {
  const parsed = parseSql(definition);
  const table = parsed.ok ? references(parsed.sql).tables.find(({ write }) => write) : undefined;
  if (table === undefined) throw new Error(`not an index definition: ${definition}`);
  const { start, end, name } = table;
  return applyEdits(definition, [{ start, end, replacement: relationName(schema, name) }]).text;
}
