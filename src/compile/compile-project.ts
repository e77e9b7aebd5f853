import { checkPhysicalSchemas, type LoadedConfig, physicalSchema } from '../config/index.js';
import { type Diagnostic, error, type Result, type SourceFile, sortDiagnostics } from '../diagnostics/index.js';
import { cycleDiagnostic, type Dependency, findCycles, type NodeId } from '../graph/index.js';
import type { ModelProperties, ProjectFiles } from '../project/index.js';
import { loadParser } from '../sql/index.js';
import type { CompiledProject, ModelNode, ProjectNode, RelationName, SourceNode, TestNode } from './compiled-project.js';
import { idsOf, widen } from './compile-sql.js';
import { modelFingerprint } from './fingerprints.js';
import { checkModelConfig, checkTestConfig, modelOptions, testOptions } from './model-options.js';
import { modelId, NameLookup, sourceId, type Unresolved } from './name-lookup.js';
import { propertyChecks } from './property-checks.js';
import { reportUnknownColumns } from './property-columns.js';
import { type CompiledTemplate, TemplateCompiler } from './template-compiler.js';

/**
 * Turns the files of a project into its graph, for the target that the configuration chose. Needs no connection.
 * There is always a value, holding what could be understood, so that every mistake is found in one pass.
 */
export async function compileProject(
  config: LoadedConfig,
  files: ProjectFiles,
): Promise<Result<CompiledProject> & { readonly value: CompiledProject }> {
  await loadParser();
  const compiler = new ProjectCompiler(config, files);
  const graph = compiler.compile();
  const value = { config, graph, schemas: compiler.schemas };
  return { value, diagnostics: sortDiagnostics(compiler.diagnostics) };
}

class ProjectCompiler {
  readonly diagnostics: Diagnostic[] = [];
  readonly schemas: ReadonlyMap<string, string>;
  readonly #config: LoadedConfig;
  readonly #files: ProjectFiles;
  readonly #lookup: NameLookup;
  readonly #report = (diagnostic: Diagnostic): void => {
    this.diagnostics.push(diagnostic);
  };

  constructor(config: LoadedConfig, files: ProjectFiles) {
    this.#config = config;
    this.#files = files;
    const logical = [...new Set(files.models.map((model) => model.schema))].toSorted();
    this.schemas = new Map(logical.map((schema) => [schema, physicalSchema(config.target, schema)]));
    this.#lookup = new NameLookup(files, this.schemas, config);
  }

  compile(): ReadonlyMap<NodeId, ProjectNode> {
    this.diagnostics.push(...checkPhysicalSchemas(this.#config, this.schemas.keys()));
    const properties = this.#propertiesByModel();
    const sources = this.#sources();
    const relations = new Map(this.#modelRelations());
    for (const { id, schema, identifier } of sources.values()) relations.set(id, { schema, name: identifier });
    const templates = new TemplateCompiler(this.#config, this.#files, this.#lookup, relations, this.schemas);
    this.diagnostics.push(...templates.loadMacros());
    const models = this.#files.models.map((model) => {
      const id = modelId(model.schema, model.table);
      const compiled = templates.compile(model.file, model.schema, relations.get(id), checkModelConfig, this.#report);
      return this.#modelNode(id, model, compiled, properties.get(id));
    });
    const tests = this.#files.tests.map((test): TestNode => {
      const compiled = templates.compile(test.file, undefined, undefined, checkTestConfig, this.#report);
      const { tags, ...options } = testOptions(compiled.config);
      const shared = this.#shared(compiled, test.file);
      return { ...shared, ...options, id: `test.${test.name}`, kind: 'test', schema: '', name: test.name, tags, sql: compiled.sql };
    });
    const nodes = [...sources.values(), ...models, ...tests].toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const graph = new Map<NodeId, ProjectNode>(nodes.map((node) => [node.id, node]));
    for (const cycle of findCycles(graph)) this.#report(cycleDiagnostic(cycle, graph));
    reportUnknownColumns(graph, this.#lookup, this.#report);
    return withFingerprints(graph);
  }

  /** Finds the model that each block of properties means; a name without a schema works as in `ref()`. */
  #propertiesByModel(): ReadonlyMap<NodeId, ModelProperties> {
    const found = new Map<NodeId, ModelProperties>();
    for (const properties of this.#files.properties.models) {
      const { value: name, at } = properties.name;
      const dot = name.indexOf('.');
      const whole = this.#lookup.ref([name], undefined);
      const id = typeof whole === 'string' || dot < 0 ? whole : this.#lookup.ref([name.slice(0, dot), name.slice(dot + 1)], undefined);
      if (typeof id !== 'string') {
        this.#report(error('DBL1401', id.message, at, { hint: hintInProperties(id) }));
        continue;
      }
      // A second description was reported where the files were read.
      if (!found.has(id)) found.set(id, properties);
    }
    return found;
  }

  #sources(): ReadonlyMap<NodeId, SourceNode> {
    const nodes = new Map<NodeId, SourceNode>();
    for (const source of this.#files.properties.sources) {
      for (const table of source.tables) {
        const id = sourceId(source.name.value, table.name.value);
        const { description, identifier, tags } = table;
        nodes.set(id, {
          id,
          kind: 'source',
          schema: source.schema,
          name: table.name.value,
          sourceName: source.name.value,
          identifier,
          description,
          tags,
          file: table.name.at.file.path,
          dependsOn: [],
        });
      }
    }
    return nodes;
  }

  #modelNode(
    id: NodeId,
    model: ProjectFiles['models'][number],
    compiled: CompiledTemplate,
    properties: ModelProperties | undefined,
  ): ModelNode {
    const { options, diagnostics } = modelOptions(compiled.config, properties, model.file.path);
    this.diagnostics.push(...diagnostics);
    const context = {
      node: id,
      schema: model.schema,
      table: model.table,
      lookup: this.#lookup,
      undeclaredSources: this.#config.undeclaredSources,
      report: this.#report,
    };
    return {
      ...this.#shared(compiled, model.file),
      ...options,
      id,
      kind: 'model',
      schema: model.schema,
      name: model.table,
      physicalSchema: this.schemas.get(model.schema) ?? model.schema,
      sql: compiled.sql,
      description: properties?.description,
      columns: (properties?.columns ?? []).map(({ name, description }) => ({ name: name.value, description, at: name.at })),
      checks: properties === undefined ? [] : propertyChecks(properties, context),
      fingerprint: '',
    };
  }

  #shared(compiled: CompiledTemplate, file: SourceFile): { readonly file: string; readonly dependsOn: readonly Dependency[] } {
    return { file: file.path, dependsOn: dependencies(compiled) };
  }

  /** Names may hold dots, so that two of them can come to the same id: `a.b` and `c`, `a` and `b.c`. */
  #modelRelations(): ReadonlyMap<NodeId, RelationName> {
    const relations = new Map<NodeId, RelationName>();
    const files = new Map<NodeId, SourceFile>();
    for (const { schema, table, file } of this.#files.models) {
      const id = modelId(schema, table);
      const first = files.get(id);
      if (first !== undefined) {
        const related = [{ message: 'the other one', at: first.path }];
        this.#report(error('DBL1117', `two models have the id "${id}"`, file.path, { related, hint: 'Take the dot out of one of the names.' }));
      }
      files.set(id, file);
      relations.set(id, { schema: this.schemas.get(schema) ?? schema, name: table });
    }
    return relations;
  }
}

