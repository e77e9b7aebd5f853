import { type Diagnostic, compare, didYouMean, error } from '../diagnostics/index.js';
import { globToRegExp, hasWildcard } from './glob.js';
import type { Graph, GraphNode, NodeId } from './node.js';

export type Match = readonly NodeId[] | Diagnostic;

const types = ['model', 'test', 'source', 'table', 'view'];
const methods = ['tag', 'path', 'source', 'type'];
/** A value of each method that everybody understands. */
const examples: Readonly<Record<string, string>> = { tag: 'daily', path: 'models/api', source: 'raw', type: 'view' };
/** Longer lists help nobody. */
const listed = 8;
const methodForm = /^([A-Za-z_.]+):(.*)$/s;
const idForm = /^(?:model|test|source)\./;

export function isDiagnostic(match: Match): match is Diagnostic {
  return 'code' in match;
}

/** Finds the nodes that the innermost part of a selector means: a name, or `method:value`. */
export class Matcher {
  readonly #nodes: readonly GraphNode[];
  readonly #names: ReadonlySet<string>;

  constructor(graph: Graph) {
    this.#nodes = [...graph.values()];
    this.#names = new Set(this.#nodes.flatMap(namesOf));
  }

  /** Whether a text is a name letter for letter; such a name is never read as wildcards or operators. */
  knows(name: string): boolean {
    return this.#names.has(name);
  }

  /** The ids, at least one; or what is wrong. */
  match(text: string): Match {
    if (this.knows(text)) return this.#pick(text, namesOf);
    const [, method, value] = methodForm.exec(text) ?? [];
    if (method !== undefined && value !== undefined) return this.#matchMethod(method, value);
    if (text.includes('/')) return this.#matchPath(text);
    const ids = this.#pick(text, (node) => patternNames(node, text));
    return ids.length > 0 ? ids : this.#noName(text);
  }

