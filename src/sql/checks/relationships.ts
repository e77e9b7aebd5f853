import { columnList, quoteIdentifier } from '../quoting.js';
import { andCondition } from './condition.js';

export interface RelationshipsCheck {
  /** The child: qualified and quoted. */
  readonly relation: string;
  readonly columns: readonly string[];
  /** The parent: qualified and quoted. */
  readonly parent: string;
  /** As many as `columns`, in their order. */
  readonly parentColumns: readonly string[];
  /** A condition: only the child's rows for which it is true are checked. */
  readonly where?: string | undefined;
}

/**
 * Rows: each key of the child that the parent does not hold, and how often it occurs as `count`. As in a foreign key, a key with a null
 * refers to nothing. The child is read in a query of its own so that `where` may use its name and its columns as they are.
 */
export function relationshipsCheck({ relation, columns, parent, parentColumns, where }: RelationshipsCheck): string {
  const key = columnList(columns);
  const childKey = columns.map((column) => `child.${quoteIdentifier(column)}`);
  const noNull = columns.map((column) => `${quoteIdentifier(column)} is not null`).join(' and ');
  const same = parentColumns.map((column, index) => `parent.${quoteIdentifier(column)} = ${childKey[index]}`);
  return `select ${childKey.join(', ')}, count(*) as "count"
from (
  select ${key}
  from ${relation}
  where ${noNull}${andCondition(where)}
) as child
where not exists (select 1 from ${parent} as parent where ${same.join(' and ')})
group by ${childKey.join(', ')}`;
}
