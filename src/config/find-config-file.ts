import { isUtf8 } from 'node:buffer';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { error, failed, ok, type Result, SourceFile } from '../diagnostics/index.js';
import { maskSecrets } from './mask-secrets.js';

const fileNames = ['dbluigi.config.ts', 'dbluigi.config.mjs', 'dbluigi.config.js'];
const extensions = ['.ts', '.mjs', '.js'];
/** `dbluigi.config.json` and the like: ignoring it would mean to work with defaults that nobody chose. */
const lookalike = /^dbluigi\.config(?:\.[a-z]+)?$/i;

/** A configuration file as it is on the disk, and as it may be shown. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** With stars in the place of passwords, at the same positions. */
  readonly source: SourceFile;
}

/**
 * Finds and reads the configuration file of a project; `{ file: undefined }` where the folder has none but is a project all the same.
 * @param configPath beats what the folder holds; relative to the working directory, as it comes from the command line
 */
export function findConfigFile(folder: string, configPath: string | undefined): Result<{ file: ConfigFile | undefined }> {
  if (configPath !== undefined) return readConfigFile(folder, resolve(configPath), configPath);
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (thrown) {
    const code = codeOf(thrown);
    const messages: Readonly<Record<string, string>> = {
      ENOENT: `there is no folder "${folder}"`,
      ENOTDIR: `"${folder}" is not a folder`,
    };
    const message = messages[code] ?? `the folder "${folder}" cannot be read (${code})`;
    return failed(error('DBL1003', message, undefined, { hint: 'Name the folder of a project with --project-dir.' }));
  }
  const names = new Set(entries.map(({ name }) => name));
  const found = fileNames.filter((name) => names.has(name));
  const [first] = found;
  if (first === undefined) return withoutFile(folder, entries);
  if (found.length > 1) {
    const message = `the project has several configuration files: ${found.map((name) => `"${name}"`).join(' and ')}`;
    return failed(error('DBL1002', message, first, { hint: 'Keep one of them, or name one with --config.' }));
  }
  return readConfigFile(folder, join(folder, first), first);
}

function withoutFile(folder: string, entries: readonly Dirent[]): Result<{ file: undefined }> {
  const similar = entries.find(({ name }) => lookalike.test(name));
  if (similar !== undefined) {
    const hint = 'Name it dbluigi.config.ts, dbluigi.config.mjs or dbluigi.config.js.';
    return failed(error('DBL1003', `"${similar.name}" is not a name that dbl reads`, similar.name, { hint }));
  }
  if (entries.some((entry) => entry.name === 'models' && !entry.isFile())) return ok({ file: undefined });
  const above = projectAbove(folder);
  const hint =
    above === undefined
      ? 'Run "dbl init" to start a project here, or name the folder of one with --project-dir.'
      : `There is a project in ${above}: go there, or name it with --project-dir.`;
  return failed(error('DBL1001', `no dbluigi.config.ts in ${folder}`, undefined, { hint }));
}

function projectAbove(folder: string): string | undefined {
  for (let at = dirname(folder), below = folder; at !== below; below = at, at = dirname(at)) {
    try {
      if (readdirSync(at).some((name) => fileNames.includes(name))) return at;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function readConfigFile(folder: string, path: string, shown: string): Result<{ file: ConfigFile }> {
  if (!extensions.includes(extname(path))) {
    const hint = 'It is a module whose name ends in .ts, .mjs or .js.';
    return failed(error('DBL1003', `"${shown}" is not a configuration file`, undefined, { hint }));
  }
  try {
    if (!isUtf8(readFileSync(path))) return failed(error('DBL1003', `"${shown}" is not valid UTF-8`, undefined, { hint: 'Save it as UTF-8.' }));
    return ok({ file: readSource(folder, path) });
  } catch (thrown) {
    const code = codeOf(thrown);
    const messages: Readonly<Record<string, string>> = {
      ENOENT: `there is no configuration file "${shown}"`,
      EISDIR: `"${shown}" is a folder`,
    };
    return failed(error('DBL1003', messages[code] ?? `"${shown}" cannot be read (${code})`));
  }
}

/** Reads a configuration file or a module that one imports. */
export function readSource(folder: string, path: string): ConfigFile {
  const { text } = new SourceFile(path, readFileSync(path, 'utf8'));
  const shownPath = relative(folder, path).split(sep).join('/');
  return { path, text, source: new SourceFile(shownPath, maskSecrets(text)) };
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown) return String(thrown.code);
  throw thrown;
}
