import type { LoadedConfig } from '../config/index.js';
import { askFor, compare, didYouMean, nearest } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import type { ProjectFiles } from '../project/index.js';

export function modelId(schema: string, table: string): NodeId {
  return `model.${schema}.${table}`;
}

export function sourceId(source: string, table: string): NodeId {
  return `source.${source}.${table}`;
}

/** What a name turned out to be. `system`: a catalog of Postgres's own, which is no concern of the graph's. */
export type Resolution =
  | { readonly kind: 'node'; readonly id: NodeId }
  | { readonly kind: 'system' }
  | { readonly kind: 'unknown' };

/** Why `ref()` or `source()` found nothing, or too much. */
export interface Unresolved {
  readonly problem: 'unknown' | 'ambiguous';
  readonly message: string;
  readonly hint: string | undefined;
  /** The source that has a table of this name, where a model was looked for. */
  readonly source?: string | undefined;
}

const systemSchemas = new Set(['pg_catalog', 'information_schema', 'pg_temp', 'pg_toast']);

/** So many unknown names of a project are compared with those that it knows. */
const mostSuggested = 50;

/** Finds models and sources by the names that authors use for them. */
export class NameLookup {
  readonly #tables = new Map<string, string[]>();
  readonly #models = new Set<string>();
  readonly #sources = new Map<string, NodeId>();
  readonly #declared = new Map<string, readonly string[]>();
  readonly #logicalOf = new Map<string, string>();
  readonly #searchPath: readonly string[];
  #suggested = 0;
  readonly #unusable: ReadonlyMap<string, string>;

  /** @param schemas the physical schema of every logical one */
  constructor(
    { models, properties, unusable }: Pick<ProjectFiles, 'models' | 'properties' | 'unusable'>,
    schemas: ReadonlyMap<string, string>,
    config: Pick<LoadedConfig, 'searchPath'>,
  ) {
    for (const { schema, table } of models) {
      this.#models.add(key(schema, table));
      const list = this.#tables.get(table);
      if (list === undefined) this.#tables.set(table, [schema]);
      else list.push(schema);
    }
    this.#unusable = unusable;
    for (const source of properties.sources) {
      const tables = source.tables.map((table) => table.name.value);
      this.#declared.set(source.name.value, [...(this.#declared.get(source.name.value) ?? []), ...tables]);
      for (const table of source.tables) {
        this.#sources.set(key(source.schema, table.identifier), sourceId(source.name.value, table.name.value));
      }
    }
    for (const [logical, physical] of schemas) this.#logicalOf.set(physical, logical);
    this.#searchPath = config.searchPath;
  }

