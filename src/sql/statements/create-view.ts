import { relationName } from '../quoting.js';
import { aroundQuery, type FromQuery, type StatementWithQuery } from './create-table-as.js';

export interface CreateView extends FromQuery {
  /** Replaces the view of that name in place; Postgres lets it only gain columns, at its end. */
  readonly orReplace?: boolean | undefined;
}

/** https://www.postgresql.org/docs/current/sql-createview.html */
export function createView({ schema, name, query, orReplace = false }: CreateView): StatementWithQuery {
  return aroundQuery(`create ${orReplace ? 'or replace ' : ''}view ${relationName(schema, name)} as\n`, query);
}
