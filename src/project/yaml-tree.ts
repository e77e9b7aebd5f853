import { createRequire } from 'node:module';
import type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { type Diagnostic, type Place, type SourceFile, error, warning } from '../diagnostics/index.js';

/** A YAML document as plain values that know their places. An alias is the value that its anchor names, at the anchor's place. */
export type YamlValue = YamlMap | YamlList | YamlScalar;

export interface YamlMap {
  readonly kind: 'map';
  /** In the order of the file; each key once. */
  readonly entries: ReadonlyMap<string, YamlEntry>;
  readonly at: Place;
}

export interface YamlEntry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: YamlValue;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlValue[];
  readonly at: Place;
}

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly value: string | number | bigint | boolean | null;
  /** As written, quotes and escapes resolved: `01` where the value is 1. */
  readonly source: string;
  /** The text itself, without quotes, where it is in the file as it is. */
  readonly at: Place;
  /** The whole of it, quotes included, over all its lines. */
  readonly whole: Place;
}

/** Loading it takes longer than all else here, and a project may have no properties. */
function yamlLibrary(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml');
}

/** Undefined for a file that holds nothing, or so wrong that its values would mislead. */
export function parseYaml(file: SourceFile, diagnostics: Diagnostic[]): YamlValue | undefined {
  const yaml = yamlLibrary();
  const [document, second] = yaml.parseAllDocuments(file.text, { prettyErrors: false, uniqueKeys: false });
  if (document === undefined) return undefined;
  if (second !== undefined) {
    const [start] = second.range;
    const line = file.text.lastIndexOf('---', start);
    const at = line < 0 ? file.place(start) : file.place(line, line + 3);
    diagnostics.push(error('DBL1404', 'the file holds more than one YAML document', at, { hint: 'Put the second in a file of its own.' }));
    return undefined;
  }
  const lines = new Set<number>();
  for (const { code, message, pos } of document.errors) {
    // What follows on the same line is what the first mistake leads to.
    const { line } = file.position(pos[0]);
    if (!lines.has(line)) diagnostics.push(error('DBL1403', yamlMessage(message), file.place(...pos), { hint: hints[code] ?? hints[message] }));
    lines.add(line);
  }
  for (const { message, pos } of document.warnings) diagnostics.push(warning('DBL1403', yamlMessage(message), file.place(...pos)));
  if (document.errors.length > 0 || document.contents === null) return undefined;
  return new Converter(file, document, yaml, diagnostics).convert(document.contents);
}

/** By the library's code, or by its message where the code stands for many. */
const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'YAML is indented with spaces.',
  BLOCK_AS_IMPLICIT_KEY: 'A text that holds ": " needs quotes around it.',
  BAD_SCALAR_START: 'Put quotes around the text.',
  'Implicit map keys need to be followed by map values': 'A key ends in ":".',
  'Sequence item without - indicator': 'Keys of one map begin in the same column.',
};

