import { type SpawnOptions, spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Result, error, failed, ok } from '../../diagnostics/index.js';
import { OWN_SERVER } from './diagnostics.js';

/**
 * Whom Postgres's programs run as. Postgres refuses to run as root, so root hands over to somebody else: the owner of the data where
 * there are some, the owner of the project, the user `postgres`, or `nobody`.
 */
export type ServerUser =
  | { readonly kind: 'ourselves' }
  | { readonly kind: 'other'; readonly uid: number; readonly gid: number; readonly command: readonly string[] };

/**
 * @param folder the data area, `<project>/.dbl/pg`
 * @param needed folders that the user must be able to reach
 */
export function chooseUser(folder: string, needed: readonly string[]): Result<ServerUser> {
  const ourselves = process.getuid?.();
  if (ourselves === undefined) return ok({ kind: 'ourselves' });
  const owner = ownerOf(path.join(folder, 'data'));
  if (ourselves !== 0) {
    if (owner === undefined || owner.uid === ourselves) return ok({ kind: 'ourselves' });
    return failed(
      error('DBL2035', `the database in ${folder} belongs to another user (uid ${owner.uid})`, undefined, {
        hint: `Run dbl as that user, or delete ${folder} and build anew.`,
      }),
    );
  }
  const user = [owner, ownerOf(path.resolve(folder, '../..')), named('postgres'), named('nobody')].find((found) => found !== undefined && found.uid !== 0);
  if (user === undefined) {
    return failed(error('DBL2036', 'Postgres does not run as root, and there is no user "postgres" or "nobody" to run it as', undefined, { hint: OWN_SERVER }));
  }
  const closed = needed.find((place) => !canEnter(place, user));
  if (closed === undefined) return ok({ kind: 'other', ...user, command: [] });
  const command = passingCommand(user);
  if (command !== undefined) return ok({ kind: 'other', ...user, command });
  return failed(
    error('DBL2036', `Postgres does not run as root, and the user that it would run as (uid ${user.uid}) cannot enter ${closed}`, undefined, {
      hint: `Install setpriv (package util-linux), move the project out of a private folder, or run dbl as an ordinary user. ${OWN_SERVER}`,
    }),
  );
}

/** How to spawn a program as the user: the command line, and the options for `spawn`. */
export function spawnAs(user: ServerUser, program: string, args: readonly string[]): readonly [string, readonly string[], SpawnOptions] {
  // The current folder may be closed to the user.
  if (user.kind === 'ourselves') return [program, args, { cwd: '/' }];
  const [command, ...rest] = [...user.command, program, ...args];
  return [command ?? program, rest, user.command.length > 0 ? { cwd: '/' } : { cwd: '/', uid: user.uid, gid: user.gid }];
}

export function giveTo(user: ServerUser, file: string): void {
  if (user.kind === 'other') chownSync(file, user.uid, user.gid);
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

function ownerOf(file: string): Ids | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : { uid: found.uid, gid: found.gid };
}

function named(name: string): Ids | undefined {
  if (!existsSync('/etc/passwd')) return undefined;
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

function canEnter(place: string, { uid, gid }: Ids): boolean {
  for (let folder = place; ; folder = path.dirname(folder)) {
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found !== undefined) {
      const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
      if ((found.mode & bit) === 0) return false;
    }
    if (folder === path.dirname(folder)) return true;
  }
}

/**
 * The user, with one capability of root's kept: to pass folders that are closed to it (a project below /root). Containers have that
 * capability too, where user namespaces and mounts are forbidden. Undefined where the system cannot do this.
 */
function passingCommand({ uid, gid }: Ids): readonly string[] | undefined {
  const command = [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    // Else access(2), by which Postgres looks for its programs, would leave the capability out.
    '--securebits=+no_setuid_fixup',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
  ];
  const [program = '', ...args] = command;
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0 ? command : undefined;
}
