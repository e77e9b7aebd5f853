import type { Code, Place } from '../diagnostics/index.js';

/** The text that a template gave, and the way back from it. */
export interface Rendered {
  readonly text: string;
  /**
   * Where the character at a UTF-16 offset of `text` came from: the innermost template text or expression first, then the
   * calls and includes that led there. Never empty; exact for template text, the start of the expression for computed values.
   */
  locate(offset: number): readonly Place[];
}

/** A call that a template holds, whether it is reached or not. Arguments that are no constants are `dynamic`. */
export interface StaticCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly keywords: Readonly<Record<string, unknown>>;
  readonly at: Place;
  /** The calls of macros through which it was found, innermost first. */
  readonly calledFrom: readonly Place[];
}

export const dynamic: unique symbol = Symbol('dynamic');

/** How the functions that templates call (`ref`, `config`, …) are written: positional and keyword arguments apart. */
export type TemplateFunction = (args: readonly unknown[], keywords: Readonly<Record<string, unknown>>) => unknown;

/** The argument of a call that a mistake is about, where it was given by name. */
interface BlamedArgument {
  readonly name: string;
  readonly part: 'name' | 'value';
}

/** Thrown by a template function for a mistake of the author's; the engine adds the place of the call, or of the argument. */
export class TemplateMistake extends Error {
  constructor(
    readonly code: Code,
    message: string,
    readonly hint?: string,
    readonly argument?: BlamedArgument,
  ) {
    super(message);
    this.name = 'TemplateMistake';
  }
}

/** Thrown by a template function for several mistakes in one call. */
export class TemplateMistakes extends Error {
  constructor(readonly mistakes: readonly TemplateMistake[]) {
    super(mistakes.map(({ message }) => message).join('\n'));
    this.name = 'TemplateMistakes';
  }
}
