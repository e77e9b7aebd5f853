import { relationName } from '../quoting.js';
import type { Drop } from './drop-table.js';

/** Never CASCADE: Postgres refuses while anything depends on the view. https://www.postgresql.org/docs/current/sql-dropview.html */
export function dropView({ schema, name, ifExists = false }: Drop): string {
  return `drop view ${ifExists ? 'if exists ' : ''}${relationName(schema, name)}`;
}
