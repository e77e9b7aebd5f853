/** ` and (…)` for a condition of the user's, on a line of its own; '' where there is none. */
export function andCondition(condition: string | undefined): string {
  return condition === undefined ? '' : `\n  and ${enclosed(condition)}`;
}

/** A condition of the user's in parentheses. It may end in a comment, which must not swallow the closing one. */
export function enclosed(condition: string): string {
  return condition.includes('--') ? `(${condition}\n  )` : `(${condition})`;
}
