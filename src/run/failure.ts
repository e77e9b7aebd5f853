import type { CompiledSql, PlacedSql } from '../compile/index.js';
import { type Code, type Diagnostic, error, pathOf, type Place } from '../diagnostics/index.js';
import { ConnectionLost, ServerError } from '../postgres/index.js';

/** Why a node came to nothing: what the user is shown, and what the audit schema keeps. */
export class NodeFailure extends Error {
  constructor(
    readonly diagnostic: Diagnostic,
    readonly sqlstate?: string,
  ) {
    super(diagnostic.message);
    this.name = 'NodeFailure';
  }
}

/** SQLSTATE of a statement that was cancelled on request. */
const cancelled = '57014';

export function isCancelled(problem: unknown): boolean {
  return problem instanceof ServerError && problem.sqlstate === cancelled;
}

/** SQL that was sent for a file, with the way back to the file. */
export interface SentSql {
  readonly sql: CompiledSql;
  readonly placed: PlacedSql;
}

/** The server's or the network's problem as a diagnostic; throws on what is a bug in dbl. */
export function toFailure(problem: unknown, sent: SentSql, offset: number | undefined, doing?: string): NodeFailure {
  if (problem instanceof NodeFailure) return problem;
  if (problem instanceof ConnectionLost) return new NodeFailure(error('DBL2202', problem.message, sent.sql.file.path));
  if (!(problem instanceof ServerError)) throw problem;
  const [at, ...calledFrom] = placesOf(sent, offset);
  const text = [problem.message, problem.detail].filter(Boolean).join('; ');
  const message = doing === undefined ? text : `${doing}: ${text}`;
  return new NodeFailure(error('DBL2201', message, at, { calledFrom, hint: problem.hint }), problem.sqlstate);
}

/** A problem that is not about the text of a file. */
export function toDatabaseFailure(code: Code, problem: unknown, doing: string, file: string | undefined, hint?: string): NodeFailure {
  if (problem instanceof NodeFailure) return problem;
  if (problem instanceof ConnectionLost) return new NodeFailure(error('DBL2202', problem.message, file));
  if (!(problem instanceof ServerError)) throw problem;
  const text = [problem.message, problem.detail].filter(Boolean).join('; ');
  const told = isCancelled(problem) ? { doing: stoppedByOthers, hint: stoppedHint } : { doing, hint: hint ?? problem.hint };
  return new NodeFailure(error(code, `${told.doing}: ${text}`, file, { hint: told.hint }), problem.sqlstate);
}

/** What to say of a statement that was cancelled, but not by this run. */
const stoppedByOthers = 'the server stopped a statement';
const stoppedHint = 'Somebody with the right to do so, or a limit such as statement_timeout, stopped it; dbl did not.';

/** Where in the source the server's complaint is; the beginning of the query where the server gives no position. */
export function placesOf({ sql, placed }: SentSql, offset: number | undefined): readonly Place[] {
  if (offset === undefined || offset < 0 || offset > placed.text.length) return sql.locate(/\S/.exec(sql.text)?.index ?? 0);
  const original = placed.toOriginal(offset);
  const word = /^(?:"(?:[^"]|"")*"|[\w$]+(?:\.[\w$]+)*)/.exec(sql.text.slice(original, original + 200))?.[0].length ?? 0;
  return sql.locate(original).map((at, index) => {
    const exact = index === 0 && at.end === at.start && at.file.text.startsWith(sql.text.slice(original, original + word), at.start);
    return exact ? at.file.place(at.start, at.start + word) : at;
  });
}

/** The parts of a failure that the audit schema has columns for. */
export function auditColumns(failure: NodeFailure): {
  readonly sqlstate: string | undefined;
  readonly message: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
} {
  const { at, message } = failure.diagnostic;
  const position = at instanceof Object ? at.file.position(at.start) : undefined;
  return { sqlstate: failure.sqlstate, message, file: pathOf(failure.diagnostic), line: position?.line, column: position?.column };
}