  #matchMethod(method: string, value: string): Match {
    if (!methods.includes(method)) {
      const known = 'The methods are "tag:", "path:", "source:" and "type:".';
      const near = this.knows(value) ? `Did you mean "${value}"?` : didYouMean(`${method}:`, methods.map((name) => `${name}:`));
      return error('DBL1603', `unknown selector method "${method}:"`, undefined, { hint: near === undefined ? known : `${near} ${known}` });
    }
    if (value === '') {
      const hint = `Write it without a space, like "${method}:${examples[method] ?? 'x'}".`;
      return error('DBL1605', `nothing stands after "${method}:"`, undefined, { hint });
    }
    if (method === 'tag') return this.#matchTag(value);
    if (method === 'path') return this.#matchPath(value);
    return method === 'source' ? this.#matchSource(value) : this.#matchType(value);
  }

  #matchTag(tag: string): Match {
    const ids = this.#pick(tag, ({ tags }) => tags);
    if (ids.length > 0) return ids;
    const tags = new Set(this.#nodes.flatMap((node) => node.tags));
    const hint = tags.size === 0 ? 'The project has no tags.' : (didYouMean(tag, tags) ?? listOf('tag', tags));
    return error('DBL1601', `nothing has the tag "${tag}"`, undefined, { hint });
  }

  #matchPath(written: string): Match {
    const path = written.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
    if (path === '.' || path === '') return this.#nodes.map(({ id }) => id);
    let found = this.#nodes.filter(({ file }) => file === path || file.startsWith(`${path}/`));
    if (found.length === 0 && hasWildcard(path)) {
      const pattern = globToRegExp(path, 'path');
      found = this.#nodes.filter(({ file }) => pattern?.test(file));
    }
    if (found.length > 0) return found.map(({ id }) => id);
    const hint = didYouMean(path, this.#nodes.flatMap(({ file }) => pathsTo(file))) ?? 'A path begins at the folder of the project, like "models/api".';
    return error('DBL1601', `nothing comes from the path "${written}"`, undefined, { hint });
  }

  #matchSource(name: string): Match {
    const ids = this.#pick(name, sourceNames);
    if (ids.length > 0) return ids;
    const sources = this.#nodes.filter(({ sourceName }) => sourceName !== undefined);
    if (sources.length === 0) {
      return error('DBL1601', `no source is named "${name}"`, undefined, { hint: 'The project declares no sources.' });
    }
    const tables = sources.filter(({ sourceName }) => name.startsWith(`${sourceName}.`));
    const source = tables[0]?.sourceName;
    if (source === undefined) {
      const hint = didYouMean(name, sources.flatMap(sourceNames)) ?? listOf('source', new Set(sources.flatMap(({ sourceName }) => sourceName ?? [])));
      return error('DBL1601', `no source is named "${name}"`, undefined, { hint });
    }
    const table = name.slice(source.length + 1);
    const names = tables.map((node) => node.name);
    const hint = didYouMean(table, names) ?? listOf('table', new Set(names));
    return error('DBL1601', `the source "${source}" has no table "${table}"`, undefined, { hint });
  }

  #matchType(type: string): Match {
    if (!types.includes(type)) {
      const hint = [didYouMean(type, types), `The types are ${types.map((known) => `"${known}"`).join(', ')}.`];
      return error('DBL1604', `unknown type "${type}"`, undefined, { hint: hint.filter(Boolean).join(' ') });
    }
    const found = this.#nodes.filter(({ kind, materialized }) => kind === type || materialized === type);
    return found.length > 0 ? found.map(({ id }) => id) : error('DBL1601', `nothing is of the type "${type}"`);
  }

  /** The nodes with a key that is the value; where there is none, those with a key that it matches as a pattern. */
  #pick(value: string, keysOf: (node: GraphNode) => readonly string[]): NodeId[] {
    let found = this.#nodes.filter((node) => keysOf(node).includes(value));
    if (found.length === 0 && hasWildcard(value)) {
      const pattern = globToRegExp(value, 'name');
      found = this.#nodes.filter((node) => keysOf(node).some((key) => pattern?.test(key)));
    }
    return found.map(({ id }) => id);
  }

  #noName(text: string): Diagnostic {
    const isEmpty = this.#nodes.every(({ kind }) => kind === 'source');
    const hint = isEmpty ? 'The project has no models yet.' : (this.#nearestName(text) ?? '"dbl ls" lists all names.');
    const message = hasWildcard(text) ? `no name of a model or test matches "${text}"` : `no model or test is named "${text}"`;
    return error('DBL1601', message, undefined, { hint });
  }

  #nearestName(text: string): string | undefined {
    const source = this.#nodes.find((node) => sourceNames(node).includes(text) || (node.sourceName !== undefined && node.name === text));
    if (source !== undefined) {
      const name = source.sourceName === text ? text : `${source.sourceName}.${source.name}`;
      return `Did you mean "source:${name}"?`;
    }
    if (this.#nodes.some(({ kind, schema }) => kind === 'model' && schema === text)) {
      return `Write "${text}.*" for all models of the schema "${text}".`;
    }
    const named = this.#nodes.filter(({ kind }) => kind !== 'source');
    return didYouMean(text, named.flatMap((node) => patternNames(node, text)));
  }
}

/** `The tags are "a", "b".`; undefined where there are too many to be read. */
function listOf(what: string, names: ReadonlySet<string>): string | undefined {
  if (names.size > listed) return undefined;
  const quoted = [...names].toSorted(compare).map((name) => `"${name}"`);
  return quoted.length === 1 ? `The only ${what} is ${quoted.join()}.` : `The ${what}s are ${quoted.join(', ')}.`;
}

/** All the texts that mean one node. A source needs `source:`, unless it is named by its id. */
function namesOf(node: GraphNode): string[] {
  if (node.kind === 'source') return [node.id];
  return node.kind === 'test' ? [node.name, node.id] : [node.name, `${node.schema}.${node.name}`, node.id];
}

/** The names that a pattern is held against: ids only where it begins like one, so that `*a*` does not match every id. */
function patternNames(node: GraphNode, pattern: string): string[] {
  if (idForm.test(pattern)) return [node.id];
  if (node.kind === 'source') return [];
  return node.kind === 'model' && pattern.includes('.') ? [node.name, `${node.schema}.${node.name}`] : [node.name];
}

function sourceNames({ sourceName, name }: GraphNode): string[] {
  return sourceName === undefined ? [] : [sourceName, `${sourceName}.${name}`];
}

/** The file and the folders that it is in. */
function pathsTo(file: string): string[] {
  const paths = [file];
  for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1)) paths.push(file.slice(0, slash));
  return paths;
}
