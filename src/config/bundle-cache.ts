import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failed, isGood, ok, type Result } from '../diagnostics/index.js';
import { contentHash } from './content-hash.js';
import type { Bundle } from './bundle.js';
import type { ConfigFile } from './find-config-file.js';

/** To be changed with anything that changes what a bundle holds. */
const cacheFormat = 1;
/** The last line of a cached bundle: the hash of all before it, so that a file cut off or not ours is seen, and the inputs. */
const trailer = '\n//# dbl ';
const mostCached = 10;

/** A module that can be imported; `dispose` is called when that is done. */
export interface ModuleFile {
  readonly path: string;
  /** The folder that paths in its source map are relative to. */
  readonly mapFolder: string;
  dispose(): void;
}

/**
 * The configuration as one JavaScript module in `.dbl/cache`. Bundling costs a tenth of a second and is done again only when
 * a file that went into it has another content. Any number of processes may do so at once.
 */
export async function cachedBundle(folder: string, file: ConfigFile): Promise<Result<ModuleFile>> {
  const cache = join(folder, '.dbl', 'cache');
  const dbluigi = configModule();
  const key = contentHash(JSON.stringify([cacheFormat, file.path, dbluigi, file.text]));
  const path = join(cache, `config-${key.slice(0, 32)}.mjs`);
  const cached = { path, mapFolder: cache, dispose: () => {} };
  if (isFresh(path)) return ok(cached);
  const { bundle } = await import('./bundle.js');
  const made = await bundle({ folder, file, dbluigi, outfile: path });
  if (!isGood(made)) return failed(...made.diagnostics);
  const text = withTrailer(made.value);
  return ok(store(cache, path, text) ? cached : temporary(text, cache));
}

/** `defineConfig` and `embedded` of this very dbl, compiled or, in its own tests, not. */
function configModule(): string {
  const compiled = fileURLToPath(new URL('./define-config.js', import.meta.url));
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');
}

function withTrailer({ code, inputs }: Bundle): string {
  const list = JSON.stringify(inputs);
  return `${code}${trailer}${contentHash(code + list)} ${list}\n`;
}

function isFresh(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8');
    const end = text.lastIndexOf(trailer);
    const hashStart = end + trailer.length;
    const hashEnd = text.indexOf(' ', hashStart);
    const list = text.slice(hashEnd + 1, -1);
    if (end < 0 || contentHash(text.slice(0, end) + list) !== text.slice(hashStart, hashEnd)) return false;
    const inputs: Bundle['inputs'] = JSON.parse(list);
    return Object.entries(inputs).every(([input, hash]) => contentHash(readFileSync(input)) === hash);
  } catch {
    // Not there, or an input is gone: either way it is to be made.
    return false;
  }
}

/** Whole or not at all, whoever else writes; false where the folder cannot be written. */
function store(cache: string, path: string, text: string): boolean {
  const temporaryPath = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(cache, { recursive: true });
    forgetOld(cache);
    // It holds what the configuration holds: nobody else's to read, should that be a password.
    writeFileSync(temporaryPath, text, { mode: 0o600 });
    renameSync(temporaryPath, path);
    return true;
  } catch {
    if (existsSync(temporaryPath)) rmSync(temporaryPath);
    return false;
  }
}

/** Every edit of a configuration leaves a bundle behind, and a process killed while writing an unfinished one. */
function forgetOld(cache: string): void {
  const names = readdirSync(cache).filter((name) => name.startsWith('config-'));
  if (names.length <= mostCached) return;
  const age = (name: string): number => statSync(join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newestFirst = names.map((name) => ({ name, age: age(name) })).toSorted((a, b) => b.age - a.age);
  for (const { name } of newestFirst.slice(mostCached)) rmSync(join(cache, name), { force: true, recursive: true });
}

/** For a project on a disk that cannot be written; packages that the configuration imports are not found from there. */
function temporary(text: string, mapFolder: string): ModuleFile {
  const folder = mkdtempSync(join(tmpdir(), 'dbl-config-'));
  const path = join(folder, 'config.mjs');
  writeFileSync(path, text);
  return { path, mapFolder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
