import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Diagnostic, error, failed, isGood, ok, type Place, type Result } from '../diagnostics/index.js';
import { cachedBundle, type ModuleFile } from './bundle-cache.js';
import { toDiagnostics } from './config-mistake.js';
import { describeValue } from './describe-value.js';
import type { ConfigFile } from './find-config-file.js';
import { maskSecrets } from './mask-secrets.js';
import { readAll, runUserCode } from './user-code.js';

let evaluations = 0;

/** Runs a configuration file and gives what it exports by default. It is run again each time, for `process.env` may be another. */
export async function evaluateConfig(folder: string, file: ConfigFile): Promise<Result<object>> {
  const bundled = await cachedBundle(folder, file);
  if (!isGood(bundled)) return bundled;
  const module = bundled.value;
  evaluations += 1;
  try {
    const exported = await runUserCode(() => defaultExport(`${pathToFileURL(module.path).href}?${evaluations}`));
    return await checkExport(exported?.value, exported !== undefined, file);
  } catch (thrown) {
    return failed(await failure(thrown, module, folder, file));
  } finally {
    module.dispose();
  }
}

async function defaultExport(module: string): Promise<{ readonly value: unknown } | undefined> {
  const namespace: { readonly default?: unknown } = await import(module);
  if (!('default' in namespace)) return undefined;
  const value = await namespace.default;
  readAll(value);
  return { value };
}

async function checkExport(value: unknown, exported: boolean, file: ConfigFile): Promise<Result<object>> {
  const hint = 'Write "export default defineConfig({ … })".';
  if (!exported) return failed(error('DBL1006', 'the configuration file has no default export', file.source.path, { hint }));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return ok(value);
  const message = `the configuration must be an object, not ${describeValue(value, [])}`;
  const at = { path: [], part: 'value' } as const;
  return failed(...(await toDiagnostics([{ code: 'DBL1006', message, hint, at }], file)));
}

const missingPackage = /^Cannot find package '([^']+)'/;

async function failure(thrown: unknown, module: ModuleFile, folder: string, file: ConfigFile): Promise<Diagnostic> {
  const { text, stack } = wordsOf(thrown);
  const missing = missingPackage.exec(text)?.[1];
  if (missing !== undefined) {
    const hint = `Install it in the project: npm install ${missing}`;
    return error('DBL1005', `the package "${missing}" is not installed`, importOf(missing, file), { hint });
  }
  const message = `the configuration file fails: ${maskSecrets(text)}`;
  const { originOf } = await import('./stack-origin.js');
  const bundle = { ...module, text: readFileSync(module.path, 'utf8') };
  return error('DBL1005', message, originOf(stack, bundle, folder, file) ?? file.source.path);
}

/** Anything can be thrown, even what throws when it is looked at. */
function wordsOf(thrown: unknown): { readonly text: string; readonly stack: string } {
  try {
    if (thrown instanceof Error) return { text: thrown.message, stack: thrown.stack ?? '' };
    return { text: typeof thrown === 'string' ? thrown : describeValue(thrown, []), stack: '' };
  } catch {
    return { text: 'what it throws cannot be shown', stack: '' };
  }
}

/** Where the file names a package in quotes; the file as a whole where a module that it imports does. */
function importOf(name: string, { text, source }: ConfigFile): Place | string {
  for (const [before, after] of [`''`, `""`, `'/`, `"/`]) {
    const at = text.indexOf(`${before}${name}${after}`);
    if (at >= 0) return source.place(at + 1, at + 1 + name.length);
  }
  return source.path;
}
