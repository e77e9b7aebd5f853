import { andCondition, enclosed } from './condition.js';

export interface ExpressionCheck {
  /** Qualified and quoted. */
  readonly relation: string;
  /** A condition that must be true of every row, or null as in a CHECK constraint. */
  readonly expression: string;
  /** A condition: only the rows for which it is true are checked. */
  readonly where?: string | undefined;
}

/** Rows: whole rows for which the expression is false. */
export function expressionCheck({ relation, expression, where }: ExpressionCheck): string {
  return `select *\nfrom ${relation}\nwhere not ${enclosed(expression)}${andCondition(where)}`;
}
