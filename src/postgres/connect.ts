import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientConfig } from 'pg';
import { type Diagnostic, type Result, error, failed, ok } from '../diagnostics/index.js';
import { connectionDiagnostic } from './connect-diagnostics.js';
import { type ServerAddress, describeServer } from './server-address.js';
import { Session, endClient } from './session.js';

export interface ConnectOptions {
  /** Shown in `pg_stat_activity`; Postgres cuts it at 63 bytes. */
  readonly applicationName: string;
  /** How long to wait for the server's answer, in milliseconds. Default: 10,000. */
  readonly timeout?: number;
  /** How long to ask again while the server says that it is starting up, in milliseconds. Default: 10,000. */
  readonly startupTimeout?: number;
}

const OLDEST = 130000;

/**
 * Opens a session. Everything that can be wrong with the address, the role, the database or the server is a diagnostic;
 * one that is starting up or shutting down is asked again for a while.
 */
export async function connect(server: ServerAddress, options: ConnectOptions): Promise<Result<Session>> {
  const { default: pg } = await import('pg');
  const timeout = options.timeout ?? 10_000;
  const deadline = Date.now() + (options.startupTimeout ?? 10_000);
  for (;;) {
    const client = new pg.Client(clientConfig(server, options.applicationName, timeout));
    // A broken socket is reported where it matters: to the query that waits, or to the next one.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await introduce(client, server, async () => {
        const second = new pg.Client(clientConfig(server, options.applicationName, timeout));
        second.on('error', () => undefined);
        await second.connect();
        return second;
      });
    } catch (failure) {
      await endClient(client);
      const diagnostic = connectionDiagnostic(failure, server, timeout);
      if (diagnostic.code !== 'DBL2010' || Date.now() > deadline) return failed(diagnostic);
      await sleep(200);
    }
  }

  /** Sets the session up, and refuses servers on which dbl's promises would not hold. */
  async function introduce(client: Client, server: ServerAddress, another: () => Promise<Client>): Promise<Result<Session>> {
    const { pid, version, encoding } = await setUp(client);
    const processId = secretNumber(client, 'processID');
    const refusal =
      version < OLDEST
        ? tooOld(server, version)
        : pid !== processId && (await isPooled(pid, another))
          ? transactionPooler(server)
          : undefined;
    if (refusal !== undefined) {
      await endClient(client);
      return failed(refusal);
    }
    const cancelKey = { processId, secret: secretNumber(client, 'secretKey') };
    return ok(new Session(client, pg.DatabaseError, server, { pid, serverVersion: version, encoding, cancelKey }));
  }
}

function clientConfig(server: ServerAddress, applicationName: string, timeout: number): ClientConfig {
  return {
    host: server.host,
    port: server.port,
    user: server.user,
    password: server.password ?? (() => storedPassword(server)),
    database: server.database,
    ssl: server.ssl === true || server.ssl === false ? server.ssl : { ...server.ssl },
    application_name: applicationName,
    connectionTimeoutMillis: timeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    // Values stay as the server prints them: nothing is lost, and whoever needs a number converts it.
    types: { getTypeParser: () => (text: string | Buffer) => text },
  };
}

/** PGPASSWORD, else the line of `.pgpass` that fits; an empty text where there is neither, which no server accepts. */
async function storedPassword(server: ServerAddress): Promise<string> {
  const fromEnvironment = process.env['PGPASSWORD'];
  if (fromEnvironment !== undefined) return fromEnvironment;
  // `pg` brings the reader along, but warns on stderr when it is left to call it itself.
  const require = createRequire(createRequire(import.meta.url).resolve('pg'));
  const pgpass: (server: object, found: (password: string | undefined) => void) => void = require('pgpass');
  const { host, port, user, database } = server;
  return new Promise((resolve) => {
    pgpass({ host, port, user, database }, (password) => resolve(password ?? ''));
  });
}

/**
 * One round trip. A statement whose client has died must not run on, and commit, for minutes: the server looks every half second.
 * That setting came with Postgres 14, and a platform that lacks the means refuses it.
 */
async function setUp(client: Client): Promise<{ pid: number; version: number; encoding: string }> {
  const facts = `SELECT pg_backend_pid() AS pid, current_setting('server_version_num') AS version,
    current_setting('server_encoding') AS encoding, set_config('standard_conforming_strings', 'on', false)`;
  const checkInterval = `SELECT set_config('client_connection_check_interval', '500ms', false)
    WHERE current_setting('client_connection_check_interval', true) IS NOT NULL`;
  const answer = await client.query(`${facts}; ${checkInterval}`).catch(() => client.query(facts));
  const [row]: Record<string, string>[] = (Array.isArray(answer) ? answer[0] : answer).rows;
  return { pid: Number(row?.['pid']), version: Number(row?.['version']), encoding: row?.['encoding'] ?? '' };
}

/** `pg` keeps these two out of its types. */
function secretNumber(client: Client, name: 'processID' | 'secretKey'): number {
  const value: unknown = Reflect.get(client, name);
  return typeof value === 'number' ? value : 0;
}

/**
 * A proxy stands between when the server process is not the one that introduced itself. In session mode that does no harm;
 * in transaction mode the server process of our idle session turns up in somebody else's transaction, which proves it.
 */
async function isPooled(idlePid: number, another: () => Promise<Client>): Promise<boolean> {
  const second = await another();
  try {
    const { rows } = await second.query('SELECT pg_backend_pid() AS pid');
    return Number(rows[0]?.pid) === idlePid;
  } finally {
    await endClient(second);
  }
}

function tooOld(server: ServerAddress, version: number): Diagnostic {
  const major = version >= 100000 ? String(Math.floor(version / 10000)) : `${Math.floor(version / 10000)}.${Math.floor(version / 100) % 100}`;
  return error('DBL2012', `the server at ${describeServer(server)} is Postgres ${major}, and dbl needs 13 or later`, undefined, {
    hint: 'Upgrade the server, or use another one.',
  });
}

function transactionPooler(server: ServerAddress): Diagnostic {
  return error('DBL2014', `a pooler in transaction mode answers at ${describeServer(server)}, and dbl cannot work through it`, undefined, {
    hint: 'Give the address of the Postgres server itself: locks and settings are lost between the transactions of such a pooler.',
  });
}
