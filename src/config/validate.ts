import type { z } from 'zod';
import { didYouMean } from '../diagnostics/index.js';
import { type ConfigMistake, type ConfigPath, pathText } from './config-mistake.js';
import { allowedWords, configSchema, keys } from './config-schema.js';
import type { Config } from './define-config.js';
import { describeValue } from './describe-value.js';

type Issue = z.core.$ZodIssue;

/** One that stands in the file. */
type FormalMistake = ConfigMistake & { readonly at: { readonly path: ConfigPath } };

/** What the value is good for, and what is wrong with it. */
export interface Validated {
  /** The configuration without the values that are wrong, so that the rest can be checked further. */
  readonly config: Config;
  readonly mistakes: readonly FormalMistake[];
}

/** Checks form and types of what the configuration file exports; what the names in it mean is not looked at. */
export function validate(value: object): Validated {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return { config: parsed.data, mistakes: [] };
  const mistakes = new Map<string, FormalMistake>();
  for (const issue of parsed.error.issues) {
    // A number that is neither whole nor small enough is one mistake, the first of its path.
    for (const mistake of toMistakes(issue, [], value)) {
      const key = JSON.stringify(mistake.at.path);
      if (!mistakes.has(key)) mistakes.set(key, mistake);
    }
  }
  const found = [...mistakes.values()];
  const rest = configSchema.safeParse(without(value, new Set(mistakes.keys()), []));
  return { config: rest.data ?? {}, mistakes: found };
}

function toMistakes(issue: Issue, base: ConfigPath, root: object): readonly FormalMistake[] {
  const path = [...base, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, root));
  const value = valueAt(root, path);
  if (issue.code === 'invalid_union' && isObject(value)) {
    const option = meantOption(issue.errors, value);
    if (option !== undefined) return option.flatMap((nested) => toMistakes(nested, path, root));
  }
  const at = { path, part: 'value' } as const;
  const message = `"${pathText(path)}" must be ${issue.message}, not ${describeValue(value, path)}`;
  return [{ code: 'DBL1011', message, hint: valueHint(value, path), at }];
}

/** Of a union's options the one for objects; where there are two, `embedded` tells them apart. */
function meantOption(options: readonly (readonly Issue[])[], value: object): readonly Issue[] | undefined {
  const forObjects = options.filter((issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
  return 'embedded' in value ? forObjects.at(-1) : forObjects[0];
}

function unknownKey(path: ConfigPath, key: string, root: object): FormalMistake {
  const own = keysAt(path);
  const at = { path: [...path, key], part: 'key' } as const;
  if (own === keys.database) {
    // Either there is more than `embedded: true`, or it is not `true`.
    const shown = pathText(path);
    const { embedded } = Object(valueAt(root, path));
    if (key === 'embedded') {
      const message = `"${shown}.embedded" must be true, not ${describeValue(embedded, path)}`;
      return { code: 'DBL1011', message, hint: 'Write embedded(), or leave it out.', at: { ...at, part: 'value' } };
    }
    if (embedded === true) {
      return { code: 'DBL1010', message: `"${key}" stands beside "embedded" in "${shown}"`, hint: 'The embedded Postgres takes no settings.', at };
    }
  }
  const where = path.length === 0 ? 'the configuration' : `"${pathText(path)}"`;
  const hint = homeOf(key, path) ?? didYouMean(key, own) ?? `The keys are ${own.map((name) => `"${name}"`).join(', ')}.`;
  return { code: 'DBL1010', message: `unknown key "${key}" in ${where}`, hint, at };
}

/** The keys that the object at a path may have. */
function keysAt(path: ConfigPath): readonly string[] {
  if (path.length === 0) return keys.config;
  const last = path.at(-1);
  return last === 'ssl' ? keys.ssl : last === 'database' ? keys.database : keys.target;
}

/** Keys put at the top that belong one or two levels down. */
function homeOf(key: string, path: ConfigPath): string | undefined {
  if (path.length > 0) return undefined;
  if (keys.target.includes(key)) return `It belongs into a target: targets: { name: { ${key}: … } }.`;
  return keys.database.includes(key) ? `It belongs into "database": database: { ${key}: … }.` : undefined;
}

function valueHint(value: unknown, path: ConfigPath): string | undefined {
  if (typeof value === 'function' && value.name === 'embedded') return 'Call it: embedded().';
  return typeof value === 'string' ? didYouMean(value, allowedWords[pathText(path)] ?? []) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root;
  for (const key of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return value;
}

/** A copy without the values at `paths`, which are JSON texts of paths. */
function without(value: unknown, paths: ReadonlySet<string>, path: ConfigPath): unknown {
  if (Array.isArray(value)) {
    return value.filter((_, index) => !paths.has(JSON.stringify([...path, index])));
  }
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !paths.has(JSON.stringify([...path, key])));
  return Object.fromEntries(kept.map(([key, child]) => [key, without(child, paths, [...path, key])]));
}
