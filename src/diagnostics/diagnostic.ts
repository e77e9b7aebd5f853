import type { Code } from './codes.js';
import type { Place } from './source-file.js';

export type Severity = 'error' | 'warning';

/**
 * A mistake of the user's, or something that the user should know.
 *
 * `at` is a place in a source file; or a bare path, where the file as a whole is meant (a bad name, say);
 * undefined where no file is to blame (a connection, a command line).
 */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  readonly at?: Place | string | undefined;
  /** Where the place was reached from, innermost first: a macro's call, an include. */
  readonly calledFrom?: readonly Place[] | undefined;
  /** Further places that explain the message: the steps of a cycle, the other definition. */
  readonly related?: readonly Related[] | undefined;
  readonly hint?: string | undefined;
}

interface Related {
  readonly message: string;
  readonly at: Place | string;
}

/** What others read: see DESIGN, section 9. Numbers count from 1, columns are code points. */
export interface DiagnosticRecord {
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly end_line: number | null;
  readonly end_column: number | null;
  readonly hint: string | null;
}

type Details = Omit<Diagnostic, 'code' | 'severity' | 'message' | 'at'>;

export function error(code: Code, message: string, at?: Diagnostic['at'], details: Details = {}): Diagnostic {
  return { code, severity: 'error', message, at, ...details };
}

export function warning(code: Code, message: string, at?: Diagnostic['at'], details: Details = {}): Diagnostic {
  return { code, severity: 'warning', message, at, ...details };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

export function pathOf(diagnostic: Diagnostic): string | undefined {
  const { at } = diagnostic;
  return typeof at === 'string' ? at : at?.file.path;
}

export function toRecord(diagnostic: Diagnostic): DiagnosticRecord {
  const { at, code, severity, message } = diagnostic;
  const place = at === undefined || typeof at === 'string' ? undefined : at;
  const start = place?.file.position(place.start);
  const end = place?.file.position(place.end);
  return {
    code,
    severity,
    message,
    file: pathOf(diagnostic) ?? null,
    line: start?.line ?? null,
    column: start?.column ?? null,
    end_line: end?.line ?? null,
    end_column: end?.column ?? null,
    hint: diagnostic.hint ?? null,
  };
}

/** By file, place, code and message, so that two runs over the same project print the same text; the same mistake is kept once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const keyed = diagnostics.map((diagnostic) => {
    const { at } = diagnostic;
    const start = at instanceof Object ? at.start : -1;
    return { diagnostic, path: pathOf(diagnostic) ?? '', start };
  });
  keyed.sort(
    (a, b) =>
      compare(a.path, b.path) ||
      a.start - b.start ||
      compare(a.diagnostic.code, b.diagnostic.code) ||
      compare(a.diagnostic.message, b.diagnostic.message),
  );
  const seen = new Set<string>();
  return keyed
    .filter(({ diagnostic, path, start }) => {
      const key = JSON.stringify([path, start, diagnostic.code, diagnostic.message]);
      return !seen.has(key) && seen.add(key);
    })
    .map(({ diagnostic }) => diagnostic);
}

/** Orders by code unit, never by locale, so that output is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * A user's mistake on its way out of a place that cannot return one (inside a template's function, say).
 * Thrown only within a room; what leaves the room is a value.
 */
export class DiagnosticError extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('\n'));
    this.name = 'DiagnosticError';
  }
}
