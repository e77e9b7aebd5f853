import type { Diagnostic, Place, SourceFile } from '../diagnostics/index.js';
import { ChecksReader, checkKeys } from './checks.js';
import { type DocBlock, Docs } from './doc-blocks.js';
import type { ColumnProperties, ModelProperties, Placed, Properties, SourceProperties, SourceTableProperties } from './project-files.js';
import { firstOfEach } from './twice.js';
import { type Fields, type Keys, YamlReader, isEmpty } from './yaml-reader.js';
import { type YamlValue, parseYaml, toPlain } from './yaml-tree.js';

/** A model that the project has. */
export interface NamedModel {
  readonly schema: string;
  readonly table: string;
}

const fileKeys: Keys = {
  known: ['version', 'models', 'sources'],
  unused: ['analyses', 'exposures', 'groups', 'macros', 'metrics', 'saved_queries', 'seeds', 'semantic_models', 'snapshots', 'unit_tests'],
};
const modelKeys: Keys = {
  known: ['name', 'description', 'columns', ...checkKeys, 'config', 'meta', 'tags'],
  unused: ['access', 'constraints', 'deprecation_date', 'freshness', 'group'],
  ignored: ['docs'],
};
const columnKeys: Keys = {
  known: ['name', 'description', ...checkKeys, 'meta', 'tags', 'data_type'],
  unused: ['config', 'constraints', 'dimension', 'entity', 'granularity', 'policy_tags', 'quote'],
  ignored: ['docs'],
};
const configKeys: Keys = { known: ['materialized', 'tags', 'indexes'] };
const unusedOfSources = ['config', 'freshness', 'loaded_at_field', 'loaded_at_query', 'loader', 'quoting'];
const sourceKeys: Keys = {
  known: ['name', 'schema', 'description', 'tables', 'meta', 'tags'],
  unused: [...unusedOfSources, 'database', 'overrides'],
};
const sourceTableKeys: Keys = {
  known: ['name', 'identifier', 'description', 'columns', 'tags', 'meta'],
  unused: [...unusedOfSources, 'external'],
  ignored: checkKeys,
};

/** What the YAML files say, all together; what is said twice is reported at each place. */
export function readProperties(files: readonly SourceFile[], blocks: readonly DocBlock[], models: readonly NamedModel[]): Properties & WithDiagnostics {
  const diagnostics: Diagnostic[] = [];
  const reader = new PropertiesReader(new YamlReader(new Docs(blocks, diagnostics), diagnostics));
  for (const file of files) reader.read(file);
  reportTwice(reader, models, diagnostics);
  return { models: reader.models, sources: reader.sources, diagnostics };
}

function reportTwice({ models, sources }: Properties, files: readonly NamedModel[], diagnostics: Diagnostic[]): void {
  const identify = identities(files);
  const described = models.map(({ name }) => ({ key: identify(name.value), at: name.at, name: name.value }));
  firstOfEach(described, 'DBL1411', ({ name }) => `the model "${name}" is described twice`, diagnostics);
  const declared = sources.flatMap((source) =>
    source.tables.map((table) => {
      const [name, of] = [table.name.value, source.name.value];
      return { key: JSON.stringify([of, name]), at: table.name.at, name, of };
    }),
  );
  firstOfEach(declared, 'DBL1412', ({ name, of }) => `the table "${name}" of the source "${of}" is declared twice`, diagnostics);
}

interface WithDiagnostics {
  readonly diagnostics: readonly Diagnostic[];
}

class PropertiesReader {
  readonly models: ModelProperties[] = [];
  readonly sources: SourceProperties[] = [];
  readonly #reader: YamlReader;
  readonly #checks: ChecksReader;

  constructor(reader: YamlReader) {
    this.#reader = reader;
    this.#checks = new ChecksReader(reader);
  }

