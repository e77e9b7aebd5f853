import { createRequire } from 'node:module';

/**
 * The parts of Nunjucks 3.2 that dbl builds on, with the types that they lack. Its lexer, parser, filters and tests are used;
 * its code generator and environment are not: a template is rendered once, so evaluating its tree is cheaper than compiling it.
 */

/** Both count from 0 and may be absent on nodes that the parser makes up; `colno` is in UTF-16 units. */
interface Node<Name extends string> {
  readonly typename: Name;
  readonly lineno: number | undefined;
  readonly colno: number | undefined;
}

interface ListNode<Name extends string, Child> extends Node<Name> {
  readonly children: readonly Child[];
}

interface UnaryNode<Name extends string> extends Node<Name> {
  readonly target: Expression;
}

interface BinaryNode<Name extends string> extends Node<Name> {
  readonly left: Expression;
  readonly right: Expression;
}

interface LiteralNode extends Node<'Literal'> {
  readonly value: string | number | boolean | null | RegExp;
}

export interface SymbolNode extends Node<'Symbol'> {
  readonly value: string;
}

/** In a dictionary `key: value`; in arguments `name=value`; in an import `name as alias`. */
export interface PairNode extends Node<'Pair'> {
  readonly key: Expression;
  readonly value: Expression;
}

export interface LookupNode extends Node<'LookupVal'> {
  readonly target: Expression;
  /** null for `x[]`. */
  readonly val: Expression | null;
}

/** Arguments of a call; the last child is a KeywordArgs where there are any. */
export interface ArgumentsNode extends ListNode<'NodeList', Expression> {
  /** Offset behind the closing parenthesis; set by `TemplateParser`. */
  end?: number;
}

export interface CallNode extends Node<'FunCall'> {
  readonly name: Expression;
  readonly args: ArgumentsNode;
}

/** `args` begins with the value that the filter is applied to. */
export interface FilterNode extends Node<'Filter'> {
  readonly name: SymbolNode;
  readonly args: ListNode<'NodeList', Expression>;
}

interface InlineIfNode extends Node<'InlineIf'> {
  readonly cond: Expression;
  readonly body: Expression;
  readonly else_: Expression | null;
}

export interface CompareOperandNode extends Node<'CompareOperand'> {
  readonly expr: Expression;
  readonly type: '==' | '===' | '!=' | '!==' | '<' | '>' | '<=' | '>=';
}

export interface CompareNode extends Node<'Compare'> {
  readonly expr: Expression;
  readonly ops: readonly CompareOperandNode[];
}

/** The body of a `{% call %}`, passed to the macro as `caller`. */
export interface CallerNode extends Node<'Caller'> {
  readonly name: SymbolNode;
  readonly args: ListNode<'NodeList', Expression>;
  readonly body: BodyNode;
}

/** The body of `{% set x %}…{% endset %}` and of `{% filter f %}…{% endfilter %}`. */
export interface CaptureNode extends Node<'Capture'> {
  readonly body: BodyNode;
}

type GroupNode = ListNode<'Group', Expression>;
type ArrayNode = ListNode<'Array', Expression>;
export type DictNode = ListNode<'Dict', PairNode>;
export type KeywordArgsNode = ListNode<'KeywordArgs', PairNode>;
export type InNode = BinaryNode<'In'>;
export type IsNode = BinaryNode<'Is'>;
export type ArithmeticNode = BinaryNode<'Add' | 'Sub' | 'Mul' | 'Div' | 'Mod' | 'FloorDiv' | 'Pow'>;
export type ConcatNode = BinaryNode<'Concat'>;

export type Expression =
  | LiteralNode
  | SymbolNode
  | GroupNode
  | ArrayNode
  | DictNode
  | KeywordArgsNode
  | LookupNode
  | CallNode
  | FilterNode
  | InlineIfNode
  | CompareNode
  | CallerNode
  | CaptureNode
  | InNode
  | IsNode
  | BinaryNode<'Or' | 'And'>
  | UnaryNode<'Not' | 'Neg' | 'Pos'>
  | ArithmeticNode
  | ConcatNode;

export interface TemplateDataNode extends Node<'TemplateData'> {
  readonly value: string;
}

export type OutputNode = ListNode<'Output', Expression | TemplateDataNode>;
export type BodyNode = ListNode<'NodeList', Statement>;
export type RootNode = ListNode<'Root', Statement>;

interface IfNode extends Node<'If' | 'IfAsync'> {
  readonly cond: Expression;
  readonly body: BodyNode;
  readonly else_: BodyNode | IfNode | null;
}

