import { quoteIdentifier, quoteLiteral } from '../quoting.js';
import { andCondition } from './condition.js';

export interface AcceptedValuesCheck {
  /** Qualified and quoted. */
  readonly relation: string;
  readonly column: string;
  readonly values: readonly (string | number | boolean)[];
  /** A condition: only the rows for which it is true are checked. */
  readonly where?: string | undefined;
}

/**
 * Rows: each value that is none of those accepted, and how often it occurs as `count`; a null is not checked.
 *
 * All values are written as string constants, numbers and booleans too: Postgres gives such a constant the type of what it is compared
 * with, so that `'3'` is right for text, integer, numeric and enum columns alike, where a bare `3` would be refused beside text.
 */
export function acceptedValuesCheck({ relation, column, values, where }: AcceptedValuesCheck): string {
  const name = quoteIdentifier(column);
  const accepted = values.map((value) => quoteLiteral(String(value))).join(', ');
  const notAccepted = values.length === 0 ? `${name} is not null` : `${name} not in (${accepted})`;
  return `select ${name}, count(*) as "count"
from ${relation}
where ${notAccepted}${andCondition(where)}
group by ${name}`;
}
