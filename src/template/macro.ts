import type { Place, SourceFile } from '../diagnostics/index.js';
import type { CallerNode, Expression, MacroNode } from './nunjucks-internals.js';
import { placeOf } from './places.js';
import type { FileScope, Scope } from './scopes.js';
import { keyOf, splitArguments } from './syntax-tree.js';

/** A macro as it is written, or the body of a `{% call %}`, which is a macro named `caller`. */
export interface MacroDefinition {
  readonly name: string;
  readonly file: SourceFile;
  readonly node: MacroNode | CallerNode;
  readonly required: readonly string[];
  readonly optional: readonly OptionalParameter[];
}

interface OptionalParameter {
  readonly name: string;
  /** Evaluated inside the macro, at each call that does not give the argument. */
  readonly byDefault: Expression;
}

/** The value of a macro's name: its definition and what it sees beside its arguments. */
export class Macro {
  constructor(
    readonly definition: MacroDefinition,
    readonly fileScope: FileScope,
    /** What surrounds the body of a `{% call %}`; undefined for a macro, which sees no local names. */
    readonly scope?: Scope,
  ) {}
}

const definitions = new WeakMap<MacroNode | CallerNode, MacroDefinition>();

export function definitionOf(node: MacroNode | CallerNode, file: SourceFile): MacroDefinition {
  let definition = definitions.get(node);
  if (definition === undefined) {
    definition = readDefinition(node, file);
    definitions.set(node, definition);
  }
  return definition;
}

/** Malformed parameters are left out here; `lint` reports them. */
function readDefinition(node: MacroNode | CallerNode, file: SourceFile): MacroDefinition {
  const { keywords, positional } = splitArguments(node.args.children);
  return {
    name: node.name.typename === 'Symbol' ? node.name.value : '',
    file,
    node,
    required: positional.flatMap((parameter) => (parameter.typename === 'Symbol' ? [parameter.value] : [])),
    optional: (keywords?.children ?? []).flatMap((pair) => {
      const name = keyOf(pair);
      return name === undefined ? [] : [{ name, byDefault: pair.value }];
    }),
  };
}

/** The name in `{% macro name(…) %}`. */
export function placeOfDefinition({ file, node }: MacroDefinition): Place {
  return placeOf(file, node.name);
}

/** `cols(names, sep=…)` */
export function signature({ name, optional, required }: MacroDefinition): string {
  return `${name}(${[...required, ...optional.map((parameter) => `${parameter.name}=…`)].join(', ')})`;
}
