import type { DatabaseError } from 'pg';

/** What a session sent, for the error that it got for it. */
interface SentText {
  readonly text: string;
  readonly completed: number;
  /** Whether the server counts positions in bytes, as one without an encoding (SQL_ASCII) does. */
  readonly countsBytes: boolean;
}

/**
 * What the server answered instead of a result. The fields are those of Postgres's ErrorResponse
 * (https://www.postgresql.org/docs/current/protocol-error-fields.html); undefined where the server gave none.
 */
export class ServerError extends Error {
  readonly sqlstate: string;
  /** As the server prints it, so in its language: decide by `sqlstate` instead. */
  readonly severity: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** UTF-16 offset, from 0, into the text that was sent. */
  readonly offset: number | undefined;
  /** How many statements of what was sent were done before; the next one is the culprit where `offset` does not tell. */
  readonly completed: number;
  /** A query that the server made itself, inside a function say, where the error is in that. */
  readonly internalQuery: string | undefined;
  /** The call stack of functions, one a line. */
  readonly context: string | undefined;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  readonly dataType: string | undefined;

  constructor(answer: DatabaseError, sent: SentText) {
    super(answer.message);
    this.name = 'ServerError';
    this.sqlstate = answer.code ?? 'XX000';
    this.severity = answer.severity ?? 'ERROR';
    this.detail = answer.detail;
    this.hint = answer.hint;
    this.offset = answer.position === undefined ? undefined : utf16Offset(sent.text, Number(answer.position), sent.countsBytes);
    this.completed = sent.completed;
    this.internalQuery = answer.internalQuery;
    this.context = answer.where;
    this.schema = answer.schema;
    this.table = answer.table;
    this.column = answer.column;
    this.constraint = answer.constraint;
    this.dataType = answer.dataType;
  }
}

/** The session is gone: the socket broke, or the server ended it. What the last statement did is not known. */
export class ConnectionLost extends Error {
  /** @param reason what broke it, in the server's or the system's words */
  constructor(readonly reason: string) {
    super(`the connection to the server was lost: ${reason}`);
    this.name = 'ConnectionLost';
  }
}

const retryable = new Set(['40001', '40P01', '55P03']);

/**
 * True where the same transaction may succeed when it is tried again: serialization failures, deadlocks, lock timeouts,
 * two sessions that changed one catalog row at once, which has no SQLSTATE of its own, and two that made up one name for an index at once.
 */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ServerError)) return false;
  if (error.sqlstate === '23505') return error.constraint === 'pg_class_relname_nsp_index';
  return retryable.has(error.sqlstate) || (error.sqlstate === 'XX000' && error.message.startsWith('tuple concurrently'));
}

/** FATAL and PANIC end the session. 57P01 to 57P03 are told apart by code, since the server translates the severity. */
export function endsSession(answer: DatabaseError): boolean {
  return (
    answer.severity === 'FATAL' || answer.severity === 'PANIC' || (answer.code?.startsWith('57P0') ?? false)
  );
}

/** Postgres counts code points, or bytes, from 1. */
function utf16Offset(text: string, position: number, countsBytes: boolean): number {
  if (countsBytes) return Buffer.from(text).subarray(0, position - 1).toString().length;
  let offset = 0;
  for (let left = position - 1; left > 0 && offset < text.length; left -= 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}
