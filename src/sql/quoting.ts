import { keywords } from './keywords.js';

/** Postgres cuts longer names; dbl refuses them. */
export const maxIdentifierBytes = 63;

const plainName = /^[a-z_][a-z0-9_]*$/;

/** The length of a name as Postgres counts it: in bytes of UTF-8. */
export function byteLength(name: string): number {
  return Buffer.byteLength(name);
}

/** A name as it must be written in SQL, like Postgres's `quote_ident`: in quotes only where it needs them. */
export function quoteIdentifier(name: string): string {
  return plainName.test(name) && !keywords.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** `schema.name`, or only the name where there is no schema; quoted where needed. */
export function relationName(schema: string | undefined, name: string): string {
  return schema === undefined ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** A string constant, like Postgres's `quote_literal`: right whatever `standard_conforming_strings` is. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** Names with commas between them, each quoted where needed. */
export function columnList(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ');
}
