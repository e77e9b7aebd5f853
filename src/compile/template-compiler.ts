import type { LoadedConfig } from '../config/index.js';
import { type Diagnostic, error, hasErrors, type Place, type SourceFile } from '../diagnostics/index.js';
import type { Dependency, NodeId } from '../graph/index.js';
import type { ProjectFiles } from '../project/index.js';
import { relationName } from '../sql/index.js';
import { dynamic, type StaticCall, type Template, TemplateEngine, TemplateMistake } from '../template/index.js';
import { readQuery } from './compile-sql.js';
import type { CompiledSql, RelationName } from './compiled-project.js';
import type { NameLookup } from './name-lookup.js';
import { refArguments, type Rendering, sourceArguments, templateFunctions } from './template-functions.js';

/** What one `.sql` file came to. */
export interface CompiledTemplate {
  readonly sql: CompiledSql;
  /** What `ref()` and `source()` name, in every branch. */
  readonly calls: ReadonlyMap<NodeId, Dependency>;
  readonly config: Readonly<Record<string, unknown>>;
}

const readers: ReadonlySet<string> = new Set(['ref', 'source']);

/** Renders the project's templates one after the other, and reads the SQL that comes out. */
export class TemplateCompiler {
  readonly #engine: TemplateEngine;
  readonly #config: LoadedConfig;
  readonly #macros: readonly SourceFile[];
  readonly #lookup: NameLookup;
  readonly #target: Readonly<Record<string, unknown>>;
  #current: Rendering | undefined;

  constructor(
    config: LoadedConfig,
    files: ProjectFiles,
    lookup: NameLookup,
    relations: ReadonlyMap<NodeId, RelationName>,
    schemas: ReadonlyMap<string, string>,
  ) {
    const current = (): Rendering => {
      if (this.#current === undefined) throw new TemplateMistake('DBL1252', 'the function has no model here', 'Call it inside a macro.');
      return this.#current;
    };
    this.#config = config;
    this.#macros = files.macros;
    this.#lookup = lookup;
    this.#engine = new TemplateEngine({
      readTemplate: files.readTemplate,
      functions: templateFunctions(config, lookup, relations, current),
    });
    const { name, vars } = config.target;
    const { connection } = config;
    this.#target = { name, database: connection.kind === 'server' ? connection.database : 'dbl', schemas: Object.fromEntries(schemas), vars };
  }

  loadMacros(): readonly Diagnostic[] {
    return this.#engine.loadMacros(this.#macros);
  }

  /**
   * @param schema the file's logical schema; undefined for a test
   * @param relation what `this` means; undefined for a test
   * @param checkConfig throws TemplateMistake for a wrong option
   */
  compile(
    file: SourceFile,
    schema: string | undefined,
    relation: RelationName | undefined,
    checkConfig: Rendering['checkConfig'],
    report: (diagnostic: Diagnostic) => void,
  ): CompiledTemplate {
    const parsed = this.#engine.parse(file);
    for (const diagnostic of parsed.diagnostics) report(diagnostic);
    if (parsed.value === undefined || hasErrors(parsed.diagnostics)) return nothing(file);
    const { calls, unknown } = this.#staticCalls(parsed.value, schema, report);
    const rendering: Rendering = { schema, reads: new Set(), unknown, config: {}, checkConfig };
    this.#current = rendering;
    const variables = { target: this.#target, ...(relation === undefined ? {} : { this: printable(relation) }) };
    const rendered = this.#engine.render(parsed.value, variables);
    this.#current = undefined;
    for (const diagnostic of rendered.diagnostics) report(diagnostic);
    for (const id of rendering.reads) if (!calls.has(id)) calls.set(id, { id, via: 'ref', at: undefined });
    if (rendered.value === undefined) return { ...nothing(file), calls, config: rendering.config };
    const { value: output } = rendered;
    const locate = (offset: number): readonly Place[] => output.locate(offset);
    const { lookup, undeclaredSources } = { lookup: this.#lookup, undeclaredSources: this.#config.undeclaredSources };
    const reported = new Set([...unknown].map((names) => names.replace('\0', '.')));
    const reads = readQuery(output.text, { schema, lookup, undeclaredSources, reported, locate, report });
    const sql = { file, text: output.text.slice(0, reads?.end), references: reads?.references ?? [], undeclared: reads?.undeclared ?? [], locate };
    return { sql, calls, config: rendering.config };
  }

  /** Looks up every `ref` and `source` with constant arguments, whether its branch is taken or not. */
  #staticCalls(
    template: Template,
    schema: string | undefined,
    report: (diagnostic: Diagnostic) => void,
  ): { readonly calls: Map<NodeId, Dependency>; readonly unknown: ReadonlySet<string> } {
    const calls = new Map<NodeId, Dependency>();
    const unknown = new Set<string>();
    for (const call of this.#engine.staticCalls(template, readers)) {
      if ([...call.args, ...Object.values(call.keywords)].includes(dynamic)) continue;
      const names = namesOf(call, report);
      if (names === undefined) continue;
      const found = call.name === 'ref' ? this.#lookup.ref(names, schema) : this.#lookup.source(names[0] ?? '', names[1] ?? '');
      if (typeof found === 'string') {
        if (!calls.has(found)) calls.set(found, { id: found, via: 'ref', at: call.at });
        continue;
      }
      unknown.add(names.join('\0'));
      const code = found.problem === 'unknown' ? 'DBL1250' : 'DBL1251';
      report(error(code, found.message, call.at, { calledFrom: call.calledFrom, hint: found.hint }));
    }
    return { calls, unknown };
  }
}

function namesOf(call: StaticCall, report: (diagnostic: Diagnostic) => void): readonly string[] | undefined {
  try {
    return call.name === 'ref' ? refArguments(call.args, call.keywords) : sourceArguments(call.args, call.keywords);
  } catch (mistake) {
    if (!(mistake instanceof TemplateMistake)) throw mistake;
    report(error(mistake.code, mistake.message, call.at, { calledFrom: call.calledFrom, hint: mistake.hint }));
    return undefined;
  }
}

/** `this`: printing it gives the quoted relation, its fields are the bare names. */
function printable({ schema, name }: RelationName): object {
  return { schema, name, toString: () => relationName(schema, name) };
}

function nothing(file: SourceFile): CompiledTemplate {
  const sql = { file, text: '', references: [], undeclared: [], locate: () => [file.place(0)] };
  return { sql, calls: new Map(), config: {} };
}
