import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { loadConfig, type LoadConfigOptions, type LoadedConfig } from '../../../src/config/index.js';
import { type Diagnostic, type Result, sortDiagnostics, toRecord } from '../../../src/diagnostics/index.js';

const made: string[] = [];
const environment = { ...process.env };

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
});

/** A folder with these files, removed after the test. A path that ends in `/` is a folder. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'dbl-config-spec-')));
  made.push(folder);
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text);
  return folder;
}

export function write(path: string, text: string): void {
  mkdirSync(path.endsWith('/') ? path : dirname(path), { recursive: true });
  if (!path.endsWith('/')) writeFileSync(path, text);
}

/** Loads in an empty environment. */
export function load(folder: string, options: Partial<LoadConfigOptions> = {}): Promise<Result<LoadedConfig>> {
  return loadConfig({ projectDir: folder, env: {}, ...options });
}

/** The configuration, which must be without mistakes. */
export async function loaded(folder: string, options: Partial<LoadConfigOptions> = {}): Promise<LoadedConfig> {
  const { value, diagnostics } = await load(folder, options);
  if (value === undefined || diagnostics.length > 0) throw new Error(texts(diagnostics).join('\n'));
  return value;
}

/** `file:line:column-end code message / hint`, in the order in which users see them. */
export function texts(diagnostics: readonly Diagnostic[]): string[] {
  return sortDiagnostics(diagnostics).map((diagnostic) => {
    const { code, message, file, line, column, end_column: end, hint } = toRecord(diagnostic);
    const place = line === null ? (file ?? '-') : `${file}:${line}:${column}-${end}`;
    return `${place} ${code} ${message}${hint === null ? '' : ` / ${hint}`}`;
  });
}

/** What is said about a project whose configuration is this text. */
export async function mistakes(text: string, options: Partial<LoadConfigOptions> = {}): Promise<string[]> {
  const { value, diagnostics } = await load(project({ 'dbluigi.config.ts': text }), options);
  if (value !== undefined) throw new Error('the configuration was accepted');
  return texts(diagnostics);
}
