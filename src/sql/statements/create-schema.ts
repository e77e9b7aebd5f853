import { quoteIdentifier } from '../quoting.js';

export interface CreateSchema {
  readonly schema: string;
  readonly ifNotExists?: boolean | undefined;
}

/** https://www.postgresql.org/docs/current/sql-createschema.html */
export function createSchema({ schema, ifNotExists = false }: CreateSchema): string {
  return `create schema ${ifNotExists ? 'if not exists ' : ''}${quoteIdentifier(schema)}`;
}
