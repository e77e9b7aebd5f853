import { unreachable } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import { type Callee, call } from './calls.js';
import { applyFilter, applyTest, defaultFilters, definednessTests } from './filtering.js';
import { definitionOf, Macro } from './macro.js';
import { member, memberHint } from './members.js';
import { failUndefined, lookUp } from './names.js';
import type {
  CallNode,
  CaptureNode,
  CompareNode,
  ConcatNode,
  DictNode,
  Expression,
  FilterNode,
  InNode,
  IsNode,
  KeywordArgsNode,
  LookupNode,
  SymbolNode,
} from './nunjucks-internals.js';
import { arithmetic, compare, contains, numberOf } from './operators.js';
import { OutputBuffer, Traced, traced } from './output.js';
import { describe, dottedName, keyOf, splitArguments, testName } from './syntax-tree.js';
import { fail } from './template-error.js';
import { Method, noteHolder, plain, textOf } from './values.js';

const noKeywords: Readonly<Record<string, unknown>> = Object.freeze({});

/** The value of an expression. A name that is not defined is a mistake; a member that an object lacks is undefined. */
export function evaluate(node: Expression, activation: Activation): unknown {
  switch (node.typename) {
    case 'Literal':
      return node.value;
    case 'Symbol':
      return noFunction(valueOfName(node, activation), node, activation);
    case 'Group':
      return evaluateGroup(node.children, activation);
    case 'Array': {
      const list = node.children.map((child) => evaluate(child, activation));
      return noteHolder(list, list, activation.rendering);
    }
    case 'Dict':
      return evaluateDictionary(node, activation, evaluate);
    case 'InlineIf':
      if (isTrue(node.cond, activation)) return evaluate(node.body, activation);
      return node.else_ === null ? '' : evaluate(node.else_, activation);
    case 'In':
      return evaluateIn(node, activation);
    case 'Is':
      return evaluateTest(node, activation);
    case 'Or': {
      const left = evaluate(node.left, activation);
      return isTruthy(left) ? left : evaluate(node.right, activation);
    }
    case 'And': {
      const left = evaluate(node.left, activation);
      return isTruthy(left) ? evaluate(node.right, activation) : left;
    }
    case 'Not':
      return !isTrue(node.target, activation);
    case 'Neg':
      return -toNumber(node.target, activation);
    case 'Pos':
      return toNumber(node.target, activation);
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
    case 'Mod':
    case 'FloorDiv':
    case 'Pow':
      return arithmetic(node, activation, need);
    case 'Concat':
      return concatenate(node, activation);
    case 'Compare':
      return evaluateComparison(node, activation);
    case 'LookupVal':
      return noFunction(lookUpMember(node, needTarget(node, activation), activation), node, activation);
    case 'FunCall':
      return evaluateCall(node, activation);
    case 'Filter':
      return evaluateFilter(node, activation);
    case 'Caller':
      return new Macro(definitionOf(node, activation.file), activation.fileScope, activation.scope);
    case 'Capture':
      return capture(node, activation);
    case 'KeywordArgs':
      return fail(activation, node, 'DBL1201', 'arguments by name stand last in a call');
    default:
      return unreachable(node);
  }
}

/** As `evaluate`, where an undefined value is a mistake too. */
export function need(node: Expression, activation: Activation): unknown {
  const value = evaluate(node, activation);
  if (value !== undefined) return value;
  const hint = node.typename === 'LookupVal' ? hintForMember(node, activation) : undefined;
  return fail(activation, node, 'DBL1203', `${describe(node)} is undefined`, hint === undefined ? {} : { hint });
}

/** Looks the object up again, where that calls nothing. */
function hintForMember({ target, val }: LookupNode, activation: Activation): string | undefined {
  if ((target.typename !== 'Symbol' && target.typename !== 'LookupVal') || val?.typename !== 'Literal') return undefined;
  return dottedName(target) === undefined ? undefined : memberHint(evaluateLeniently(target, activation), val.value);
}

/** As JavaScript has it; a traced text is never empty. */
export function isTrue(node: Expression, activation: Activation): boolean {
  return isTruthy(evaluate(node, activation));
}

function isTruthy(value: unknown): boolean {
  return Boolean(value);
}

/** As `evaluate`, where a name that is not defined is undefined, and functions are values. */
function evaluateLeniently(node: Expression, activation: Activation): unknown {
  if (node.typename === 'Symbol') return lookUp(node, activation);
  if (node.typename !== 'LookupVal') return evaluate(node, activation);
  const target = evaluateLeniently(node.target, activation);
  return target === undefined || target === null ? undefined : lookUpMember(node, target, activation);
}

function valueOfName(node: SymbolNode, activation: Activation): unknown {
  const value = lookUp(node, activation);
  return value === undefined ? failUndefined(node, activation) : value;
}

/** Functions of the host never become values, so that no filter or dictionary can get at them. */
function noFunction(value: unknown, node: Expression, activation: Activation): unknown {
  if (typeof value !== 'function' && !(value instanceof Method)) return value;
  const name = describe(node);
  return fail(activation, node, 'DBL1219', `${name} is a ${value instanceof Method ? 'method' : 'function'}`, {
    hint: `Write ${name.startsWith('"') ? `${name.slice(0, -1)}()"` : '"()" after it'} to call it.`,
  });
}

