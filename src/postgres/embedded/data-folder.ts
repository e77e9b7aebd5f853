import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, error } from '../../diagnostics/index.js';
import type { Binaries } from './binaries.js';
import { otherMajor, spawnFailure, startFailure } from './diagnostics.js';
import { type ServerUser, giveTo, spawnAs } from './server-user.js';

/** The one role and database of an embedded server. */
export const ROLE = 'dbl';

/** What is where in `.dbl/pg`. */
export interface Area {
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly log: string;
  readonly lock: string;
  readonly links: string;
}

export function areaOf(folder: string): Area {
  return {
    folder,
    data: path.join(folder, 'data'),
    password: path.join(folder, 'password'),
    log: path.join(folder, 'log'),
    lock: path.join(folder, 'lock'),
    links: path.join(folder, 'lib'),
  };
}

/**
 * Makes the data folder unless it is there. It is made under another name and renamed when it is whole, so that a crash leaves nothing that
 * could be taken for a database. The caller holds the lock. Returns what is wrong, if anything is.
 */
export async function prepareData(area: Area, binaries: Binaries, user: ServerUser): Promise<Diagnostic | undefined> {
  for (const name of readdirSync(area.folder)) {
    if (name.startsWith('data.new-')) rmSync(path.join(area.folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  if (existsSync(area.data)) {
    const version = majorOf(area.data);
    if (version === undefined || !existsSync(area.password)) {
      return error('DBL2035', `the database in ${area.folder} is not whole: ${version === undefined ? 'data/PG_VERSION' : 'password'} is missing`, undefined, {
        hint: `Delete ${area.folder} and build anew.`,
      });
    }
    return version === binaries.major ? undefined : otherMajor(area.folder, version, binaries.major);
  }
  const password = randomBytes(24).toString('base64url');
  const fresh = path.join(area.folder, `data.new-${randomBytes(6).toString('hex')}`);
  const passwordFile = `${fresh}-password`;
  mkdirSync(fresh, { mode: 0o700 });
  giveTo(user, fresh);
  writePassword(passwordFile, password, user);
  const failure = await runInitdb(area, binaries, user, fresh, passwordFile);
  if (failure !== undefined) {
    for (const leftover of [fresh, passwordFile]) rmSync(leftover, { recursive: true, force: true });
    return failure;
  }
  renameSync(passwordFile, area.password);
  renameSync(fresh, area.data);
  return undefined;
}

function majorOf(data: string): string | undefined {
  const file = path.join(data, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function writePassword(file: string, password: string, user: ServerUser): void {
  writeFileSync(file, password, { mode: 0o600 });
  chmodSync(file, 0o600);
  giveTo(user, file);
}

function runInitdb(area: Area, binaries: Binaries, user: ServerUser, fresh: string, passwordFile: string): Promise<Diagnostic | undefined> {
  const args = [
    `--pgdata=${fresh}`,
    `--username=${ROLE}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same order of strings on every machine, and upper() and lower() that know all of Unicode.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
  const [command, commandArgs, options] = spawnAs(user, binaries.initdb, args);
  return new Promise((resolve) => {
    // Out of reach of the terminal's Ctrl-C: whether to go on is ours to decide.
    const child = spawn(command, commandArgs, { ...options, env: childEnvironment(binaries), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (failure) => resolve(spawnFailure(failure, binaries.initdb)));
    child.on('close', (code) => resolve(code === 0 ? undefined : startFailure(output, area.folder, 'initdb')));
  });
}

/** Nothing of ours that Postgres would obey (`PG*`), or that should not live on in a server's environment (secrets). */
export function childEnvironment(binaries: Binaries): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C' };
  for (const name of ['PATH', 'TZ', 'TMPDIR', 'TEMP', 'SystemRoot']) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }
  if (binaries.libraryPath !== undefined) {
    env[process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'] = binaries.libraryPath;
  }
  return env;
}
