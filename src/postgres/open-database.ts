import type { Connection } from '../config/index.js';
import { type Result, failed, isGood, ok } from '../diagnostics/index.js';
import { startEmbedded } from './embedded/embedded-server.js';
import type { ServerAddress } from './server-address.js';

export interface OpenDatabase {
  readonly address: ServerAddress;
  /** Call it once all sessions are ended: an embedded server that nobody else uses then stops. */
  close(): Promise<void>;
}

/** Sees to it that there is a server to connect to: starts the embedded one, and takes any other for granted. */
export async function openDatabase(connection: Connection): Promise<Result<OpenDatabase>> {
  if (connection.kind === 'server') return ok({ address: connection, close: () => Promise.resolve() });
  const started = await startEmbedded(connection.folder);
  if (!isGood(started)) return failed(...started.diagnostics);
  const server = started.value;
  return ok({ address: server.address, close: () => server.stop() });
}
