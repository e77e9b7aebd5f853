import { type Diagnostic, error } from '../../diagnostics/index.js';

/** The way out where no embedded server can be had. */
export const OWN_SERVER = 'Name a server of your own in DBL_DATABASE_URL.';

const missingLibrary = /error while loading shared libraries: ([^:\s]+)|Library not loaded: (\S+)/;
const incompatible = /initialized by PostgreSQL version (\S+?),/;
const diskFull = /No space left on device|Disk quota exceeded|Check free disk space/;
const launcherFailed = /^setpriv: .*/m;
const logPrefix = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] /;

/** initdb failed, or Postgres ended before it was ready. `output` is what it printed. */
export function startFailure(output: string, folder: string, program: 'initdb' | 'postgres'): Diagnostic {
  const library = missingLibrary.exec(output);
  if (library !== null) {
    return error('DBL2033', `the embedded Postgres needs the library "${library[1] ?? library[2]}", which this system lacks`, undefined, {
      hint: `Install it with the system's package manager. ${OWN_SERVER}`,
    });
  }
  if (diskFull.test(output)) return noSpace(folder);
  const version = incompatible.exec(output)?.[1];
  if (version !== undefined) return otherMajor(folder, version, undefined);
  const launcher = launcherFailed.exec(output)?.[0];
  if (launcher !== undefined) {
    return error('DBL2036', `Postgres does not run as root, and another user cannot be put in its place: ${launcher}`, undefined, {
      hint: `Run dbl as an ordinary user. ${OWN_SERVER}`,
    });
  }
  const lines = lastLines(output);
  const what = program === 'initdb' ? 'the embedded database could not be made' : 'the embedded Postgres did not start';
  return error('DBL2031', lines === '' ? `${what}, and it is not said why` : `${what}:\n${lines}`, undefined, {
    hint: program === 'initdb' ? OWN_SERVER : `Its log is ${folder}/log. To begin anew, delete ${folder}; the tables in it are lost.`,
  });
}

function noSpace(folder: string): Diagnostic {
  return error('DBL2032', `the disk that holds ${folder} is full`, undefined, {
    hint: 'Make room: a new embedded database needs about 50 MB, and as much as 4 GB more while it works hard.',
  });
}

/** @param ours the major version that would have to read the folder, where it is known */
export function otherMajor(folder: string, version: string, ours: string | undefined): Diagnostic {
  const needs = ours === undefined ? '' : `, and this dbl brings Postgres ${ours}`;
  return error('DBL2034', `the database in ${folder} was made by Postgres ${version}${needs}`, undefined, {
    hint: `Use the release of dbl that made it, or delete ${folder} and build anew.`,
  });
}

/** A program could not even be started. */
export function spawnFailure(failure: NodeJS.ErrnoException, program: string): Diagnostic {
  if (failure.code === 'ENOENT') {
    // The file is there: what is missing is its loader, on Alpine say.
    return error('DBL2033', 'the embedded Postgres needs the C library glibc, which this system lacks', undefined, { hint: OWN_SERVER });
  }
  return error('DBL2031', `the system refuses to start ${program} (${failure.code ?? failure.message})`, undefined, { hint: OWN_SERVER });
}

/** The system refused something about the folder itself. Anything that is no system error is our bug, and thrown on. */
export function folderFailure(failure: unknown, folder: string): Diagnostic {
  if (!(failure instanceof Error && 'code' in failure && 'syscall' in failure)) throw failure;
  if (failure.code === 'ENOSPC' || failure.code === 'EDQUOT') return noSpace(folder);
  if (failure.code === 'EEXIST' || failure.code === 'ENOTDIR') {
    return error('DBL2035', `the folder ${folder} cannot be made: a file stands in its place`, undefined, {
      hint: `Move it away. ${OWN_SERVER}`,
    });
  }
  return error('DBL2035', `the folder ${folder} cannot be used: ${failure.message}`, undefined, {
    hint: `Make it writable for this user, or delete it. ${OWN_SERVER}`,
  });
}

function lastLines(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-5)
    .map((line) => `  ${line.replace(logPrefix, '')}`)
    .join('\n');
}
