import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerAddress, connect, startEmbedded } from '../../src/postgres/index.js';
import { toUrl } from './server-url.js';

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * The server that the tests of one run share: the one that DBL_TEST_DATABASE_URL names, or with DBL_TEST_BACKEND=docker a container,
 * else an embedded one in a temporary folder.
 */
export async function startTestServer(): Promise<TestServer> {
  const url = process.env['DBL_TEST_DATABASE_URL'];
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() };
  return process.env['DBL_TEST_BACKEND'] === 'docker' ? startContainer() : startOwn();
}

async function startOwn(): Promise<TestServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dbl-test-server-'));
  // What a crash would lose is thrown away anyhow.
  const settings = { fsync: 'off', full_page_writes: 'off', max_wal_size: '1GB' };
  const { value: server, diagnostics } = await startEmbedded(path.join(folder, '.dbl', 'pg'), { settings });
  if (server === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return {
    url: toUrl(server.address),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startContainer(): Promise<TestServer> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer('postgres:15')
    .withEnvironment({ POSTGRES_USER: 'dbl', POSTGRES_PASSWORD: 'dbl', POSTGRES_DB: 'dbl' })
    .withExposedPorts(5432)
    .start();
  const address: ServerAddress = {
    host: container.getHost(),
    port: container.getMappedPort(5432),
    user: 'dbl',
    password: 'dbl',
    database: 'dbl',
    ssl: false,
  };
  await untilReady(address);
  return {
    url: toUrl(address),
    stop: async () => {
      await container.stop();
    },
  };
}

/** The image's first start runs a server for itself, which takes no connections from outside. */
async function untilReady(address: ServerAddress): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(250)) {
    const { value: session, diagnostics } = await connect(address, { applicationName: 'dbl tests', timeout: 2000 });
    if (session !== undefined) return session.end();
    if (Date.now() > deadline) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  }
}
