import { type Diagnostic, error, type Place, type Result, type SourceFile } from '../diagnostics/index.js';
import type { Rendering } from './activation.js';
import { definitionOf, Macro, type MacroDefinition, placeOfDefinition } from './macro.js';
import type { BodyNode, Statement } from './nunjucks-internals.js';
import { OutputBuffer } from './output.js';
import { FileScope, Scope } from './scopes.js';
import type { Template } from './template.js';

/** One file of macros. */
export interface MacroModule {
  readonly file: SourceFile;
  readonly definitions: readonly MacroDefinition[];
  /** What else stands at the top level and gives names to the macros: `set`, `import`, … Text is ignored. */
  readonly statements: readonly Statement[];
  /** What the macros see of their file where no statement adds to it: the same in every render. */
  readonly shared: FileScope | undefined;
}

export interface LibraryEntry {
  readonly definition: MacroDefinition;
  readonly module: MacroModule;
}

const macroTag = /\{%-?\s*macro\s+(\w+)/g;
const reservedVariables = new Set(['this', 'target', 'caller', 'loop']);

/** The macros of the project, which every template can call by name. */
export class MacroLibrary {
  readonly #entries = new Map<string, LibraryEntry>();
  readonly #functionNames: ReadonlySet<string>;
  readonly #broken = new Set<string>();

  constructor(functionNames: ReadonlySet<string>) {
    this.#functionNames = functionNames;
  }

  load(files: readonly SourceFile[], parse: (file: SourceFile) => Result<Template>): readonly Diagnostic[] {
    const diagnostics: Diagnostic[] = [];
    const byName = new Map<string, MacroDefinition[]>();
    for (const file of files) {
      const parsed = parse(file);
      diagnostics.push(...parsed.diagnostics);
      if (parsed.value === undefined) for (const [, name = ''] of file.text.matchAll(macroTag)) this.#broken.add(name);
      else if (parsed.value.root !== undefined) this.#addModule(readModule(file, parsed.value.root.children), byName);
    }
    for (const definitions of byName.values()) if (definitions.length > 1) diagnostics.push(...repeated(definitions));
    return diagnostics;
  }

  entry(name: string): LibraryEntry | undefined {
    return this.#entries.get(name);
  }

  /** True for what a file defines that could not be parsed, which was reported: that it is missing is no mistake of its callers. */
  isBroken(name: string): boolean {
    return this.#broken.has(name);
  }

  names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** The macro as a value. Throws a TemplateError where what its file sets cannot be evaluated. */
  macro(name: string, rendering: Rendering): Macro | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const scope = entry.module.shared ?? moduleScope(entry.module, rendering);
    return new Macro(entry.definition, scope);
  }

  /** `byName` gathers what must be unique: macros over all files, private ones within theirs. */
  #addModule(module: MacroModule, byName: Map<string, MacroDefinition[]>): void {
    for (const definition of module.definitions) {
      const { name } = definition;
      const isPrivate = name.startsWith('_');
      const key = isPrivate ? `${name} ${module.file.path}` : name;
      const known = byName.get(key);
      if (known === undefined) byName.set(key, [definition]);
      else known.push(definition);
      if (!isPrivate && !this.#functionNames.has(name) && !this.#entries.has(name)) this.#entries.set(name, { definition, module });
    }
  }
}

/** A name that the engine or the project gives a meaning may not be defined again, in no file. */
export function reservedName(name: string, functionNames: Pick<ReadonlySet<string>, 'has'>, at: Place): Diagnostic | undefined {
  const kind = functionNames.has(name) ? 'function' : reservedVariables.has(name) ? 'variable' : undefined;
  if (kind === undefined) return undefined;
  return error('DBL1210', `a macro cannot be named "${name}", which is a ${kind} of every template`, at, {
    hint: 'Give the macro another name.',
  });
}

function readModule(file: SourceFile, children: readonly Statement[]): MacroModule {
  const definitions = children.flatMap((node) => (node.typename === 'Macro' ? [definitionOf(node, file)] : []));
  const statements = children.filter((node) => node.typename !== 'Macro' && node.typename !== 'Output');
  return { file, definitions, statements, shared: statements.length === 0 ? scopeOf(definitions) : undefined };
}

function scopeOf(definitions: readonly MacroDefinition[]): FileScope {
  const scope = new FileScope();
  for (const definition of definitions) scope.export(definition.name, new Macro(definition, scope));
  return scope;
}

function moduleScope(module: MacroModule, rendering: Rendering): FileScope {
  const known = rendering.moduleScopes.get(module);
  if (known !== undefined) return known;
  const fileScope = scopeOf(module.definitions);
  // Before the statements run: they may call the file's own macros, or those of a file that calls these.
  rendering.moduleScopes.set(module, fileScope);
  const { file, statements } = module;
  const body: BodyNode = { typename: 'NodeList', lineno: 0, colno: 0, children: statements };
  const scope = new Scope(undefined, true, true);
  rendering.interpreter.execute(body, { rendering, file, fileScope, scope, output: new OutputBuffer(file) });
  return fileScope;
}

function repeated(definitions: readonly MacroDefinition[]): Diagnostic[] {
  return definitions.map((definition) =>
    error('DBL1209', `macro "${definition.name}" is defined more than once`, placeOfDefinition(definition), {
      related: definitions
        .filter((other) => other !== definition)
        .map((other) => ({ message: `macro "${other.name}" is defined here too`, at: placeOfDefinition(other) })),
      hint: 'Macros of all files share their names; give one of them another.',
    }),
  );
}
