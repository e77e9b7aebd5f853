import { DiagnosticError, error } from '../diagnostics/index.js';
import type { Output } from './output.js';

/** Shows an exception that nobody expected, which is a bug in dbl; returns the exit code. */
export function reportBug(problem: unknown, version: string, output: Output): number {
  // A mistake of the user's that its room let out by throwing is shown as what it is.
  if (problem instanceof DiagnosticError) {
    output.diagnostics(problem.diagnostics);
    return 2;
  }
  const message = withoutSecrets(problem instanceof Error ? problem.message : String(problem));
  if (output.json) output.diagnostics([error('DBL1790', `internal error: ${message}`)]);
  const stack = problem instanceof Error && problem.stack !== undefined ? withoutSecrets(problem.stack) : message;
  output.note(
    [
      `${output.stderr.paint.red('internal error DBL1790')}: ${message}`,
      '  This is a bug in dbl, not a mistake of yours. Please report it, with what follows:',
      `  dbl ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
      ...stack.split('\n').map((line) => `  ${line}`),
    ].join('\n'),
  );
  return 5;
}

/** Passwords must not get into a report: those in URLs, and the one of the environment. */
function withoutSecrets(text: string): string {
  const inUrls = text.replaceAll(/(\w:\/\/[^\s:/@]*):[^\s@]*@/g, '$1:***@');
  const password = process.env['PGPASSWORD'] ?? '';
  return password.length > 3 ? inUrls.replaceAll(password, '***') : inUrls;
}
