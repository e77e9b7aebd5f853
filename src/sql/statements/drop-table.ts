import { relationName } from '../quoting.js';

export interface Drop {
  readonly schema: string;
  readonly name: string;
  readonly ifExists?: boolean | undefined;
}

/** Never CASCADE: Postgres refuses while anything depends on the table. https://www.postgresql.org/docs/current/sql-droptable.html */
export function dropTable({ schema, name, ifExists = false }: Drop): string {
  return `drop table ${ifExists ? 'if exists ' : ''}${relationName(schema, name)}`;
}