/** As in JavaScript, the last of the values between the parentheses. */
function evaluateGroup(children: readonly Expression[], activation: Activation): unknown {
  let value: unknown;
  for (const child of children) value = evaluate(child, activation);
  return value;
}

function evaluateDictionary(
  node: DictNode | KeywordArgsNode,
  activation: Activation,
  valueOf: (node: Expression, activation: Activation) => unknown,
): Record<string, unknown> {
  // Not by assignment: "__proto__" is an ordinary key here.
  const dictionary = Object.fromEntries(node.children.map((pair) => [keyOf(pair) ?? '', valueOf(pair.value, activation)]));
  return noteHolder(dictionary, Object.values(dictionary), activation.rendering);
}

function evaluateIn(node: InNode, activation: Activation): boolean {
  const item = plain(need(node.left, activation), activation.rendering);
  return contains(plain(need(node.right, activation), activation.rendering), item, node.right, activation);
}

function evaluateTest(node: IsNode, activation: Activation): boolean {
  const { left, right } = node;
  const name = testName(right) ?? '';
  if (definednessTests.has(name)) {
    const value = evaluateLeniently(left, activation);
    if (name === 'callable') return value instanceof Macro || value instanceof Method || typeof value === 'function';
    return (value === undefined) === (name === 'undefined');
  }
  const args = right.typename === 'FunCall' ? right.args.children.map((child) => need(child, activation)) : [];
  return applyTest(node, evaluate(left, activation), args, activation);
}

function evaluateComparison(node: CompareNode, activation: Activation): boolean {
  const [operand, second] = node.ops;
  if (operand === undefined || second !== undefined) return fail(activation, node, 'DBL1208', 'comparisons cannot be chained');
  const left = plain(evaluate(node.expr, activation), activation.rendering);
  return compare(operand.type, left, plain(evaluate(operand.expr, activation), activation.rendering));
}

function toNumber(node: Expression, activation: Activation): number {
  return numberOf(plain(need(node, activation), activation.rendering), node, activation);
}

/** `left ~ right` */
function concatenate(node: ConcatNode, activation: Activation): unknown {
  const buffer = new OutputBuffer(activation.file);
  let isTraced = false;
  for (const operand of [node.left, node.right]) {
    const value = need(operand, activation);
    if (value instanceof Traced) isTraced = true;
    buffer.append(operand, textOf(value, operand, activation), value instanceof Traced ? value.origin : undefined);
  }
  return isTraced ? traced(buffer.text, buffer) : buffer.text;
}

function needTarget(node: LookupNode, activation: Activation): unknown {
  const target = need(node.target, activation);
  if (target !== null) return target;
  return fail(activation, node.target, 'DBL1203', `${describe(node.target)} is none and has no members`);
}

function lookUpMember(node: LookupNode, target: unknown, activation: Activation): unknown {
  const key = node.val === null ? undefined : plain(need(node.val, activation), activation.rendering);
  return member(target, key, node, activation);
}

function evaluateCall(node: CallNode, activation: Activation): unknown {
  const callee = calleeOf(node.name, activation);
  const { keywords, positional } = splitArguments(node.args.children);
  const args = positional.map((argument) => need(argument, activation));
  const named = keywords === undefined ? noKeywords : evaluateDictionary(keywords, activation, need);
  return call(callee, args, named, node, activation);
}

function calleeOf(node: Expression, activation: Activation): Callee {
  if (node.typename === 'Symbol') return { value: valueOfName(node, activation), receiver: undefined };
  if (node.typename !== 'LookupVal') return { value: evaluate(node, activation), receiver: undefined };
  const receiver = needTarget(node, activation);
  const value = lookUpMember(node, receiver, activation);
  if (value !== undefined) return { value, receiver };
  const hint = node.val?.typename === 'Literal' ? memberHint(receiver, node.val.value) : undefined;
  return fail(activation, node, 'DBL1202', `${describe(node)} is not defined`, hint === undefined ? {} : { hint });
}

function evaluateFilter(node: FilterNode, activation: Activation): unknown {
  const { keywords, positional } = splitArguments(node.args.children);
  if (defaultFilters.has(node.name.value) && keywords === undefined) return evaluateDefault(positional, activation);
  const args = positional.map((argument) => need(argument, activation));
  return applyFilter(node, args, keywords === undefined ? undefined : evaluateDictionary(keywords, activation, need), activation);
}

/** `value | default(instead, true)`: with the flag, a value that is false, none, 0 or empty is replaced too. */
function evaluateDefault([input, instead, flag]: readonly Expression[], activation: Activation): unknown {
  const value = input === undefined ? undefined : evaluateLeniently(input, activation);
  const replaceFalse = flag !== undefined && isTrue(flag, activation);
  if (replaceFalse ? isTruthy(value) : value !== undefined) return input === undefined ? value : noFunction(value, input, activation);
  return instead === undefined ? '' : evaluate(instead, activation);
}

/** What the body of a `{% set %}` or `{% filter %}` writes. */
function capture(node: CaptureNode, activation: Activation): Traced | '' {
  const outer = activation.output;
  const buffer = new OutputBuffer(activation.file);
  activation.output = buffer;
  try {
    activation.rendering.interpreter.execute(node.body, activation);
  } finally {
    activation.output = outer;
  }
  return traced(buffer.text, buffer);
}
