import { columnList, quoteIdentifier } from '../quoting.js';
import { andCondition } from './condition.js';

export interface UniqueCheck {
  /** Qualified and quoted. */
  readonly relation: string;
  readonly columns: readonly string[];
  /** A condition: only the rows for which it is true are checked. */
  readonly where?: string | undefined;
}

/** Rows: each key that occurs more than once, and how often as `count`. As in a unique constraint, a key with a null equals no other. */
export function uniqueCheck({ relation, columns, where }: UniqueCheck): string {
  const key = columnList(columns);
  const noNull = columns.map((column) => `${quoteIdentifier(column)} is not null`).join(' and ');
  return `select ${key}, count(*) as "count"
from ${relation}
where ${noNull}${andCondition(where)}
group by ${key}
having count(*) > 1`;
}
