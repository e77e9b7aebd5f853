import { quoteIdentifier, relationName } from '../quoting.js';

/** A column by its name, or an expression as it is to be written in SQL. */
type IndexKey = { readonly column: string } | { readonly expression: string };

export interface CreateIndex {
  readonly schema: string;
  readonly table: string;
  readonly keys: readonly IndexKey[];
  readonly unique?: boolean | undefined;
  /** An access method such as `gin`; Postgres takes `btree` where there is none. */
  readonly method?: string | undefined;
  /** Postgres makes up a name where there is none; the index is always in its table's schema. */
  readonly name?: string | undefined;
  /** A condition: the index holds only the rows for which it is true. */
  readonly where?: string | undefined;
}

/** https://www.postgresql.org/docs/current/sql-createindex.html */
export function createIndex({ schema, table, keys, unique = false, method, name, where }: CreateIndex): string {
  const head = ['create', unique ? 'unique index' : 'index'];
  if (name !== undefined) head.push(quoteIdentifier(name));
  head.push('on', relationName(schema, table));
  if (method !== undefined) head.push('using', quoteIdentifier(method));
  const list = keys.map((key) => ('column' in key ? quoteIdentifier(key.column) : `(${key.expression}\n)`));
  const condition = where === undefined ? '' : ` where (${where}\n)`;
  return `${head.join(' ')} (${list.join(', ')})${condition}`;
}