/** What the library's messages say in the words of YAML's grammar, or leave to be guessed. */
const plainMessages: readonly (readonly [RegExp, string])[] = [
  [/^.*call stack.*$/, 'the values are nested too deeply'],
  [/^Flow (?:map|sequence) .*end with a (.)$/, '"$1" is missing, or not indented'],
  [/^Missing closing (["'])quote$/, 'a text in $1 is not closed'],
];

function yamlMessage(message: string): string {
  const [pattern, plain] = plainMessages.find(([known]) => known.test(message)) ?? [];
  const text = pattern === undefined || plain === undefined ? message.charAt(0).toLowerCase() + message.slice(1) : message.replace(pattern, plain);
  return `invalid YAML: ${text}`;
}

/** A plain JavaScript value, for what dbl only passes on. */
export function toPlain(value: YamlValue): unknown {
  if (value.kind === 'list') return value.items.map(toPlain);
  if (value.kind === 'map') return Object.fromEntries([...value.entries.values()].map((entry) => [entry.key, toPlain(entry.value)]));
  return typeof value.value === 'bigint' ? value.source : value.value;
}

/** More values than any file of properties holds: aliases of aliases can stand for more than fit into the memory. */
const mostValues = 1_000_000;

class Converter {
  readonly #file: SourceFile;
  readonly #document: Document.Parsed;
  readonly #yaml: typeof import('yaml');
  readonly #diagnostics: Diagnostic[];
  /** Undefined while a node is being converted. */
  readonly #known = new Map<Node, YamlValue | undefined>();
  /** How many values have been made so far, each alias counted as all that it stands for. */
  #count = 0;
  #isTooLarge = false;
  readonly #counts = new Map<Node, number>();

  constructor(file: SourceFile, document: Document.Parsed, yaml: typeof import('yaml'), diagnostics: Diagnostic[]) {
    this.#file = file;
    this.#document = document;
    this.#yaml = yaml;
    this.#diagnostics = diagnostics;
  }

  convert(node: Node): YamlValue {
    if (this.#yaml.isAlias(node)) return this.#alias(node);
    this.#known.set(node, undefined);
    const before = this.#count;
    this.#count += 1;
    const value = this.#convertNew(node);
    this.#known.set(node, value);
    this.#counts.set(node, this.#count - before);
    return value;
  }

  #convertNew(node: Node): YamlValue {
    if (this.#yaml.isMap<ParsedNode, ParsedNode | null>(node)) return this.#map(node);
    if (this.#yaml.isSeq<ParsedNode>(node)) return this.#list(node);
    if (this.#yaml.isScalar(node)) return this.#scalar(node);
    throw new Error('a YAML node of an unknown kind');
  }

  #alias(node: Alias): YamlValue {
    const target = node.resolve(this.#document);
    const value = target === undefined ? undefined : this.#known.get(target);
    const count = target === undefined ? undefined : this.#counts.get(target);
    if (value !== undefined && count !== undefined && this.#count + count <= mostValues) {
      this.#count += count;
      return value;
    }
    const at = this.#firstLine(node);
    const problem = aliasProblem(node.source, target, count);
    if (count === undefined || !this.#isTooLarge) this.#diagnostics.push(error('DBL1403', `invalid YAML: ${problem}`, at));
    this.#isTooLarge ||= count !== undefined;
    return emptyScalar(at);
  }

  #map(node: YAMLMap<ParsedNode, ParsedNode | null>): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const pair of node.items) {
      const entry = this.#entry(pair);
      if (entry === undefined) continue;
      const first = entries.get(entry.key);
      if (entry.key === '<<') merged.push(...this.#merge(entry));
      else if (first === undefined) entries.set(entry.key, entry);
      else this.#twice(entry, first);
    }
    for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
    return { kind: 'map', entries, at: this.#firstLine(node) };
  }

  #entry({ key, value }: Pair<ParsedNode, ParsedNode | null>): YamlEntry | undefined {
    const resolved = this.convert(key);
    if (resolved.kind !== 'scalar' || resolved.value === null) {
      this.#wrongKey(resolved.at);
      return undefined;
    }
    return { key: resolved.source, keyAt: resolved.at, value: value === null ? emptyScalar(resolved.at) : this.convert(value) };
  }

  /** In YAML, `{{ x }}` is a map with a map as its key. */
  #wrongKey(at: Place): void {
    if (!this.#file.text.startsWith('{{', at.start - 1)) {
      this.#diagnostics.push(error('DBL1407', 'a key must be a text', at));
      return;
    }
    const hint = 'In YAML, a brace that is not in quotes begins a map.';
    this.#diagnostics.push(error('DBL1407', 'a template needs quotes around it', this.#file.place(at.start - 1, at.end), { hint }));
  }

  /** `<<` is of YAML 1.1, which dbt reads: the keys of another map, or of several, where the map has none of its own. */
  #merge({ keyAt, value }: YamlEntry): YamlEntry[] {
    const maps = value.kind === 'list' ? value.items : [value];
    return maps.flatMap((map) => {
      if (map.kind === 'map') return [...map.entries.values()];
      this.#diagnostics.push(error('DBL1407', '"<<" takes a map', keyAt));
      return [];
    });
  }

  #twice({ key, keyAt }: YamlEntry, first: YamlEntry): void {
    const related = [{ message: 'it occurs here first', at: first.keyAt }];
    this.#diagnostics.push(error('DBL1405', `the key "${key}" occurs twice`, keyAt, { related }));
  }

  #list(node: YAMLSeq<ParsedNode>): YamlList {
    return { kind: 'list', items: node.items.map((item) => this.convert(item)), at: this.#firstLine(node) };
  }

  #scalar(node: Scalar): YamlScalar {
    const { value } = node;
    const [start, end] = node.range ?? [0, 0];
    const whole = this.#file.place(start, end);
    if (value === null || value === undefined) return { kind: 'scalar', value: null, source: node.source ?? '', at: whole, whole };
    const source = node.source ?? '';
    const text = source.trimEnd();
    const at = text === '' ? -1 : this.#file.text.slice(start, end).indexOf(text);
    return {
      kind: 'scalar',
      value: typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? value : source,
      source,
      at: at < 0 ? this.#firstLine(node) : this.#file.place(start + at, start + at + text.length),
      whole,
    };
  }

  /** Where a node begins, as far as its line goes: a frame is no place for a whole list. */
  #firstLine(node: Node): Place {
    const [start, end] = node.range ?? [0, 0];
    const text = this.#file.text.slice(start, end);
    const line = /^[^\r\n]*/.exec(text)?.[0].trimEnd() ?? '';
    return this.#file.place(start, start + line.length);
  }
}

function aliasProblem(name: string, target: Node | undefined, count: number | undefined): string {
  if (target === undefined) return `no anchor is named "${name}"`;
  return count === undefined ? `the anchor "${name}" holds itself` : `with "${name}" the file stands for more than ${mostValues} values`;
}

function emptyScalar(at: Place): YamlScalar {
  return { kind: 'scalar', value: null, source: '', at, whole: at };
}
