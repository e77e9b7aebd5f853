import { availableParallelism } from 'node:os';
import type { Connection } from './loaded-config.js';

const defaultPort = 5432;
const threadsOnRemoteServer = 4;

/** `postgres://user@host:5432/db`, never with the password; the embedded server by its folder. */
export function describeConnection(connection: Connection): string {
  if (connection.kind === 'embedded') return 'the embedded Postgres in .dbl/pg';
  const { host, port } = connection;
  const user = encodeURIComponent(connection.user);
  const database = encodeURIComponent(connection.database);
  if (host.startsWith('/')) {
    const suffix = port === defaultPort ? '' : `&port=${port}`;
    return `postgres://${user}@/${database}?host=${host}${suffix}`;
  }
  return `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

/** How many tables are built at once where nobody says: every core of a server on this machine, 4 on another's. */
export function defaultThreads(connection: Connection): number {
  const local = connection.kind === 'embedded' || isLocal(connection.host);
  return local ? availableParallelism() : threadsOnRemoteServer;
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || host.startsWith('127.');
}
