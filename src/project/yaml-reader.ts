import { type Code, type Diagnostic, type Place, didYouMean, error, nearest, warning } from '../diagnostics/index.js';
import type { Docs } from './doc-blocks.js';
import type { Placed } from './project-files.js';
import { type YamlEntry, type YamlList, type YamlMap, type YamlScalar, type YamlValue, toPlain } from './yaml-tree.js';

/** The keys that a map may have. */
export interface Keys {
  readonly known: readonly string[];
  /** Keys that dbt reads and dbl does not: a warning. */
  readonly unused?: readonly string[];
  /** Keys that say nothing about the data, passed over in silence. */
  readonly ignored?: readonly string[];
}

/** Takes values out of a YAML tree, noting those that are not what they should be. An empty value is as good as none. */
export class YamlReader {
  readonly diagnostics: Diagnostic[];
  readonly #docs: Docs;

  constructor(docs: Docs, diagnostics: Diagnostic[]) {
    this.#docs = docs;
    this.diagnostics = diagnostics;
  }

  error(code: Code, message: string, at: Place, hint?: string): undefined {
    this.diagnostics.push(error(code, message, at, { hint }));
  }

  warning(code: Code, message: string, at: Place, hint?: string): undefined {
    this.diagnostics.push(warning(code, message, at, { hint }));
  }

  /** A map whose keys are checked; `what` names it in messages, with its article: `a model`. */
  map(value: YamlValue, what: string, keys: Keys): Fields | undefined {
    if (value.kind !== 'map') {
      // Where the name comes first, a text alone was meant to be it.
      const hint = value.kind === 'scalar' && !isEmpty(value) && keys.known[0] === 'name' ? `Write "name: ${value.source}".` : undefined;
      return this.#wrongType(value, what, 'a map', hint);
    }
    const misspelt = [...value.entries.values()].flatMap(({ key, keyAt }) => this.#checkKey(key, keyAt, what, keys));
    return new Fields(this, value, what, new Set(misspelt));
  }

  /** The keys that an unknown one probably stands for. */
  #checkKey(key: string, at: Place, what: string, { known, unused = [], ignored = [] }: Keys): readonly string[] {
    if (known.includes(key) || ignored.includes(key)) return [];
    if (unused.includes(key)) {
      this.warning('DBL1410', `dbl does not use "${key}"`, at);
      return [];
    }
    const list = `The keys are ${known.map((one) => `"${one}"`).join(', ')}.`;
    this.error('DBL1406', `unknown key "${key}" in ${what}`, at, didYouMean(key, known) ?? list);
    return nearest(key, known);
  }

  /** The items of a list; none where it is empty. */
  list(entry: YamlEntry | undefined): readonly YamlValue[] {
    if (entry === undefined || isEmpty(entry.value)) return [];
    if (entry.value.kind === 'list') return entry.value.items;
    this.#wrongType(entry.value, `"${entry.key}"`, 'a list');
    return [];
  }

  /** Undefined where the value is empty or no text. */
  text(value: YamlValue, what: string): YamlScalar | undefined {
    if (isEmpty(value)) return undefined;
    if (value.kind !== 'scalar') return this.#wrongType(value, what, 'a text');
    if (typeof value.value === 'string') return value;
    return this.error('DBL1407', `${what} must be a text, not ${describe(value)}`, value.at, `Put quotes around it: "${value.source}".`);
  }

  description(value: YamlValue): string | undefined {
    const scalar = this.text(value, '"description"');
    if (scalar === undefined) return undefined;
    const { file, start, end } = scalar.whole;
    let from = start;
    const place = (text: string): Place => {
      const at = file.text.indexOf(text, from);
      if (at < 0 || at + text.length > end) return scalar.at;
      from = at + text.length;
      return file.place(at, from);
    };
    return this.#docs.expand(scalar.source, place, this.diagnostics);
  }

  /** One text or a list of them. */
  texts(value: YamlValue, what: string): readonly string[] {
    const items = value.kind === 'list' ? value.items : [value];
    return items.flatMap((item) => this.text(item, what)?.source ?? []);
  }

  #wrongType(value: YamlValue, what: string, expected: string, hint?: string): undefined {
    const { file, start } = value.at;
    // A template without quotes, and an alias of nothing, have been reported as what they are.
    if ((value.kind === 'map' && file.text.startsWith('{{', start)) || (isEmpty(value) && file.text[start] === '*')) return undefined;
    return this.error('DBL1407', `${what} must be ${expected}, not ${describe(value)}`, value.at, hint);
  }
}

/** A map whose keys have been checked. */
export class Fields {
  readonly reader: YamlReader;
  readonly at: Place;
  readonly what: string;
  /** Keys that are missing because of a spelling mistake, which has been reported. */
  readonly misspelt: ReadonlySet<string>;
  readonly #entries: ReadonlyMap<string, YamlEntry>;

  constructor(reader: YamlReader, map: YamlMap, what: string, misspelt: ReadonlySet<string>) {
    this.misspelt = misspelt;
    this.reader = reader;
    this.at = map.at;
    this.what = what;
    this.#entries = map.entries;
  }

  /** The entry, where its value is not empty. */
  get(key: string): YamlEntry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || isEmpty(entry.value) ? undefined : entry;
  }

  /** The entry, though its value may be empty. */
  entry(key: string): YamlEntry | undefined {
    return this.#entries.get(key);
  }

  text(key: string): Placed<string> | undefined {
    const entry = this.get(key);
    const scalar = entry === undefined ? undefined : this.reader.text(entry.value, `"${key}"`);
    return scalar === undefined ? undefined : { value: scalar.source, at: scalar.at };
  }

  /** A text that must be there and not be empty. */
  required(key: string): Placed<string> | undefined {
    if (this.get(key) === undefined) return this.missing(key);
    const text = this.text(key);
    if (text?.value.trim() !== '') return text;
    return this.reader.error('DBL1409', `"${key}" must not be empty`, text.at);
  }

  missing(...oneOf: readonly string[]): undefined {
    if (oneOf.some((key) => this.misspelt.has(key))) return undefined;
    const at = this.entry(oneOf.join(''))?.keyAt ?? this.at;
    return this.reader.error('DBL1408', `${this.what} needs ${oneOf.map((key) => `"${key}"`).join(' or ')}`, at);
  }

  description(): string | undefined {
    const entry = this.get('description');
    return entry === undefined ? undefined : this.reader.description(entry.value);
  }

  list(key: string): readonly YamlValue[] {
    return this.reader.list(this.get(key));
  }

  tags(): readonly string[] {
    const entry = this.get('tags');
    return entry === undefined ? [] : this.reader.texts(entry.value, 'a tag');
  }

  meta(): Readonly<Record<string, unknown>> {
    const entry = this.get('meta');
    if (entry === undefined) return {};
    if (entry.value.kind !== 'map') {
      this.reader.error('DBL1407', `"meta" must be a map, not ${describe(entry.value)}`, entry.value.at);
      return {};
    }
    return Object.fromEntries([...entry.value.entries.values()].map(({ key, value }) => [key, toPlain(value)]));
  }
}

export function isEmpty(value: YamlValue): boolean {
  return value.kind === 'scalar' && value.value === null;
}

export function describe(value: YamlMap | YamlList | YamlScalar): string {
  if (value.kind !== 'scalar') return `a ${value.kind}`;
  if (value.value === null) return 'empty';
  if (typeof value.value === 'string') return 'a text';
  return typeof value.value === 'boolean' ? `${value.value}` : 'a number';
}
