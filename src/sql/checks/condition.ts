/** ` and (…)` for a condition of the user's, on lines of its own since it may end in a comment; '' where there is none. */
export function andCondition(condition: string | undefined): string {
  return condition === undefined ? '' : `\n  and (${condition}\n  )`;
}
