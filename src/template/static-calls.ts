import { type Place, type SourceFile, unreachable } from '../diagnostics/index.js';
import { definitionOf, type MacroDefinition } from './macro.js';
import type { LibraryEntry, MacroLibrary, MacroModule } from './macro-library.js';
import type { CallNode, Expression, FromImportNode, ImportNode, MacroNode, TreeNode } from './nunjucks-internals.js';
import { placeOf } from './places.js';
import { dynamic, type StaticCall } from './rendered.js';
import { forEachChild, keyOf, splitArguments } from './syntax-tree.js';
import type { Template } from './template.js';

/** What a body, of a template or a macro, calls and includes directly, in the order of the source. */
type Step =
  | { readonly kind: 'call'; readonly name: string; readonly node: CallNode }
  /** `library.name(…)` */
  | { readonly kind: 'member'; readonly library: string; readonly name: string; readonly node: CallNode }
  | { readonly kind: 'include'; readonly name: string; readonly node: TreeNode };

/** The names that a file gives to macros. */
interface FileNames {
  readonly macros: ReadonlyMap<string, MacroDefinition>;
  /** `{% import 'x' as library %}`: the template's name. */
  readonly libraries: ReadonlyMap<string, string>;
  /** `{% from 'x' import name as alias %}` by alias. */
  readonly imported: ReadonlyMap<string, { readonly template: string; readonly name: string }>;
}

const givesNames = /\b(?:macro|import)\b/;
const noNames: FileNames = { macros: new Map(), libraries: new Map(), imported: new Map() };

/** A template's top level or a macro's body: what is gone through once for each. */
interface Unit {
  /** What makes it the same unit when it is reached again. */
  readonly key: object;
  readonly file: SourceFile;
  readonly steps: readonly Step[];
  /** The file's own first, then those of the files that include it. */
  readonly scopes: readonly FileNames[];
  /** The top level of a file of macros: what it sets is evaluated before the macro. */
  readonly before?: Unit;
}

interface Walk {
  readonly names: ReadonlySet<string>;
  readonly found: StaticCall[];
  readonly seen: Set<object>;
}

/** Finds calls without running anything: in every branch, and in all macros and includes that are reached. */
export class StaticCalls {
  readonly #macros: MacroLibrary;
  readonly #include: (name: string) => Template | undefined;
  readonly #steps = new WeakMap<TreeNode, readonly Step[]>();
  readonly #fileNames = new WeakMap<Template, FileNames>();
  readonly #topLevels = new WeakMap<MacroModule, Unit>();

  constructor(macros: MacroLibrary, include: (name: string) => Template | undefined) {
    this.#macros = macros;
    this.#include = include;
  }

  of(template: Template, names: ReadonlySet<string>): readonly StaticCall[] {
    if (template.root === undefined) return [];
    const found: StaticCall[] = [];
    this.#walk(this.#unitOf(template, []), { names, found, seen: new Set() }, []);
    return found;
  }

  #walk(unit: Unit, walk: Walk, calledFrom: readonly Place[]): void {
    if (walk.seen.has(unit.key)) return;
    walk.seen.add(unit.key);
    if (unit.before !== undefined) this.#walk(unit.before, walk, calledFrom);
    for (const step of unit.steps) {
      const target = this.#targetOf(step, unit);
      if (target !== undefined) this.#walk(target, walk, [placeOf(unit.file, step.node), ...calledFrom]);
      else if (step.kind === 'call' && walk.names.has(step.name)) walk.found.push(staticCall(step.name, step.node, unit.file, calledFrom));
    }
  }

  /** The macro or template that a step leads to; undefined where it is a function's, or cannot be told. */
  #targetOf(step: Step, unit: Unit): Unit | undefined {
    switch (step.kind) {
      case 'include': {
        const template = this.#include(step.name);
        return template === undefined ? undefined : this.#unitOf(template, unit.scopes);
      }
      case 'member': {
        const library = first(unit.scopes, ({ libraries }) => libraries.get(step.library));
        return library === undefined ? undefined : this.#exportedMacro(library, step.name);
      }
      case 'call':
        return this.#macroUnit(step.name, unit.scopes);
      default:
        return unreachable(step);
    }
  }

  #macroUnit(name: string, scopes: readonly FileNames[]): Unit | undefined {
    for (const scope of scopes) {
      const own = scope.macros.get(name);
      if (own !== undefined) return { key: own.node, file: own.file, steps: this.#stepsOf(own.node), scopes: [scope] };
      const imported = scope.imported.get(name);
      if (imported !== undefined) return this.#exportedMacro(imported.template, imported.name);
    }
    const entry = this.#macros.entry(name);
    return entry === undefined ? undefined : this.#libraryUnit(entry);
  }

  #libraryUnit({ definition, module }: LibraryEntry): Unit {
    const { node } = definition;
    const before = this.#topLevelOf(module);
    return { key: node, file: definition.file, steps: this.#stepsOf(node), scopes: before.scopes, before };
  }

  #topLevelOf(module: MacroModule): Unit {
    let unit = this.#topLevels.get(module);
    if (unit === undefined) {
      const { definitions, file, statements } = module;
      const names = readFileNames([...definitions.map(({ node }) => node), ...statements], file);
      unit = { key: module, file, steps: statements.flatMap(readSteps), scopes: [names] };
      this.#topLevels.set(module, unit);
    }
    return unit;
  }

  #exportedMacro(templateName: string, name: string): Unit | undefined {
    const template = this.#include(templateName);
    if (template?.root === undefined) return undefined;
    const names = this.#namesOf(template);
    const macro = names.macros.get(name);
    return macro === undefined ? undefined : { key: macro.node, file: template.file, steps: this.#stepsOf(macro.node), scopes: [names] };
  }

  #unitOf(template: Template, outer: readonly FileNames[]): Unit {
    const { file, root } = template;
    return { key: template, file, steps: root === undefined ? [] : this.#stepsOf(root), scopes: [this.#namesOf(template), ...outer] };
  }

  #namesOf(template: Template): FileNames {
    let names = this.#fileNames.get(template);
    if (names === undefined) {
      const { file, root } = template;
      // Most files give no names: one look at the text is cheaper than a walk.
      names = root !== undefined && givesNames.test(file.text) ? readFileNames([root], file) : noNames;
      this.#fileNames.set(template, names);
    }
    return names;
  }

  #stepsOf(node: TreeNode): readonly Step[] {
    let steps = this.#steps.get(node);
    if (steps === undefined) {
      steps = readSteps(node);
      this.#steps.set(node, steps);
    }
    return steps;
  }
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Macros defined inside of the body are left out: they count where they are called. */
function readSteps(body: TreeNode): readonly Step[] {
  const steps: Step[] = [];
  const visit = (node: TreeNode): void => {
    if (node.typename === 'Macro') return;
    forEachChild(node, visit);
    if (node.typename === 'FunCall') addCall(node, steps);
    else if (node.typename === 'Include' || node.typename === 'Import' || node.typename === 'FromImport') {
      const name = constant(node.template);
      if (typeof name === 'string') steps.push({ kind: 'include', name, node });
    }
  };
  if (body.typename === 'Macro') forEachChild(body, visit);
  else visit(body);
  return steps;
}

