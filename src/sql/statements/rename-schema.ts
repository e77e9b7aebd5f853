import { quoteIdentifier } from '../quoting.js';

export interface RenameSchema {
  readonly schema: string;
  readonly to: string;
}

/** https://www.postgresql.org/docs/current/sql-alterschema.html */
export function renameSchema({ schema, to }: RenameSchema): string {
  return `alter schema ${quoteIdentifier(schema)} rename to ${quoteIdentifier(to)}`;
}
