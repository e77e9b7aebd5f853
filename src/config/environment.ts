import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { error, failed, ok, type Result } from '../diagnostics/index.js';

/** What a project sees as its environment: the real one over the project's `.env`. */
export interface Environment {
  readonly merged: Readonly<Record<string, string | undefined>>;
  /** What `.env` alone gives. */
  readonly own: Readonly<Record<string, string>>;
}

/** Reads `.env` of the project's folder, if it has one. */
export function readEnvironment(folder: string, env: NodeJS.ProcessEnv): Result<Environment> {
  let text: string;
  try {
    text = readFileSync(join(folder, '.env'), 'utf8');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return ok({ merged: env, own: {} });
    return failed(error('DBL1007', `".env" cannot be read (${code})`, '.env'));
  }
  const own: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(text))) {
    if (value !== undefined && env[name] === undefined) own[name] = value;
  }
  return ok({ merged: { ...own, ...env }, own });
}

/** Gives `.env`'s values to this process and its children, where nothing else is set: a configuration reads `process.env`. */
export function applyToProcess({ own }: Environment): void {
  for (const [name, value] of Object.entries(own)) process.env[name] ??= value;
}
