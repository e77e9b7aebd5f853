import { unreachable } from '../diagnostics/index.js';
import type { Expression, KeywordArgsNode, PairNode, TreeNode } from './nunjucks-internals.js';

/** Calls `visit` with each node directly below, in the order of the source. */
export function forEachChild(node: TreeNode, visit: (child: TreeNode) => void): void {
  switch (node.typename) {
    case 'Literal':
    case 'Symbol':
    case 'TemplateData':
      return;
    case 'Root':
    case 'NodeList':
    case 'Output':
    case 'Group':
    case 'Array':
    case 'Dict':
    case 'KeywordArgs':
      for (const child of node.children) visit(child);
      return;
    case 'Pair':
      visit(node.key);
      visit(node.value);
      return;
    case 'LookupVal':
      visit(node.target);
      if (node.val !== null) visit(node.val);
      return;
    case 'FunCall':
      visit(node.name);
      for (const argument of node.args.children) visit(argument);
      return;
    case 'Filter':
      for (const argument of node.args.children) visit(argument);
      return;
    case 'InlineIf':
      visit(node.body);
      visit(node.cond);
      if (node.else_ !== null) visit(node.else_);
      return;
    case 'Compare':
      visit(node.expr);
      for (const operand of node.ops) visit(operand);
      return;
    case 'CompareOperand':
      visit(node.expr);
      return;
    case 'Caller':
    case 'Macro':
      for (const argument of node.args.children) visit(argument);
      visit(node.body);
      return;
    case 'Capture':
      visit(node.body);
      return;
    case 'In':
    case 'Is':
    case 'Or':
    case 'And':
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
    case 'Mod':
    case 'FloorDiv':
    case 'Pow':
    case 'Concat':
      visit(node.left);
      visit(node.right);
      return;
    case 'Not':
    case 'Neg':
    case 'Pos':
      visit(node.target);
      return;
    case 'If':
    case 'IfAsync':
      visit(node.cond);
      visit(node.body);
      if (node.else_ !== null) visit(node.else_);
      return;
    case 'For':
    case 'AsyncEach':
    case 'AsyncAll':
      visit(node.arr);
      visit(node.body);
      if (node.else_ !== null) visit(node.else_);
      return;
    case 'Set':
      if (node.value !== null) visit(node.value);
      if (node.body !== undefined) visit(node.body);
      return;
    case 'Include':
    case 'Import':
    case 'FromImport':
    case 'Extends':
      visit(node.template);
      return;
    case 'Switch':
      visit(node.expr);
      for (const branch of node.cases) visit(branch);
      if (node.default !== null) visit(node.default);
      return;
    case 'Case':
      visit(node.cond);
      visit(node.body);
      return;
    case 'Block':
      visit(node.body);
      return;
    default:
      unreachable(node);
  }
}

/** The positional arguments of a call, and the keyword arguments where there are any. */
export function splitArguments(args: readonly Expression[]): {
  readonly positional: readonly Expression[];
  readonly keywords: KeywordArgsNode | undefined;
} {
  const last = args.at(-1);
  return last?.typename === 'KeywordArgs'
    ? { positional: args.slice(0, -1), keywords: last }
    : { positional: args, keywords: undefined };
}

/** The name on the left of `name=value` or `key: value`; undefined where neither a name nor a string or number stands there. */
export function keyOf(pair: PairNode): string | undefined {
  const { key } = pair;
  if (key.typename === 'Symbol') return key.value;
  if (key.typename === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number')) return String(key.value);
  return undefined;
}

/** The name of a test behind `is`: `x is odd`, `x is divisibleby(3)`, `x is none`. */
export function testName(right: Expression): string | undefined {
  if (right.typename === 'Symbol') return right.value;
  if (right.typename === 'Literal') return right.value === null ? 'null' : String(right.value);
  if (right.typename === 'FunCall') return testName(right.name);
  return undefined;
}

/** How a message calls an expression: its name in quotes where it has one. */
export function describe(node: Expression): string {
  const name = dottedName(node);
  if (name !== undefined) return `"${name}"`;
  return node.typename === 'LookupVal' && node.val?.typename === 'Literal' ? `the member "${String(node.val.value)}"` : 'the value';
}

/** `a.b[0]`, `a.b()`: undefined where an expression is more than names. A call is in it only as `()`. */
export function dottedName(node: Expression): string | undefined {
  if (node.typename === 'Symbol') return node.value;
  if (node.typename === 'FunCall') return suffixed(node.name, '()');
  if (node.typename === 'LookupVal' && node.val?.typename === 'Literal') {
    const { value } = node.val;
    return typeof value === 'string' ? suffixed(node.target, `.${value}`) : suffixed(node.target, `[${String(value)}]`);
  }
  return undefined;
}

function suffixed(node: Expression, suffix: string): string | undefined {
  const name = dottedName(node);
  return name === undefined ? undefined : name + suffix;
}
