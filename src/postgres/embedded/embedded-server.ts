import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Result, error, failed, isGood, ok } from '../../diagnostics/index.js';
import { connect } from '../connect.js';
import type { ServerAddress } from '../server-address.js';
import { ConnectionLost } from '../server-error.js';
import type { Session } from '../session.js';
import { type Binaries, findBinaries } from './binaries.js';
import { type Area, ROLE, areaOf, prepareData } from './data-folder.js';
import { folderFailure } from './diagnostics.js';
import { type Postmaster, isAlive, launch, readPostmaster, shutDown } from './postmaster.js';
import { type ServerUser, chooseUser, giveTo } from './server-user.js';

export interface EmbeddedServer {
  readonly address: ServerAddress;
  /** Leaves the server; the last one to leave stops it, and waits until it is gone. Does nothing the second time. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Settings of Postgres beyond dbl's own; they count only where this call starts the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Holders of the lock that died are noticed after this time, in milliseconds. */
const STALE = 5000;

/**
 * Starts the project's own Postgres, or joins the one that another command has started.
 * Every user keeps one idle session open from here to `stop`, by which the others know that the server is in use, and which ends by itself
 * when its process is killed.
 * @param folder `<project>/.dbl/pg`, absolute
 */
export async function startEmbedded(folder: string, options: EmbeddedOptions = {}): Promise<Result<EmbeddedServer>> {
  try {
    mkdirSync(folder, { recursive: true });
    const area = areaOf(realpathSync(folder));
    const binaries = await findBinaries(area.links);
    if (!isGood(binaries)) return failed(...binaries.diagnostics);
    const user = chooseUser(area.folder, [area.folder, path.dirname(binaries.value.postgres)]);
    if (!isGood(user)) return failed(...user.diagnostics);
    giveTo(user.value, area.folder);
    return await underLock(area, () => join(area, binaries.value, user.value, options.settings ?? {}));
  } catch (failure) {
    return failed(folderFailure(failure, folder));
  }
}

async function join(area: Area, binaries: Binaries, user: ServerUser, settings: Readonly<Record<string, string>>): Promise<Result<EmbeddedServer>> {
  const wrong = await prepareData(area, binaries, user);
  if (wrong !== undefined) return failed(wrong);
  const password = readFileSync(area.password, 'utf8');
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const running = readPostmaster(area);
    if (running !== undefined && isAlive(running.pid)) {
      const address = addressOf(running, password);
      const guard = await openGuard(area, address);
      if (guard !== undefined) return ok(embeddedServer(area, binaries, address, guard));
      await sleep(100);
    }
    const started = await launch(area, binaries, user, settings);
    if (started !== 'again' && 'code' in started) return failed(started);
  }
  return failed(error('DBL2031', `the embedded Postgres starts but does not answer`, undefined, { hint: `Its log is ${area.log}.` }));
}

function addressOf({ port }: Postmaster, password: string): ServerAddress {
  return { host: '127.0.0.1', port, user: ROLE, password, database: ROLE, ssl: false };
}

/** A session on our server; undefined where something else answers at the port, or nothing. */
async function openGuard(area: Area, address: ServerAddress): Promise<Session | undefined> {
  const options = { applicationName: 'dbl: keeps the embedded server' };
  let opened = await connect(address, options);
  if (opened.diagnostics[0]?.code === 'DBL2006') {
    const first = await connect({ ...address, database: 'postgres' }, options);
    await first.value?.query(`CREATE DATABASE ${ROLE}`);
    await first.value?.end();
    opened = await connect(address, options);
  }
  const session = opened.value;
  if (session === undefined) return undefined;
  const { rows } = await session.query('SHOW data_directory');
  const itsFolder = rows[0]?.['data_directory'];
  if (typeof itsFolder === 'string' && path.resolve(itsFolder) === area.data) return session;
  await session.end();
  return undefined;
}

function embeddedServer(area: Area, binaries: Binaries, address: ServerAddress, guard: Session): EmbeddedServer {
  let stopped: Promise<void> | undefined;
  const leave = async () => {
    const left = await underLock(area, async () => {
      const running = readPostmaster(area);
      const needed = await isNeeded(guard);
      await guard.end();
      if (!needed && running !== undefined && running.port === address.port) await shutDown(area, binaries, running);
      return ok(undefined);
    });
    if (left.diagnostics.length > 0) await guard.end();
  };
  return { address, stop: () => (stopped ??= leave()) };
}

/**
 * Whether anybody else is connected. Our own sessions that were ended a moment ago may still be listed, so it asks for half a second.
 * A lost guard means that the server has gone down already, or is going.
 */
async function isNeeded(guard: Session): Promise<boolean> {
  const others = `SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1`;
  try {
    for (const deadline = Date.now() + 500; ; await sleep(25)) {
      const { rowCount } = await guard.query(others);
      if (rowCount === 0) return false;
      if (Date.now() > deadline) return true;
    }
  } catch (failure) {
    if (failure instanceof ConnectionLost) return true;
    throw failure;
  }
}

/**
 * One command at a time starts or stops the server. Postgres itself never lets two servers into one data folder, so even a lock that was
 * lost costs no data.
 */
async function underLock<T>(area: Area, work: () => Promise<Result<T>>): Promise<Result<T>> {
  const { default: lockfile } = await import('proper-lockfile');
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(area.folder, {
      lockfilePath: area.lock,
      stale: STALE,
      update: 1000,
      retries: { retries: 3000, factor: 1, minTimeout: 50, maxTimeout: 100, randomize: true },
      onCompromised: () => undefined,
    });
  } catch (failure) {
    if (!(failure instanceof Error && 'code' in failure && failure.code === 'ELOCKED')) throw failure;
    return failed(
      error('DBL2037', `another dbl has been starting or stopping the database in ${area.folder} for minutes`, undefined, { hint: 'See what that one is doing.' }),
    );
  }
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}
