import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, error } from '../diagnostics/index.js';

/**
 * Writes `.dbl/compiled/` and `.dbl/manifest.json` below the project's folder. Files that say the same already are left alone,
 * so that whoever watches them sees only what changed; files of models that are gone are removed.
 * @param files text by path, relative to `.dbl/compiled`: `<schema>/<table>.sql`
 */
export function writeCompiled(folder: string, files: ReadonlyMap<string, string>, manifest: unknown): Diagnostic[] {
  const base = path.join(folder, '.dbl');
  const compiled = path.join(base, 'compiled');
  try {
    mkdirSync(compiled, { recursive: true });
    for (const directory of new Set([...files.keys()].map((file) => path.dirname(file)))) {
      mkdirSync(path.join(compiled, directory), { recursive: true });
    }
    for (const [file, text] of files) writeIfChanged(path.join(compiled, file), text);
    removeStale(compiled, files);
    writeIfChanged(path.join(base, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return [];
  } catch (problem) {
    const reason = problem instanceof Error ? problem.message : String(problem);
    return [error('DBL1720', `cannot write below ".dbl": ${reason}`)];
  }
}

function writeIfChanged(file: string, text: string): void {
  let before: string | undefined;
  try {
    before = readFileSync(file, 'utf8');
  } catch {
    // Not there yet; if it is there and cannot be read, writing will say why.
  }
  if (before !== text) writeFileSync(file, text);
}

function removeStale(compiled: string, files: ReadonlyMap<string, string>): void {
  // Some file systems give names back in another normal form than they were written in.
  const wanted = new Set([...files.keys()].map((file) => file.normalize()));
  for (const directory of readdirSync(compiled, { withFileTypes: true })) {
    if (!directory.isDirectory()) continue;
    const inside = readdirSync(path.join(compiled, directory.name));
    const stale = inside.filter((name) => name.endsWith('.sql') && !wanted.has(`${directory.name}/${name}`.normalize()));
    for (const name of stale) rmSync(path.join(compiled, directory.name, name));
    if (stale.length === inside.length) rmdirSync(path.join(compiled, directory.name));
  }
}
