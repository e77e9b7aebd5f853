import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, statSync, statfsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Diagnostic, error } from '../../diagnostics/index.js';
import type { Binaries } from './binaries.js';
import { type Area, childEnvironment } from './data-folder.js';
import { spawnFailure, startFailure } from './diagnostics.js';
import { type ServerUser, giveTo, spawnAs } from './server-user.js';

/** What Postgres writes into `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `stopping`, `standby`; undefined in the first moments. */
  readonly status: string | undefined;
}

/** Crash recovery replays at most `max_wal_size`, so this is plenty. */
const START_TIMEOUT = 5 * 60_000;
const MAX_LOG = 4 * 1024 * 1024;

export function readPostmaster(area: Area): Postmaster | undefined {
  try {
    const lines = readFileSync(path.join(area.data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    const port = Number(lines[3]);
    return pid > 0 ? { pid, port, status: lines[7]?.trim() } : undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (failure) {
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM';
  }
  return !isZombie(pid);
}

/** Dead, but its parent has not asked how it ended; in a container without an init it is listed so for ever. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

/**
 * Starts Postgres, in a session of its own so that Ctrl-C in the terminal does not reach it, and waits until it is ready.
 * `again`: somebody else was faster, with the port or with the whole server.
 */
export async function launch(
  area: Area,
  binaries: Binaries,
  user: ServerUser,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster | 'again' | Diagnostic> {
  const port = await freePort();
  const args = ['-D', area.data, '-p', String(port)];
  for (const [name, value] of Object.entries({ ...ownSettings(), ...settings })) args.push('-c', `${name}=${value}`);
  const size = statSync(area.log, { throwIfNoEntry: false })?.size ?? 0;
  const logStart = size > MAX_LOG ? 0 : size;
  const log = openSync(area.log, size > MAX_LOG ? 'w' : 'a', 0o600);
  giveTo(user, area.log);
  const [command, commandArgs, options] = spawnAs(user, binaries.postgres, args);
  const child = spawn(command, commandArgs, { ...options, env: childEnvironment(binaries), detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  let over: NodeJS.ErrnoException | 'exited' | undefined;
  child.on('error', (failure) => (over = failure));
  child.on('exit', () => (over = 'exited'));
  for (const deadline = Date.now() + START_TIMEOUT; Date.now() < deadline; await sleep(10)) {
    if (over === 'exited') return explain(area, logStart);
    if (over !== undefined) return spawnFailure(over, binaries.postgres);
    const found = readPostmaster(area);
    if (found?.pid === child.pid && found?.status === 'ready') return found;
  }
  return error('DBL2031', `the embedded Postgres is not ready after ${START_TIMEOUT / 60_000} minutes`, undefined, { hint: `Its log is ${area.log}.` });
}

function explain(area: Area, logStart: number): 'again' | Diagnostic {
  const output = readFileSync(area.log).subarray(logStart).toString();
  if (output.includes('Address already in use')) return 'again';
  if (output.includes('lock file "postmaster.pid" already exists')) {
    // Postgres believes any living process that has the number, as small numbers in containers often do.
    if (hasNoProcess(area.data)) rmSync(path.join(area.data, 'postmaster.pid'), { force: true });
    return 'again';
  }
  return startFailure(output, area.folder, 'postgres');
}

/** True only when it is certain: every process of a Postgres server has its data folder as the current one. */
function hasNoProcess(data: string): boolean {
  if (!existsSync('/proc/self/cwd')) return false;
  const real = realpathSync(data);
  return readdirSync('/proc')
    .filter((name) => Number(name) > 0)
    .every((name) => {
      try {
        return readlinkSync(`/proc/${name}/cwd`) !== real;
      } catch {
        // It ended meanwhile, or is another user's, who could not read our data.
        return true;
      }
    });
}

/** Asks the server to shut down at once, rolling back whatever runs, and waits until it is gone. */
export async function shutDown(area: Area, binaries: Binaries, { pid }: Postmaster): Promise<void> {
  if (process.platform === 'win32') {
    spawn(binaries.pgCtl, ['stop', '-D', area.data, '-m', 'fast', '-W'], { stdio: 'ignore' });
  } else {
    try {
      process.kill(pid, 'SIGINT');
    } catch {
      return;
    }
  }
  const gone = () => readPostmaster(area)?.pid !== pid;
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && isAlive(pid) && !gone(); ) await sleep(10);
  // The file goes a moment before the process.
  for (const deadline = Date.now() + 1000; Date.now() < deadline && isAlive(pid); ) await sleep(5);
}

/** Fast, and no less safe than the defaults: nobody replicates from this server, and it serves one machine. */
function ownSettings(): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    cluster_name: 'dbl',
    shared_buffers: '256MB',
    maintenance_work_mem: '256MB',
    max_connections: '100',
    max_locks_per_transaction: '256',
    // CREATE TABLE AS then writes the table once, not to the log as well.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '4GB',
    log_checkpoints: 'off',
    jit: 'off',
    ...smallSharedMemory(),
  };
}

/** Docker's /dev/shm has 64 MB, on which parallel queries fail. */
function smallSharedMemory(): Record<string, string> {
  if (process.platform !== 'linux') return {};
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize < 512 * 1024 * 1024 ? { dynamic_shared_memory_type: 'mmap' } : {};
  } catch {
    return { dynamic_shared_memory_type: 'mmap' };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
