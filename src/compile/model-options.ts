import { didYouMean, type Diagnostic, error } from '../diagnostics/index.js';
import type { ModelProperties } from '../project/index.js';
import { TemplateMistake, TemplateMistakes } from '../template/index.js';
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

/** What the options of dbt are in dbl. */
const counterparts: ReadonlyMap<string, string> = new Map([
  ['alias', 'The name of the file gives the name of the table.'],
  ['enabled', 'To leave a model out, move its file out of "models".'],
  ['incremental_strategy', 'Every build makes the table anew: take it out.'],
  ['on_schema_change', 'Every build makes the table anew: take it out.'],
  ['post_hook', 'dbl runs no hooks; grants and views on a table survive its replacement.'],
  ['pre_hook', 'dbl runs no hooks; grants and views on a table survive its replacement.'],
  ['schema', 'The name of the file gives the schema.'],
  ['unique_key', 'Every build makes the table anew: take it out.'],
]);

/** What the ways of dbt to build a model are in dbl. */
const materializations: ReadonlyMap<string, string> = new Map([
  ['ephemeral', 'Write "view".'],
  ['incremental', 'Every build makes the table anew: write "table".'],
  ['materialized_view', 'Write "table".'],
]);

/** @throws TemplateMistakes for the options of a `config()` call that are wrong */
export function checkModelConfig(options: Readonly<Record<string, unknown>>): void {
  checkAll(options, modelReaders, 'a model');
}

/** @throws TemplateMistakes for the options of a `config()` call that are wrong */
export function checkTestConfig(options: Readonly<Record<string, unknown>>): void {
  checkAll(options, testReaders, 'a test');
}

/** Joins what the template says with what the properties say; the template's own options beat them, tags add up. */
export function modelOptions(
  template: Readonly<Record<string, unknown>>,
  properties: ModelProperties | undefined,
  file: string,
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
  const materialized = read('materialized') === 'view' ? 'view' : 'table';
  const indexes = (read('indexes') as readonly ModelIndex[] | undefined) ?? [];
  if (materialized === 'view' && indexes.length > 0) {
    const at = template['indexes'] === undefined ? properties?.config['indexes']?.at : undefined;
    diagnostics.push(error('DBL1256', 'a view has no indexes', at ?? file, { hint: 'Take "indexes" out, or make the model a table.' }));
  }
  return {
    options: { materialized, tags: [...new Set(tags)].toSorted(), indexes },
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
  const mistakes = Object.entries(options).flatMap(([name, value]) => {
    const mistake = check(name, value, readers, subject);
    if (mistake === undefined) return [];
    return new TemplateMistake('DBL1256', mistake.message, mistake.hint, { name, part: mistake.part });
  });
  if (mistakes.length > 0) throw new TemplateMistakes(mistakes);
}

interface OptionMistake {
  readonly message: string;
  readonly hint: string | undefined;
  /** What is to be marked. */
  readonly part: 'name' | 'value';
}

function check(
  name: string,
  value: unknown,
  readers: Readonly<Record<string, Reader>>,
  subject: string,
): OptionMistake | undefined {
  const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (reader === undefined) {
    const known = Object.keys(readers);
    const hint = counterparts.get(name) ?? didYouMean(name, known) ?? `The options are ${known.map((option) => `"${option}"`).join(', ')}.`;
    return { message: `${subject} has no option "${name}"`, hint, part: 'name' };
  }
  const result = reader(value);
  if ('value' in result) return undefined;
  const message = `"${name}" must be ${result.expected}, not ${JSON.stringify(value)}`;
  return { message, hint: typeof value === 'string' ? valueHint(name, value, result.expected) : undefined, part: 'value' };
}

function valueHint(name: string, value: string, expected: string): string | undefined {
  return (name === 'materialized' ? materializations.get(value) : undefined) ?? didYouMean(value, quotedWords(expected));
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