  read(file: SourceFile): void {
    const content = parseYaml(file, this.#reader.diagnostics);
    if (content === undefined || isEmpty(content)) return;
    const fields = this.#reader.map(content, 'a file of properties', fileKeys);
    if (fields === undefined) return;
    this.#version(fields);
    this.models.push(...fields.list('models').flatMap((value) => this.#model(value) ?? []));
    this.sources.push(...fields.list('sources').flatMap((value) => this.#source(value) ?? []));
  }

  #version(fields: Fields): void {
    const value = fields.get('version')?.value;
    if (value === undefined || (value.kind === 'scalar' && value.value === 2)) return;
    this.#reader.error('DBL1409', '"version" must be 2', value.at, 'dbl reads version 2 of dbt\'s properties; the key may be left out.');
  }

  #model(value: YamlValue): ModelProperties | undefined {
    const fields = this.#reader.map(value, 'a model', modelKeys);
    if (fields === undefined) return undefined;
    const name = fields.required('name');
    const properties = {
      description: fields.description(),
      columns: this.#columns(fields),
      checks: this.#checks.read(fields, undefined),
      config: this.#config(fields),
      meta: fields.meta(),
    };
    return name === undefined ? undefined : { name, ...properties };
  }

  #columns(fields: Fields): readonly ColumnProperties[] {
    const columns = fields.list('columns').flatMap((value) => this.#column(value) ?? []);
    const named = columns.map(({ name }) => ({ key: name.value, at: name.at }));
    firstOfEach(named, 'DBL1413', ({ key }) => `the column "${key}" is described twice`, this.#reader.diagnostics);
    return columns;
  }

  #column(value: YamlValue): ColumnProperties | undefined {
    const fields = this.#reader.map(value, 'a column', columnKeys);
    if (fields === undefined) return undefined;
    const name = fields.required('name');
    fields.text('data_type');
    fields.tags();
    fields.meta();
    const properties = { description: fields.description(), checks: this.#checks.read(fields, name?.value ?? '') };
    return name === undefined ? undefined : { name, ...properties };
  }

  /** `tags` beside `config` are added to those in it, as in dbt. What the other keys may hold is checked where `config()` is read. */
  #config(fields: Fields): Readonly<Record<string, Placed<unknown>>> {
    const config: Record<string, Placed<unknown>> = {};
    const entry = fields.get('config');
    const inner = entry === undefined ? undefined : this.#reader.map(entry.value, '"config"', configKeys);
    for (const key of ['materialized', 'indexes']) {
      const value = inner?.get(key)?.value;
      if (value !== undefined) config[key] = { value: toPlain(value), at: value.at };
    }
    const tags = [...new Set([...(inner?.tags() ?? []), ...fields.tags()])];
    const tagged = inner?.get('tags') ?? fields.get('tags');
    if (tagged !== undefined) config.tags = { value: tags, at: tagged.value.at };
    return config;
  }

  #source(value: YamlValue): SourceProperties | undefined {
    const fields = this.#reader.map(value, 'a source', sourceKeys);
    if (fields === undefined) return undefined;
    const name = fields.required('name');
    const schema = fields.text('schema')?.value;
    const description = fields.description();
    const tags = fields.tags();
    fields.meta();
    const tables = fields.list('tables').flatMap((table) => this.#sourceTable(table, tags) ?? []);
    return name === undefined ? undefined : { name, schema: schema ?? name.value, description, tables };
  }

  #sourceTable(value: YamlValue, tags: readonly string[]): SourceTableProperties | undefined {
    const fields = this.#reader.map(value, 'a table of a source', sourceTableKeys);
    if (fields === undefined) return undefined;
    for (const key of checkKeys) this.#noChecks(fields.get(key)?.keyAt);
    const name = fields.required('name');
    const identifier = fields.text('identifier')?.value;
    const description = fields.description();
    const columns = this.#columns(fields);
    for (const { checks } of columns) this.#noChecks(checks[0]?.at);
    fields.meta();
    if (name === undefined) return undefined;
    return { name, identifier: identifier ?? name.value, description, columns, tags: [...new Set([...tags, ...fields.tags()])] };
  }

  #noChecks(at: Place | undefined): void {
    if (at === undefined) return;
    this.#reader.warning('DBL1420', 'checks on a source are not run', at, 'Check a model that reads it, or write a file in "tests".');
  }
}

/** What tells two names apart: `agencies` and `staging.agencies` are the same where the project has one model of that name. */
function identities(models: readonly NamedModel[]): (name: string) => string {
  const meant = new Map<string, Set<string>>();
  for (const { schema, table } of models) {
    const id = JSON.stringify([schema, table]);
    for (const name of [table, `${schema}.${table}`]) meant.set(name, (meant.get(name) ?? new Set()).add(id));
  }
  return (name) => {
    const ids = [...(meant.get(name) ?? [])];
    return ids.length === 1 ? ids.join('') : name;
  };
}
