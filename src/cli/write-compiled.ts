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
    if (!readdirSync(base).includes('manifest.json') || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
    return [];
  } catch (problem) {
    const reason = problem instanceof Error ? problem.message : String(problem);
    return [error('DBL1720', `cannot write below ".dbl": ${reason}`)];
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
    if (!there.delete(name.normalize()) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  }
  const stale = [...there.values()].filter((name) => name.endsWith('.sql'));
  for (const name of stale) rmSync(path.join(folder, name));
  if (tables.size === 0 && stale.length === there.size) rmdirSync(folder);
}
