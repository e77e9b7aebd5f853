import { type Diagnostic, type Place, sortDiagnostics } from '../diagnostics/index.js';
import { codeFrame } from './code-frame.js';
import type { Look } from './look.js';
import { plural } from './quantities.js';

/**
 * A diagnostic for people, several lines without a last line break:
 *
 *     error DBL1204: "agencis" is not defined
 *       models/POPULATE-staging-x.sql:3:13
 *         |
 *       3 | from {{ ref(agencis) }}
 *         |             ^^^^^^^
 *       called from macros/a.njk:3:14
 *       hint: Did you mean "agencies"?
 */
export function formatDiagnostic(diagnostic: Diagnostic, look: Look): string {
  const { at, calledFrom, code, hint, message, related, severity } = diagnostic;
  const { paint } = look;
  const [headline = '', ...moreLines] = message.split('\n');
  const label = severity === 'error' ? paint.red(`error ${code}`) : paint.yellow(`warning ${code}`);
  const lines = [...moreLines];
  if (at !== undefined) lines.push(formatPlace(at));
  if (at instanceof Object) lines.push(...codeFrame(at, look));
  for (const place of calledFrom ?? []) lines.push(`called from ${formatPlace(place)}`);
  for (const other of related ?? []) lines.push(`${other.message}: ${formatPlace(other.at)}`);
  if (hint !== undefined) {
    const [first = '', ...rest] = hint.split('\n');
    lines.push(`${paint.cyan('hint:')} ${first}`, ...rest.map((line) => `      ${line}`));
  }
  return [`${label}: ${paint.bold(headline)}`, ...lines.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
}

/** All of them in their order, and how many there are; '' where there is none. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], look: Look): string {
  const sorted = sortDiagnostics(diagnostics);
  if (sorted.length === 0) return '';
  return [...sorted.map((diagnostic) => formatDiagnostic(diagnostic, look)), countDiagnostics(sorted)].join('\n\n');
}

/** `2 errors, 1 warning` */
function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const parts = [];
  if (errors > 0) parts.push(plural(errors, 'error'));
  if (warnings > 0) parts.push(plural(warnings, 'warning'));
  return parts.join(', ');
}

/** `models/a.sql:3:9`, or the bare path. */
export function formatPlace(place: Place | string): string {
  if (typeof place === 'string') return place;
  const { column, line } = place.file.position(place.start);
  return `${place.file.path}:${line}:${column}`;
}