/** The lookup's own hints are about templates. */
function hintInProperties({ hint, problem, source }: Unresolved): string | undefined {
  if (problem === 'ambiguous') return 'Write the schema before the name.';
  return source === undefined ? hint : `Tables of the source "${source}" are described under "sources:".`;
}

/** What `ref()` and `source()` name, in any branch, and what the SQL reads by plain names. */
function dependencies({ calls, sql }: CompiledTemplate): readonly Dependency[] {
  const found = new Map<NodeId, Dependency>(calls);
  for (const id of idsOf(sql.references)) {
    if (found.has(id)) continue;
    const reference = sql.references.find((candidate) => candidate.id === id);
    const [at] = reference === undefined ? [] : sql.locate(reference.start);
    found.set(id, { id, via: 'name', at: at && reference && widen(at, reference.end - reference.start) });
  }
  return [...found.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Fills in fingerprints, parents first. Nodes on a cycle get one without their parents: the cycle is an error anyway. */
function withFingerprints(graph: ReadonlyMap<NodeId, ProjectNode>): ReadonlyMap<NodeId, ProjectNode> {
  const done = new Map<NodeId, string>();
  const visit = (start: NodeId): void => {
    const stack = [start];
    const open = new Set<NodeId>();
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const node = graph.get(id);
      const waiting = (node?.dependsOn ?? []).map((parent) => parent.id).filter((parent) => !done.has(parent) && !open.has(parent));
      if (waiting.length > 0 && !open.has(id)) {
        open.add(id);
        stack.push(...waiting);
        continue;
      }
      stack.pop();
      if (node === undefined || done.has(id)) continue;
      const parents = node.dependsOn.map((parent) => done.get(parent.id) ?? '');
      done.set(id, node.kind === 'model' ? modelFingerprint({ ...node, text: node.sql.text }, parents) : node.id);
    }
  };
  for (const id of graph.keys()) visit(id);
  return new Map([...graph].map(([id, node]) => [id, node.kind === 'model' ? { ...node, fingerprint: done.get(id) ?? '' } : node]));
}
