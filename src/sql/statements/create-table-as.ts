import { relationName } from '../quoting.js';

export interface FromQuery {
  readonly schema: string;
  readonly name: string;
  /** One query, without a semicolon; it goes into the statement as it is. */
  readonly query: string;
}

export interface StatementWithQuery {
  readonly text: string;
  /** Where the query begins in `text`, so that a position in an error of the server's can be traced to the query. */
  readonly queryOffset: number;
}

/** https://www.postgresql.org/docs/current/sql-createtableas.html */
export function createTableAs({ schema, name, query }: FromQuery): StatementWithQuery {
  return aroundQuery(`create table ${relationName(schema, name)} as\n`, query);
}

/** A line break follows the query, which may end in a comment. */
export function aroundQuery(before: string, query: string): StatementWithQuery {
  return { text: `${before}${query}\n`, queryOffset: before.length };
}
