import { type Diagnostic, hasErrors } from './diagnostic.js';

/**
 * What a stage makes. A stage that can go on after a mistake does, so that all mistakes are shown together:
 * `value` is undefined only when nothing useful could be made. Warnings come along with a good value.
 */
export interface Result<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function ok<T>(value: T, diagnostics: readonly Diagnostic[] = []): Result<T> {
  return { value, diagnostics };
}

export function failed(...diagnostics: readonly Diagnostic[]): Result<never> {
  return { value: undefined, diagnostics };
}

/** True when there is a value and none of the diagnostics is an error. */
export function isGood<T>(result: Result<T>): result is Result<T> & { readonly value: T } {
  return result.value !== undefined && !hasErrors(result.diagnostics);
}
