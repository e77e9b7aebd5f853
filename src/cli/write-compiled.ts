import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, error } from '../diagnostics/index.js';

/** SQL by schema and table, both as they can be names of files. */
export type CompiledFiles = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Writes `.dbl/compiled/<schema>/<table>.sql` and `.dbl/manifest.json` below the project's folder. Files that say the same
 * already are left alone, so that whoever watches them sees only what changed; files of models that are gone are removed.
 */
export function writeCompiled(folder: string, files: CompiledFiles, manifest: unknown): Diagnostic[] {
  const base = path.join(folder, '.dbl');
  const compiled = path.join(base, 'compiled');
  try {
    mkdirSync(compiled, { recursive: true });
    for (const schema of new Set([...files.keys(), ...foldersIn(compiled)])) {
      writeSchema(path.join(compiled, schema), files.get(schema) ?? new Map<string, string>());
    }
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    const file = path.join(base, 'manifest.json');
    if (!readdirSync(base).includes('manifest.json') || !holds(file, text)) writeFileSync(file, text);
    return [];
  } catch (problem) {
    return [unwritable(folder, problem)];
  }
}

const obstacles: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied (EACCES)'],
  ['EEXIST', 'a file is in its place'],
  ['EISDIR', 'a folder is in its place'],
  ['ENOSPC', 'the disk is full (ENOSPC)'],
  ['ENOTDIR', 'a file is in the place of its folder'],
  ['EROFS', 'the disk cannot be written (EROFS)'],
]);

/** @throws `problem` itself where it is no failed system call */
function unwritable(folder: string, problem: unknown): Diagnostic {
  if (!(problem instanceof Error) || !('code' in problem)) throw problem;
  const code = String(problem.code);
  const file = 'path' in problem ? path.relative(folder, String(problem.path)).split(path.sep).join('/') : '.dbl';
  const hint = /^E(?:EXIST|ISDIR|NOTDIR)$/.test(code) ? 'The folder ".dbl" is for what dbl makes: move out what else is there.' : undefined;
  return error('DBL1720', `cannot write "${file}": ${obstacles.get(code) ?? code}`, undefined, { hint });
}

/** False for what cannot be read, too: to write it will fail and say why. */
function holds(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8') === text;
  } catch {
    return false;
  }
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function writeSchema(folder: string, tables: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  // Listed once, for asking after thousands of files that are not there yet is slow. Some file systems give names back in
  // another normal form than they were written in.
  const there = new Map(readdirSync(folder).map((name) => [name.normalize(), name]));
  for (const [table, text] of tables) {
    const name = `${table}.sql`;
    const file = path.join(folder, name);
    if (!there.delete(name.normalize()) || !holds(file, text)) writeFileSync(file, text);
  }
  const stale = [...there.values()].filter((name) => name.endsWith('.sql'));
  for (const name of stale) rmSync(path.join(folder, name));
  if (tables.size === 0 && stale.length === there.size) rmdirSync(folder);
}
