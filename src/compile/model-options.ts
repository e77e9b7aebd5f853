import { didYouMean, type Diagnostic, error } from '../diagnostics/index.js';
import type { ModelProperties } from '../project/index.js';
import { TemplateMistake } from '../template/index.js';
import type { ModelIndex } from './compiled-project.js';

/** What `config()` and `config:` may say of a model, checked. */
export interface ModelOptions {
  readonly materialized: 'table' | 'view';
  readonly tags: readonly string[];
  readonly indexes: readonly ModelIndex[];
}

/** What `config()` may say in a file below `tests/`, checked. */
export interface TestOptions {
  readonly severity: 'error' | 'warn';
  readonly description: string | undefined;
  readonly tags: readonly string[];
}

/** Reads one option's value; returns what is expected where the value is wrong. */
type Reader = (value: unknown) => { readonly value: unknown } | { readonly expected: string };

const modelReaders: Readonly<Record<string, Reader>> = {
  materialized: oneOf('table', 'view'),
  tags: readTags,
  indexes: readIndexes,
};

const testReaders: Readonly<Record<string, Reader>> = {
  severity: oneOf('error', 'warn'),
  description: (value) => (typeof value === 'string' ? { value } : { expected: 'a text' }),
  tags: readTags,
};

/** @throws TemplateMistake for the first option of a `config()` call that is wrong */
export function checkModelConfig(options: Readonly<Record<string, unknown>>): void {
  checkAll(options, modelReaders, 'a model');
}

/** @throws TemplateMistake for the first option of a `config()` call that is wrong */
export function checkTestConfig(options: Readonly<Record<string, unknown>>): void {
  checkAll(options, testReaders, 'a test');
}

/** Joins what the template says with what the properties say; the template's own options beat them, tags add up. */
export function modelOptions(
  template: Readonly<Record<string, unknown>>,
  properties: ModelProperties | undefined,
): { readonly options: ModelOptions; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const given: Record<string, unknown> = {};
  for (const [name, { value, at }] of Object.entries(properties?.config ?? {})) {
    const mistake = check(name, value, modelReaders, 'a model');
    if (mistake === undefined) given[name] = value;
    else diagnostics.push(error('DBL1256', mistake.message, at, { hint: mistake.hint }));
  }
  const read = (name: string): unknown => {
    const value = template[name] ?? given[name];
    const result = value === undefined ? undefined : modelReaders[name]?.(value);
    return result !== undefined && 'value' in result ? result.value : undefined;
  };
  const tags = [readTags(given.tags), readTags(template.tags)].flatMap((result) => ('value' in result ? result.value : []));
  return {
    options: {
      materialized: read('materialized') === 'view' ? 'view' : 'table',
      tags: [...new Set(tags)].toSorted(),
      indexes: (read('indexes') as readonly ModelIndex[] | undefined) ?? [],
    },
    diagnostics,
  };
}

export function testOptions(template: Readonly<Record<string, unknown>>): TestOptions {
  const tags = readTags(template.tags);
  return {
    severity: template.severity === 'warn' ? 'warn' : 'error',
    description: typeof template.description === 'string' ? template.description : undefined,
    tags: 'value' in tags ? [...tags.value].toSorted() : [],
  };
}

function checkAll(
  options: Readonly<Record<string, unknown>>,
  readers: Readonly<Record<string, Reader>>,
  subject: string,
): void {
  for (const [name, value] of Object.entries(options)) {
    const mistake = check(name, value, readers, subject);
    if (mistake !== undefined) throw new TemplateMistake('DBL1256', mistake.message, mistake.hint);
  }
}

function check(
  name: string,
  value: unknown,
  readers: Readonly<Record<string, Reader>>,
  subject: string,
): { readonly message: string; readonly hint: string | undefined } | undefined {
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader === undefined) {
    const known = Object.keys(readers);
    return {
      message: `${subject} has no option "${name}"`,
      hint: didYouMean(name, known) ?? `The options are ${known.map((option) => `"${option}"`).join(', ')}.`,
    };
  }
  const result = reader(value);
  if ('value' in result) return undefined;
  const hint = typeof value === 'string' ? didYouMean(value, quotedWords(result.expected)) : undefined;
  return { message: `"${name}" must be ${result.expected}, not ${JSON.stringify(value)}`, hint };
}

function oneOf(...words: readonly string[]): Reader {
  const expected = words.map((word) => `"${word}"`).join(' or ');
  return (value) => (typeof value === 'string' && words.includes(value) ? { value } : { expected });
}

function quotedWords(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? '');
}

function readTags(value: unknown): { readonly value: readonly string[] } | { readonly expected: string } {
  if (value === undefined) return { value: [] };
  if (typeof value === 'string') return { value: [value] };
  if (Array.isArray(value) && value.every((tag) => typeof tag === 'string')) return { value };
  return { expected: 'a text or a list of texts' };
}

function readIndexes(value: unknown): { readonly value: readonly ModelIndex[] } | { readonly expected: string } {
  const expected = "a list such as [{columns: ['id'], unique: true, type: 'btree'}]";
  if (!Array.isArray(value)) return { expected };
  const indexes: ModelIndex[] = [];
  for (const entry of value as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null) return { expected };
    const { columns, unique = false, type = 'btree', ...others } = entry as Record<string, unknown>;
    const names = typeof columns === 'string' ? [columns] : columns;
    const right =
      Array.isArray(names) &&
      names.length > 0 &&
      names.every((name) => typeof name === 'string') &&
      typeof unique === 'boolean' &&
      typeof type === 'string' &&
      Object.keys(others).length === 0;
    if (!right) return { expected };
    indexes.push({ columns: names, unique, method: type });
  }
  return { value: indexes };
}