  /** `ref('table')` and `ref('schema', 'table')`; `callerSchema` is undefined for a test, which has none. */
  ref(names: readonly string[], callerSchema: string | undefined): NodeId | Unresolved {
    const [first = '', second] = names;
    if (second !== undefined) {
      if (this.#models.has(key(first, second))) return modelId(first, second);
      return this.#noModel(`${first}.${second}`);
    }
    const schemas = this.#tables.get(first) ?? [];
    const [only] = schemas;
    if (only === undefined) return this.#noModel(first);
    if (schemas.length === 1) return modelId(only, first);
    if (callerSchema !== undefined && schemas.includes(callerSchema)) return modelId(callerSchema, first);
    return {
      problem: 'ambiguous',
      message: `"${first}" could be ${schemas.map((schema) => `"${schema}.${first}"`).join(' or ')}`,
      hint: `Name the schema: ref('${only}', '${first}').`,
    };
  }

  source(source: string, table: string): NodeId | Unresolved {
    const tables = this.#declared.get(source);
    if (tables === undefined) {
      return {
        problem: 'unknown',
        message: `no source is named "${source}"`,
        hint: didYouMean(source, this.#declared.keys()) ?? 'Declare it under "sources:" in a .yaml file below models/.',
      };
    }
    if (tables.includes(table)) return sourceId(source, table);
    return {
      problem: 'unknown',
      message: `source "${source}" has no table "${table}"`,
      hint: didYouMean(table, tables) ?? `It declares ${tables.map((name) => `"${name}"`).join(', ') || 'no tables'}.`,
    };
  }

  /** A relation as SQL names it: by logical or physical schema, or without one. */
  relation(schema: string | undefined, name: string, callerSchema: string | undefined): Resolution {
    if (schema !== undefined) {
      if (systemSchemas.has(schema)) return { kind: 'system' };
      return this.#qualified(schema, name) ?? { kind: 'unknown' };
    }
    const path = callerSchema === undefined ? this.#searchPath : [callerSchema, ...this.#searchPath];
    for (const candidate of path) {
      const found = this.#qualified(candidate, name);
      if (found !== undefined) return found;
    }
    if (callerSchema === undefined) {
      const schemas = this.#tables.get(name) ?? [];
      if (schemas.length === 1 && schemas[0] !== undefined) return { kind: 'node', id: modelId(schemas[0], name) };
    }
    return name.startsWith('pg_') ? { kind: 'system' } : { kind: 'unknown' };
  }

  /** The schemas that have a model or a source's table of this name. */
  schemasWith(name: string): readonly string[] {
    const ofSources = [...this.#sources.keys()].filter((source) => source.endsWith(`\0${name}`)).map((source) => source.slice(0, source.indexOf('\0')));
    return [...new Set([...(this.#tables.get(name) ?? []), ...ofSources])].toSorted(compare);
  }

  /** A hint at the relations that a name in SQL may have meant, each as it must be written there. */
  suggestion(schema: string | undefined, name: string, callerSchema: string | undefined, ctes: readonly string[]): string | undefined {
    const unusable = this.#hintAtUnusable(name);
    if (unusable !== undefined) return unusable;
    if (schema === undefined && ctes.includes(name)) return 'There is a CTE of this name, which is not visible here.';
    // Each compares the name with every other of the project: nobody reads the five-thousandth.
    this.#suggested += 1;
    if (this.#suggested > mostSuggested) return undefined;
    // What is compared: the whole of a qualified name, of another one the table's name alone.
    const written = new Map<string, string[]>(schema === undefined ? ctes.map((cte) => [cte, [cte]]) : []);
    for (const [model, table] of this.#relations()) {
      const compared = schema === undefined ? table : `${model}.${table}`;
      const list = written.get(compared) ?? [];
      written.set(compared, list);
      if (schema === undefined && this.#isFound(model, table, callerSchema)) list.unshift(table);
      else list.push(`${model}.${table}`);
    }
    const near = nearest(schema === undefined ? name : `${schema}.${name}`, written.keys());
    const elsewhere = schema === undefined ? [] : this.schemasWith(name).map((other) => `${other}.${name}`);
    const names = [...near.flatMap((compared) => written.get(compared) ?? []), ...elsewhere];
    return askFor([...new Set(names)].slice(0, 3));
  }

  /** Without its file a model is missed wherever it is read. */
  #hintAtUnusable(table: string): string | undefined {
    const path = this.#unusable.get(table);
    return path === undefined ? undefined : `Its file is perhaps "${path}", which could not be used.`;
  }

  /** True where SQL that names the table alone reads this one. */
  #isFound(schema: string, table: string, callerSchema: string | undefined): boolean {
    const found = this.relation(undefined, table, callerSchema);
    const own = this.#qualified(schema, table);
    return found.kind === 'node' && own?.kind === 'node' && found.id === own.id;
  }

  /** Schema and name of each model and each source's table. */
  *#relations(): Iterable<readonly [string, string]> {
    for (const [table, schemas] of this.#tables) for (const schema of schemas) yield [schema, table];
    for (const source of this.#sources.keys()) {
      const end = source.indexOf('\0');
      yield [source.slice(0, end), source.slice(end + 1)];
    }
  }

  #qualified(schema: string, name: string): Resolution | undefined {
    const logical = this.#logicalOf.get(schema) ?? schema;
    if (this.#models.has(key(logical, name))) return { kind: 'node', id: modelId(logical, name) };
    const source = this.#sources.get(key(schema, name));
    return source === undefined ? undefined : { kind: 'node', id: source };
  }

  #noModel(name: string): Unresolved {
    const message = `no model is named "${name}"`;
    const dot = name.indexOf('.');
    const schema = dot < 0 ? undefined : name.slice(0, dot);
    const table = name.slice(dot + 1);
    if (schema !== undefined && this.#models.has(key(schema, table))) {
      return { problem: 'unknown', message, hint: `Write ref('${schema}', '${table}').` };
    }
    const source = [...this.#declared].find(([, tables]) => tables.includes(table))?.[0];
    const ofSource = source === undefined ? undefined : `It is a table of a source: source('${source}', '${table}').`;
    return { problem: 'unknown', message, hint: this.#hintAtUnusable(table) ?? ofSource ?? this.#nearModels(schema, name, table), source };
  }

  /** Of a model's name without a schema only others without one are near. */
  #nearModels(schema: string | undefined, name: string, table: string): string | undefined {
    if (schema === undefined) return didYouMean(name, this.#tables.keys());
    const qualified = [...this.#tables].flatMap(([candidate, schemas]) => schemas.map((other) => `${other}.${candidate}`));
    const elsewhere = (this.#tables.get(table) ?? []).map((other) => `${other}.${table}`);
    return askFor([...new Set([...nearest(name, qualified), ...elsewhere])].slice(0, 3));
  }
}

/** Names may hold dots, so the two parts are joined by what no name can hold. */
function key(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
