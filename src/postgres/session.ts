import type { Client, DatabaseError, QueryArrayResult as PgResult } from 'pg';
import { sendCancelRequest } from './cancel-request.js';
import type { ServerAddress } from './server-address.js';
import { ConnectionLost, ServerError, endsSession } from './server-error.js';

/** Values go to the server as text; an array becomes an array of Postgres's. */
export type Value = string | number | bigint | boolean | null | readonly (string | number | bigint)[];

/** Every value is the text that the server prints for it (`true` is `t`, a bigint keeps all its digits), or null. */
export type Row = Readonly<Record<string, string | null>>;

export interface QueryResult {
  /** By the columns' names; of several columns with one name the last counts. */
  readonly rows: readonly Row[];
  /** The same rows, each in the order of `columns`. */
  readonly values: readonly (readonly (string | null)[])[];
  /** Rows returned or changed; 0 for statements that have no such number. */
  readonly rowCount: number;
  /** The first word of the command tag: `SELECT`, `INSERT`, `CREATE`. */
  readonly command: string;
  /** `typeModifier` as `pg_attribute.atttypmod` has it. */
  readonly columns: readonly { readonly name: string; readonly typeOid: number; readonly typeModifier: number }[];
}

export interface Notice {
  /** As the server prints it: `NOTICE`, `WARNING`. */
  readonly severity: string;
  readonly sqlstate: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

/** What `connect` found out about a session before it gave it away. */
export interface SessionFacts {
  /** The server process, as `pg_locks` and `pg_stat_activity` name it. */
  readonly pid: number;
  /** As `server_version_num`: 150020 for 15.20. */
  readonly serverVersion: number;
  /** The database's encoding, as `server_encoding` says. */
  readonly encoding: string;
  /** What a CancelRequest must name; behind a proxy it is not `pid`. */
  readonly cancelKey: { readonly processId: number; readonly secret: number };
}

type PgNotice = Partial<Record<'severity' | 'code' | 'message' | 'detail' | 'hint', string | undefined>>;
type DatabaseErrorClass = typeof DatabaseError;

/** One connection to the server. It runs one query at a time: to ask for a second one meanwhile is a bug. */
export class Session {
  readonly pid: number;
  readonly serverVersion: number;
  /** Called for each NOTICE and WARNING; undefined: they are ignored. */
  onNotice: ((notice: Notice) => void) | undefined;
  /** Called once when the session is found to be lost, by whatever means; not when it was ended. */
  onLost: ((loss: ConnectionLost) => void) | undefined;

  readonly #client: Client;
  readonly #DatabaseError: DatabaseErrorClass;
  readonly #server: ServerAddress;
  readonly #facts: SessionFacts;
  #busy = false;
  /** Statements of the running message that the server has completed. */
  #completed = 0;
  #lost: string | undefined;
  #ended = false;

  constructor(client: Client, DatabaseError: DatabaseErrorClass, server: ServerAddress, facts: SessionFacts) {
    this.#client = client;
    this.#DatabaseError = DatabaseError;
    this.#server = server;
    this.#facts = facts;
    this.pid = facts.pid;
    this.serverVersion = facts.serverVersion;
    client.connection.on('commandComplete', () => (this.#completed += 1));
    client.on('error', (error) => this.#lose(error.message));
    client.on('end', () => this.#lose('the server closed it'));
    client.on('notice', (notice) => this.onNotice?.(toNotice(notice)));
  }

  /** False once the session was ended or is known to be lost. */
  get isOpen(): boolean {
    return !this.#ended && this.#lost === undefined;
  }

  /**
   * Runs one statement. With `values`, even none (`[]`), the server refuses a text of several statements; without, use `batch` for such a text.
   * Throws ServerError and ConnectionLost.
   */
  async query(text: string, values?: readonly Value[]): Promise<QueryResult> {
    const results = await this.#send(values === undefined ? { text } : { text, values: [...values], queryMode: 'extended' }, text);
    const [result] = results;
    if (result === undefined || results.length > 1) throw new Error('query() was given several statements: use batch()');
    return result;
  }

  /**
   * Runs several statements, divided by semicolons, in one round trip; one transaction where the text says nothing else
   * (a BEGIN takes the statements before it into its transaction too).
   * The results come in the statements' order. Throws ServerError, whose offset counts in the whole text, and ConnectionLost.
   */
  async batch(text: string): Promise<readonly QueryResult[]> {
    return this.#send({ text }, text);
  }

  /**
   * Asks the server to stop what this session runs, over a connection of its own; the running query then throws ServerError 57014.
   * Resolves when the server has taken the request, or cannot be reached. Nothing happens where no query runs.
   */
  async cancel(): Promise<void> {
    if (this.isOpen && this.#busy) await sendCancelRequest(this.#server, this.#facts.cancelKey);
  }

  /**
   * Ends the transaction that failed, if there is one. A request to cancel what ran before may arrive as late as this and hit the ROLLBACK
   * itself, which then is sent again. Throws ConnectionLost.
   */
  async rollback(): Promise<void> {
    for (;;) {
      try {
        await this.query('ROLLBACK');
        return;
      } catch (problem) {
        if (!(problem instanceof ServerError && problem.sqlstate === '57014')) throw problem;
      }
    }
  }

  /** Closes the session; the server rolls back what was not committed. Does nothing the second time. Never throws. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await endClient(this.#client);
  }

  async #send(config: { text: string; values?: Value[]; queryMode?: 'extended' }, text: string): Promise<QueryResult[]> {
    if (this.#busy) throw new Error('a session runs one query at a time');
    if (this.#ended) throw new Error('the session was ended');
    if (this.#lost !== undefined) throw new ConnectionLost(this.#lost);
    this.#busy = true;
    this.#completed = 0;
    try {
      const answer: PgResult | PgResult[] = await this.#client.query({ ...config, rowMode: 'array' });
      return (Array.isArray(answer) ? answer : [answer]).map(toResult);
    } catch (error) {
      throw this.#understand(error, text);
    } finally {
      this.#busy = false;
    }
  }

  #understand(error: unknown, text: string): Error {
    if (error instanceof this.#DatabaseError) {
      if (!endsSession(error)) return new ServerError(error, { text, completed: this.#completed, countsBytes: this.#facts.encoding === 'SQL_ASCII' });
      this.#lose(error.message);
      return new ConnectionLost(error.message);
    }
    const reason = error instanceof Error ? error.message : String(error);
    this.#lose(reason);
    return new ConnectionLost(reason);
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined || this.#ended) return;
    this.#lost = reason;
    this.onLost?.(new ConnectionLost(reason));
  }
}

/** Says goodbye to the server; where the network is dead, goes without an answer after two seconds. */
export async function endClient(client: Client): Promise<void> {
  const giveUp = setTimeout(() => client.connection.stream.destroy(), 2000);
  await client.end().catch(() => undefined);
  clearTimeout(giveUp);
}

function toResult(result: PgResult<(string | null)[]>): QueryResult {
  const names = result.fields.map((field) => field.name);
  return {
    rows: result.rows.map((values) => Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]))),
    values: result.rows,
    rowCount: result.rowCount ?? 0,
    command: result.command ?? '',
    columns: result.fields.map((field) => ({ name: field.name, typeOid: field.dataTypeID, typeModifier: field.dataTypeModifier })),
  };
}

function toNotice(notice: PgNotice): Notice {
  return {
    severity: notice.severity ?? 'NOTICE',
    sqlstate: notice.code ?? '00000',
    message: notice.message ?? '',
    detail: notice.detail,
    hint: notice.hint,
  };
}
