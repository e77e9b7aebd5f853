import type { Result, SourceFile } from '../diagnostics/index.js';
import type { MacroLibrary } from './macro-library.js';
import type { BodyNode, Expression, RootNode } from './nunjucks-internals.js';
import type { OutputBuffer } from './output.js';
import type { MistakeList } from './mistake-list.js';
import type { TemplateFunction } from './rendered.js';
import type { FileScope, Scope } from './scopes.js';
import type { Template } from './template.js';

/** What one render gives to everything that takes part in it. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly macros: MacroLibrary;
  /** Arrays and objects made by templates that hold traced texts, which no function of the host may see. */
  readonly holders: WeakSet<object>;
  /** undefined: there is no such template. Without a value: it has mistakes. */
  readonly include: (name: string) => Result<Template> | undefined;
}

/** The two halves of the interpreter, which call each other: expressions hold bodies (`caller`), bodies hold expressions. */
interface Interpreter {
  evaluate(node: Expression, activation: Activation): unknown;
  execute(body: BodyNode | RootNode, activation: Activation): void;
}

export interface Rendering extends Surroundings {
  readonly interpreter: Interpreter;
  /** What macro files that set variables have set; evaluated when one of their macros is first used. */
  readonly moduleScopes: Map<object, FileScope>;
  /** How many macros, includes and imports are running inside each other. */
  depth: number;
  /** What went wrong in expressions that could be passed over. */
  readonly mistakes: MistakeList;
}

/** A file or a macro's body while it runs. */
export interface Activation {
  readonly rendering: Rendering;
  readonly file: SourceFile;
  readonly fileScope: FileScope;
  scope: Scope;
  output: OutputBuffer;
}
