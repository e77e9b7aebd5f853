import { quoteIdentifier } from '../quoting.js';
import { andCondition } from './condition.js';

export interface NotNullCheck {
  /** Qualified and quoted. */
  readonly relation: string;
  readonly columns: readonly string[];
  /** A condition: only the rows for which it is true are checked. */
  readonly where?: string | undefined;
}

/** Rows: whole rows in which any of the columns is null. */
export function notNullCheck({ relation, columns, where }: NotNullCheck): string {
  const anyNull = columns.map((column) => `${quoteIdentifier(column)} is null`).join(' or ');
  return `select *\nfrom ${relation}\nwhere (${anyNull})${andCondition(where)}`;
}
