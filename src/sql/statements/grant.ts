import { quoteIdentifier, relationName } from '../quoting.js';

export interface Grant {
  /** As `aclexplode` prints it: SELECT, INSERT, … */
  readonly privilege: string;
  readonly schema: string;
  /** A table or a view. */
  readonly name: string;
  /** undefined: the whole relation. */
  readonly column: string | undefined;
  /** A role; undefined: everybody. */
  readonly grantee: string | undefined;
  readonly grantable: boolean;
}

/** https://www.postgresql.org/docs/current/sql-grant.html */
export function grant({ privilege, schema, name, column, grantee, grantable }: Grant): string {
  const what = column === undefined ? privilege : `${privilege} (${quoteIdentifier(column)})`;
  const role = grantee === undefined ? 'public' : quoteIdentifier(grantee);
  return `grant ${what} on ${relationName(schema, name)} to ${role}${grantable ? ' with grant option' : ''}`;
}
