import type { Command } from 'commander';
import { type Diagnostic, SourceFile, error, nearest } from '../diagnostics/index.js';
import { jsonMistake } from './json-mistake.js';

/** What every command understands. */
export interface Settings {
  /** As typed; undefined: the current folder. */
  readonly projectDir: string | undefined;
  readonly config: string | undefined;
  readonly target: string | undefined;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly logFormat: 'text' | 'json';
  readonly color: boolean;
  readonly quiet: boolean;
}

export function addGlobalOptions(program: Command): void {
  program
    .option('--project-dir <folder>', 'the folder of the project (default: the current one)')
    .option('--config <file>', 'the configuration (default: dbluigi.config.ts, .js or .mjs in that folder)')
    .option('--target <name>', 'the target to work on (or DBL_TARGET; default: the configuration says)')
    .option('--vars <json>', "variables for templates, like '{\"year\": 2024}'")
    .option('--log-format <format>', 'text, or json: one object a line on standard output (default: text)')
    .option('--no-color', 'no colours (or NO_COLOR)')
    .option('--quiet', 'show only what went wrong, and the verdict');
}

/** Options that are followed by a value: what stands after one of these is not the name of the command. */
export const globalOptionsWithValue: ReadonlySet<string> = new Set([
  '--project-dir',
  '--config',
  '--target',
  '--vars',
  '--log-format',
]);

/** How many tables may be built at the same time. */
export const threadRange = { min: 1, max: 256 } as const;

/** Options whose values are whole numbers, and the numbers they take. */
const ranges: Readonly<Record<string, { readonly flag: string; readonly min: number; readonly max: number }>> = {
  threads: { flag: '--threads', ...threadRange },
  limit: { flag: '--limit', min: 0, max: Number.MAX_SAFE_INTEGER },
};

/** Checks the values of all options; `values` is what commander made of them. */
export function readSettings(values: Readonly<Record<string, unknown>>): {
  readonly settings: Settings;
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const keep = (diagnostic: Diagnostic | undefined): void => {
    if (diagnostic !== undefined) diagnostics.push(diagnostic);
  };
  keep(oneOf('--log-format', text('logFormat'), ['text', 'json']));
  keep(oneOf('--output', text('output'), ['text', 'json']));
  for (const name of ['projectDir', 'config', 'target'] as const) keep(notEmpty(name, text(name)));
  for (const [name, { flag, max, min }] of Object.entries(ranges)) keep(wholeNumber(flag, text(name), min, max));
  const vars = readVars(text('vars'));
  if (vars.diagnostic !== undefined) diagnostics.push(vars.diagnostic);
  const settings: Settings = {
    projectDir: text('projectDir'),
    config: text('config'),
    target: text('target'),
    vars: vars.value,
    logFormat: text('logFormat') === 'json' ? 'json' : 'text',
    color: values['color'] !== false,
    quiet: values['quiet'] === true,
  };
  return { settings, diagnostics };
}

/** A diagnostic where `value`, which `name` gives (an option, an environment variable), is no whole number from `min` to `max`. */
export function wholeNumber(name: string, value: string | undefined, min: number, max: number): Diagnostic | undefined {
  if (value === undefined || (/^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max)) return undefined;
  const wanted = max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`;
  return error('DBL1705', `${name} is ${quoted(value)}, which is not ${wanted}`);
}

function oneOf(flag: string, value: string | undefined, allowed: readonly string[]): Diagnostic | undefined {
  if (value === undefined || allowed.includes(value)) return undefined;
  const [near] = nearest(value, allowed);
  const hint = near === undefined ? `It is ${allowed.map((one) => `"${one}"`).join(' or ')}.` : `Did you mean "${near}"?`;
  return error('DBL1705', `${flag} cannot be ${quoted(value)}`, undefined, { hint });
}

function notEmpty(name: string, value: string | undefined): Diagnostic | undefined {
  if (value !== '') return undefined;
  const flag = name === 'projectDir' ? '--project-dir' : `--${name}`;
  return error('DBL1705', `${flag} is empty`, undefined, { hint: `Leave ${flag} out, or give it a value.` });
}

function readVars(text: string | undefined): {
  readonly value: Readonly<Record<string, unknown>>;
  readonly diagnostic?: Diagnostic;
} {
  if (text === undefined) return { value: {} };
  const file = new SourceFile('--vars', text);
  const hint = `Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.`;
  const mistake = jsonMistake(text);
  if (mistake !== undefined) {
    return {
      value: {},
      diagnostic: error('DBL1706', `--vars is not JSON: ${mistake.message}`, file.place(mistake.offset, mistake.end), { hint }),
    };
  }
  const value: unknown = JSON.parse(text);
  if (value instanceof Object && !Array.isArray(value)) return { value: Object.fromEntries(Object.entries(value)) };
  return { value: {}, diagnostic: error('DBL1706', '--vars is not a JSON object', file.place(0, text.length), { hint }) };
}

function quoted(value: string): string {
  return JSON.stringify(value);
}