function addCall(node: CallNode, steps: Step[]): void {
  const { name } = node;
  if (name.typename === 'Symbol') steps.push({ kind: 'call', name: name.value, node });
  if (name.typename !== 'LookupVal' || name.target.typename !== 'Symbol' || name.val?.typename !== 'Literal') return;
  steps.push({ kind: 'member', library: name.target.value, name: String(name.val.value), node });
}

/** Names count in the whole file, wherever in it they are given. */
function readFileNames(roots: readonly TreeNode[], file: SourceFile): FileNames {
  const macros = new Map<string, MacroDefinition>();
  const libraries = new Map<string, string>();
  const imported = new Map<string, { template: string; name: string }>();
  const visit = (node: TreeNode): void => {
    if (node.typename === 'Macro') addMacro(node, file, macros);
    else if (node.typename === 'Import' || node.typename === 'FromImport') addImport(node, libraries, imported);
    forEachChild(node, visit);
  };
  for (const root of roots) visit(root);
  return { macros, libraries, imported };
}

function addMacro(node: MacroNode, file: SourceFile, macros: Map<string, MacroDefinition>): void {
  const definition = definitionOf(node, file);
  macros.set(definition.name, definition);
}

function addImport(
  node: ImportNode | FromImportNode,
  libraries: Map<string, string>,
  imported: Map<string, { template: string; name: string }>,
): void {
  const template = constant(node.template);
  if (typeof template !== 'string') return;
  if (node.typename === 'Import') {
    if (node.target.typename === 'Symbol') libraries.set(node.target.value, template);
    return;
  }
  for (const child of node.names.children) {
    const [name, alias] = child.typename === 'Pair' ? [child.key, child.value] : [child, child];
    if (name.typename === 'Symbol' && alias.typename === 'Symbol') imported.set(alias.value, { template, name: name.value });
  }
}

function staticCall(name: string, node: CallNode, file: SourceFile, calledFrom: readonly Place[]): StaticCall {
  const { keywords, positional } = splitArguments(node.args.children);
  const pairs = keywords?.children ?? [];
  return {
    name,
    args: positional.map(constant),
    keywords: Object.fromEntries(pairs.map((pair) => [keyOf(pair) ?? '', constant(pair.value)])),
    at: placeOf(file, node),
    calledFrom,
  };
}

/** The value of an expression that is the same in every render, else `dynamic`; members of lists and dictionaries one by one. */
function constant(node: Expression): unknown {
  if (node.typename === 'Literal') return node.value;
  if (node.typename === 'Array') return node.children.map(constant);
  if (node.typename === 'Dict') return Object.fromEntries(node.children.map((pair) => [keyOf(pair) ?? '', constant(pair.value)]));
  if (node.typename === 'Group') {
    const [only, second] = node.children;
    return only === undefined || second !== undefined ? dynamic : constant(only);
  }
  if (node.typename !== 'Neg') return dynamic;
  const value = constant(node.target);
  return typeof value === 'number' ? -value : dynamic;
}
