import { unreachable } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import type { ArithmeticNode, CompareOperandNode, Expression } from './nunjucks-internals.js';
import { OutputBuffer, Traced, traced } from './output.js';
import { describe } from './syntax-tree.js';
import { fail } from './template-error.js';
import { kindOf, ownText, plain, textOf } from './values.js';

type Evaluate = (node: Expression, activation: Activation) => unknown;

/** Operators that bind equally and count from the left. Nunjucks's grammar gives each a level of its own. */
const precedence: Readonly<Record<ArithmeticNode['typename'], number>> = { Add: 1, Sub: 1, Mul: 2, Div: 2, Mod: 2, FloorDiv: 2, Pow: 3 };

/** A chain of operators of equal rank: `a - b + c`. */
export function arithmetic(node: ArithmeticNode, activation: Activation, evaluate: Evaluate): unknown {
  const rank = precedence[node.typename];
  const operands: Expression[] = [];
  const operators: ArithmeticNode['typename'][] = [];
  const flatten = (part: Expression): void => {
    if (rank < 3 && isArithmetic(part) && precedence[part.typename] === rank) {
      flatten(part.left);
      operators.push(part.typename);
      flatten(part.right);
    } else {
      operands.push(part);
    }
  };
  flatten(node.left);
  operators.push(node.typename);
  flatten(node.right);
  return operands.slice(1).reduce(
    (left: Operand, operand, index) => {
      const right = { node: operand, value: evaluate(operand, activation) };
      return { node: left.node, value: operate(operators[index] ?? 'Add', left, right, activation) };
    },
    { node: operands[0] ?? node, value: evaluate(operands[0] ?? node, activation) },
  ).value;
}

interface Operand {
  readonly node: Expression;
  readonly value: unknown;
}

function isArithmetic(node: Expression): node is ArithmeticNode {
  return Object.hasOwn(precedence, node.typename);
}

function operate(operator: ArithmeticNode['typename'], left: Operand, right: Operand, activation: Activation): unknown {
  const { rendering } = activation;
  const a = plain(left.value, rendering);
  const b = plain(right.value, rendering);
  if (operator === 'Add' && !(isNumeric(a) && isNumeric(b))) return addTexts(left, right, activation);
  const x = numberOf(a, left.node, activation);
  const y = numberOf(b, right.node, activation);
  switch (operator) {
    case 'Add':
      return x + y;
    case 'Sub':
      return x - y;
    case 'Mul':
      return x * y;
    case 'Div':
      return x / y;
    case 'Mod':
      return x % y;
    case 'FloorDiv':
      return Math.floor(x / y);
    case 'Pow':
      return x ** y;
    default:
      return unreachable(operator);
  }
}

/** As JavaScript makes numbers of texts. */
export function numberOf(value: unknown, node: Expression, activation: Activation): number {
  if (typeof value !== 'object' || value === null) return Number(value);
  return fail(activation, node, 'DBL1213', `${describe(node)} is ${kindOf(value)} and cannot be calculated with`);
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean' || value === null;
}

function addTexts(left: Operand, right: Operand, activation: Activation): unknown {
  const buffer = new OutputBuffer(activation.file);
  for (const { node, value } of [left, right]) {
    buffer.append(node, textOf(value, node, activation), value instanceof Traced ? value.origin : undefined);
  }
  return left.value instanceof Traced || right.value instanceof Traced ? traced(buffer.text, buffer) : buffer.text;
}

/** As JavaScript compares, so "1" == 1; but an object is its text or, where it has none, equal to itself alone. The values are plain. */
export function compare(operator: CompareOperandNode['type'], left: unknown, right: unknown): boolean {
  const [a, b] = [comparable(left), comparable(right)];
  const equal = a === undefined || b === undefined ? left === right : a === b;
  switch (operator) {
    case '==':
      return equal || looselyEqual(a, b);
    case '!=':
      return !equal && !looselyEqual(a, b);
    case '===':
      return left === right;
    case '!==':
      return left !== right;
    case '<':
      return ordered(a, b, (x, y) => x < y);
    case '>':
      return ordered(a, b, (x, y) => x > y);
    case '<=':
      return ordered(a, b, (x, y) => x <= y);
    case '>=':
      return ordered(a, b, (x, y) => x >= y);
    default:
      return unreachable(operator);
  }
}

type Comparable = string | number | boolean | bigint | null;

/** undefined for undefined, and for what cannot be compared with texts and numbers. */
function comparable(value: unknown): Comparable | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return value;
  return typeof value === 'object' && !Array.isArray(value) ? ownText(value) : undefined;
}

function looselyEqual(left: Comparable | undefined, right: Comparable | undefined): boolean {
  if (left === right) return left !== undefined;
  if (left === null || right === null || left === undefined || right === undefined) return false;
  return typeof left === 'string' && typeof right === 'string' ? false : Number(left) === Number(right);
}

function ordered(
  left: Comparable | undefined,
  right: Comparable | undefined,
  holds: (left: string | number, right: string | number) => boolean,
): boolean {
  if (left === undefined || right === undefined) return false;
  return typeof left === 'string' && typeof right === 'string' ? holds(left, right) : holds(Number(left), Number(right));
}

/** `item in container`: an element, a part of a text, or a key. */
export function contains(container: unknown, item: unknown, node: Expression, activation: Activation): boolean {
  if (Array.isArray(container)) return container.includes(item);
  const key = comparable(item);
  if (typeof container === 'string') return key !== undefined && container.includes(String(key));
  if (typeof container === 'object' && container !== null) return key !== undefined && Object.hasOwn(container, String(key));
  return fail(activation, node, 'DBL1213', `${describe(node)} is ${kindOf(container)}, and nothing is "in" it`);
}
