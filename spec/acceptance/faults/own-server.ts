import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type EmbeddedServer, type Row, type Session, startEmbedded } from '../../../src/postgres/index.js';
import { openSession, runDbl, type TestProject, withProject } from '../../harness/index.js';
import { toUrl } from '../../harness/server-url.js';

/** A project with a server that is its own, so that the test may do to it what others must not suffer. */
export interface OwnServer {
  readonly project: TestProject;
  readonly database: { readonly url: string; readonly query: (sql: string) => Promise<readonly Row[]> };
  readonly dbl: (...args: readonly string[]) => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Rows as `a|b|c`. */
  readonly rows: (sql: string) => Promise<readonly string[]>;
  readonly session: (name: string) => Promise<Session>;
  /** The server's data folder. */
  readonly data: string;
  /** Ends the server as a crash would, and starts it again at the same port. */
  readonly crash: () => Promise<void>;
}

/** `files`: paths and texts. `settings`: of Postgres, beyond what an embedded server has. */
export async function ownServer(files: Readonly<Record<string, string>>, settings: Readonly<Record<string, string>> = {}): Promise<OwnServer> {
  const area = path.join(withProject({}).folder, '.dbl', 'pg');
  const fixed = { ...settings, port: String(await freePort()) };
  let server = await start(area, fixed);
  const sessions: Session[] = [];
  onTestFinished(async () => {
    for (const session of sessions) await session.end();
    await server.stop();
  });
  const url = toUrl(server.address);
  const project = withProject({ 'dbluigi.config.mjs': 'export default {};', ...files });
  let own: Session | undefined;
  const session = async (name: string): Promise<Session> => {
    const opened = await openSession(server.address, name);
    sessions.push(opened);
    return opened;
  };
  const query = async (sql: string): Promise<readonly Row[]> => {
    if (own?.isOpen !== true) own = await session('the test');
    return (await own.batch(sql)).at(-1)?.rows ?? [];
  };
  return {
    project,
    database: { url, query },
    dbl: (...args) => runDbl(args, { cwd: project.folder, env: { DBL_DATABASE_URL: url } }),
    rows: async (sql) => (await query(sql)).map((row) => Object.values(row).map((value) => value ?? '').join('|')),
    session,
    data: path.join(area, 'data'),
    crash: async () => {
      const pid = Number(readFileSync(path.join(area, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGQUIT');
      await expect.poll(() => isGone(pid), { timeout: 10_000, interval: 10 }).toBe(true);
      server = await start(area, fixed);
    },
  };
}

async function start(area: string, settings: Readonly<Record<string, string>>): Promise<EmbeddedServer> {
  const { value, diagnostics } = await startEmbedded(area, { settings });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  // In a container without an init, what has ended is listed until its parent asks.
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listening = net.createServer();
    listening.on('error', reject);
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address();
      listening.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
