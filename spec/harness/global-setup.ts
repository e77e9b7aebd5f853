import type { TestProject } from 'vitest/node';
import { type TestServer, startTestServer } from './test-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this run; its role may create databases. */
    readonly databaseUrl: string;
  }
}

/** Vitest calls this once for each project, each time from a module of its own; the server is shared through the process. */
interface Shared {
  server: Promise<TestServer> | undefined;
  users: number;
}

declare global {
  var dblTestServer: Shared | undefined;
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (globalThis.dblTestServer ??= { server: undefined, users: 0 });
  shared.users += 1;
  shared.server ??= startTestServer();
  const server = await shared.server;
  project.provide('databaseUrl', server.url);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.server = undefined;
    await server.stop();
  };
}
