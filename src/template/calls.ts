import type { Activation } from './activation.js';
import { attempt, retrace } from './filtering.js';
import { Macro } from './macro.js';
import { callMacro } from './macro-calls.js';
import type { CallNode } from './nunjucks-internals.js';
import { describe } from './syntax-tree.js';
import { asMistakeAt, fail } from './template-error.js';
import { kindOf, Method, noteHolder, plain } from './values.js';

/** What stands before the parenthesis, and the object that it was looked up in. */
export interface Callee {
  readonly value: unknown;
  readonly receiver: unknown;
}

/** Methods that keep their arguments in the list, with their origins. */
const keepingMethods = new Set(['push', 'unshift', 'concat']);

export function call(
  { receiver, value }: Callee,
  positional: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
  node: CallNode,
  activation: Activation,
): unknown {
  if (value instanceof Macro) return callMacro(value, positional, keywords, node, activation);
  if (value instanceof Method) return callMethod(value, positional, keywords, node, activation);
  if (typeof value === 'function') return callFunction(value, receiver, positional, keywords, node, activation);
  return fail(activation, node.name, 'DBL1212', `${describe(node.name)} is ${kindOf(value)} and cannot be called`);
}

function callFunction(
  callee: Function,
  receiver: unknown,
  positional: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
  node: CallNode,
  activation: Activation,
): unknown {
  const { rendering } = activation;
  const args = positional.map((value) => plain(value, rendering));
  const named = Object.fromEntries(Object.entries(keywords).map(([name, value]) => [name, plain(value, rendering)]));
  try {
    return Reflect.apply(callee, receiver, [args, named]);
  } catch (thrown) {
    throw asMistakeAt(thrown, activation, node);
  }
}

function callMethod(
  method: Method,
  positional: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
  node: CallNode,
  activation: Activation,
): unknown {
  const { rendering } = activation;
  const { name, target } = method;
  if (Object.keys(keywords).length > 0) {
    return fail(activation, node.name, 'DBL1213', `method "${name}" takes no arguments by name`, { hint: 'Give them in their order.' });
  }
  const keeps = Array.isArray(target) && keepingMethods.has(name);
  const args = keeps ? positional : positional.map((value) => plain(value, rendering));
  const result = attempt(() => method.call(...args), target, `method "${name}"`, node.name, activation);
  if (Array.isArray(target)) noteHolder(target, args, rendering);
  return retrace(result, target, node, activation);
}
