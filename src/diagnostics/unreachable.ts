/** Ends a `switch` over a union: a compile error when a case is missing, a bug in dbl when it is reached. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
