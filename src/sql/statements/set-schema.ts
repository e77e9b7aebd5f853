import { quoteIdentifier, relationName } from '../quoting.js';

export interface SetSchema {
  readonly kind: 'table' | 'view';
  readonly schema: string;
  readonly name: string;
  readonly to: string;
}

/** Moves a table, with its indexes, constraints and the sequences that its columns own. https://www.postgresql.org/docs/current/sql-altertable.html */
export function setSchema({ kind, schema, name, to }: SetSchema): string {
  return `alter ${kind} ${relationName(schema, name)} set schema ${quoteIdentifier(to)}`;
}