export interface ForNode extends Node<'For' | 'AsyncEach' | 'AsyncAll'> {
  readonly arr: Expression;
  /** An array of names for `{% for key, value in … %}`. */
  readonly name: SymbolNode | ArrayNode;
  readonly body: BodyNode;
  readonly else_: BodyNode | null;
}

export interface SetNode extends Node<'Set'> {
  readonly targets: readonly Expression[];
  readonly value: Expression | null;
  /** Instead of `value` where the tag has a body. Nunjucks does not count it among the node's fields. */
  readonly body?: CaptureNode;
}

export interface MacroNode extends Node<'Macro'> {
  readonly name: Expression;
  readonly args: ListNode<'NodeList', Expression>;
  readonly body: BodyNode;
}

export interface IncludeNode extends Node<'Include'> {
  readonly template: Expression;
  readonly ignoreMissing: boolean | null;
}

export interface ImportNode extends Node<'Import'> {
  readonly template: Expression;
  readonly target: Expression;
  readonly withContext: boolean | null;
}

export interface FromImportNode extends Node<'FromImport'> {
  readonly template: Expression;
  readonly names: ListNode<'NodeList', SymbolNode | PairNode>;
  readonly withContext: boolean | null;
}

interface CaseNode extends Node<'Case'> {
  readonly cond: Expression;
  readonly body: BodyNode;
}

export interface SwitchNode extends Node<'Switch'> {
  readonly expr: Expression;
  readonly cases: readonly CaseNode[];
  readonly default: BodyNode | null;
}

interface BlockNode extends Node<'Block'> {
  readonly name: SymbolNode;
  readonly body: BodyNode;
}

interface ExtendsNode extends Node<'Extends'> {
  readonly template: Expression;
}

export type Statement =
  | OutputNode
  | BodyNode
  | IfNode
  | ForNode
  | SetNode
  | MacroNode
  | IncludeNode
  | ImportNode
  | FromImportNode
  | SwitchNode
  | BlockNode
  | ExtendsNode;

export type TreeNode = Statement | Expression | RootNode | TemplateDataNode | PairNode | CompareOperandNode | CaseNode;

export interface Token {
  readonly type: string;
  /** A string but for regular expressions. */
  readonly value: unknown;
  readonly lineno: number;
  readonly colno: number;
}

export interface Tokenizer {
  readonly str: string;
  readonly len: number;
  index: number;
  lineno: number;
  colno: number;
  /** True between `{{` and `}}`, `{%` and `%}`. */
  readonly in_code: boolean;
  forwardN(count: number): void;
  _extractMatching(breakOnMatch: boolean, characters: string): string | null;
}

export interface Parser {
  readonly tokens: Tokenizer;
  readonly peeked: Token | null;
  readonly breakOnBlocks: readonly string[] | null;
  dropLeadingWhitespace: boolean;
  nextToken(withWhitespace?: boolean): Token | null;
  peekToken(): Token | null;
  advanceAfterBlockEnd(name?: string): Token;
  parseStatement(): Statement | null;
  parseRaw(tag?: string): OutputNode;
  parseSignature(tolerant?: boolean, noParens?: boolean): ArgumentsNode | null;
  parseAsRoot(): RootNode;
}

/** What filters and tests find in `this`. */
export interface FilterContext {
  readonly env: {
    readonly opts: { readonly throwOnUndefined: boolean };
    getTest(name: string): TestFunction;
  };
}

export type FilterFunction = (this: FilterContext, ...args: readonly unknown[]) => unknown;
export type TestFunction = (this: FilterContext, ...args: readonly unknown[]) => unknown;

interface Nodes {
  readonly Output: new (lineno: number, colno: number, children: readonly TemplateDataNode[]) => OutputNode;
  readonly TemplateData: new (lineno: number, colno: number, value: string) => TemplateDataNode;
}

const require = createRequire(import.meta.url);

export const { lex } = require('nunjucks/src/lexer.js') as { readonly lex: (text: string) => Tokenizer };
export const { Parser } = require('nunjucks/src/parser.js') as { Parser: new (tokens: Tokenizer) => Parser };
export const nodes = require('nunjucks/src/nodes.js') as Nodes;
/** Some filters wrap their result in it. */
export const { SafeString } = require('nunjucks/src/runtime.js') as { SafeString: new (text: string) => { toString(): string } };

export const filters: ReadonlyMap<string, FilterFunction> = new Map(
  Object.entries(require('nunjucks/src/filters.js') as Record<string, FilterFunction>),
);
export const tests: ReadonlyMap<string, TestFunction> = new Map(
  Object.entries(require('nunjucks/src/tests.js') as Record<string, TestFunction>),
);
