import type { Connection } from '../config/index.js';

/** Where a server is and who asks. The password is for `connect` alone: nothing here or in a diagnostic prints it. */
export type ServerAddress = Omit<Extract<Connection, { readonly kind: 'server' }>, 'kind' | 'origin'>;

/** The path of the Unix socket where the host is a folder, as libpq has it; undefined where it is a network host. */
export function socketPath(server: ServerAddress): string | undefined {
  return server.host.startsWith('/') ? `${server.host}/.s.PGSQL.${server.port}` : undefined;
}

/** Host and port for messages: `localhost:5432`, `[::1]:5432`, or the path of the socket. */
export function describeServer(server: ServerAddress): string {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return socketPath(server) ?? `${host}:${server.port}`;
}
