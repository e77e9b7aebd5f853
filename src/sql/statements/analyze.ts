import { relationName } from '../quoting.js';

export interface Analyze {
  readonly schema: string;
  readonly name: string;
}

/** https://www.postgresql.org/docs/current/sql-analyze.html */
export function analyze({ schema, name }: Analyze): string {
  return `analyze ${relationName(schema, name)}`;
}
