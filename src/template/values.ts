import type { Activation, Rendering } from './activation.js';
import { Macro } from './macro.js';
import type { Expression } from './nunjucks-internals.js';
import { Traced } from './output.js';
import { describe } from './syntax-tree.js';
import { fail } from './template-error.js';

/** A method of a string, list or number, bound to its value. */
export class Method {
  constructor(
    readonly target: unknown,
    readonly name: string,
    readonly call: (...args: readonly unknown[]) => unknown,
  ) {}
}

/** For messages: `a string`, `none`, … */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null) return 'none';
  if (value instanceof Traced) return 'a string';
  if (value instanceof Macro) return 'a macro';
  if (value instanceof Method) return 'a method';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

/** The value as functions, filters and operators take it: strings without their origins, at any depth. */
export function plain(value: unknown, { holders }: Rendering): unknown {
  if (value instanceof Traced) return value.text;
  if (typeof value !== 'object' || value === null || !holders.has(value)) return value;
  return copyPlain(value, holders);
}

function copyPlain(value: unknown, holders: WeakSet<object>): unknown {
  if (value instanceof Traced) return value.text;
  if (typeof value !== 'object' || value === null || !holders.has(value)) return value;
  if (Array.isArray(value)) return value.map((element) => copyPlain(element, holders));
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, copyPlain(element, holders)]));
}

/** Notes that a list or dictionary of the template holds traced texts, where it does. */
export function noteHolder<T extends object>(container: T, values: readonly unknown[], { holders }: Rendering): T {
  if (values.some((value) => value instanceof Traced || (typeof value === 'object' && value !== null && holders.has(value)))) {
    holders.add(container);
  }
  return container;
}

/** What `{{ }}` prints and `~` joins. */
export function textOf(value: unknown, node: Expression, activation: Activation): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'object') return textOfObject(value, node, activation);
  return fail(activation, node, 'DBL1218', `${describe(node)} is ${kindOf(value)} and cannot be printed`);
}

function textOfObject(value: object | null, node: Expression, activation: Activation): string {
  if (value === null) {
    return fail(activation, node, 'DBL1218', `${describe(node)} is none and cannot be printed`, {
      hint: 'Write "null" as text for SQL\'s NULL, or give a value with "default(…, true)".',
    });
  }
  if (value instanceof Traced) return value.text;
  if (value instanceof Macro) {
    const { name } = value.definition;
    return fail(activation, node, 'DBL1218', `"${name}" is a macro and cannot be printed`, { hint: `Write "${name}()" to call it.` });
  }
  if (Array.isArray(value)) return value.map((element) => textOf(element, node, activation)).join(',');
  const text = ownText(value);
  if (text !== undefined) return text;
  return fail(activation, node, 'DBL1218', `${describe(node)} is ${kindOf(value)} and cannot be printed`, memberHint(value, node));
}

function memberHint(value: object, node: Expression): { hint?: string } {
  const keys = Object.keys(value).slice(0, 5);
  return node.typename === 'Symbol' && keys.length > 0 ? { hint: `Print a member of it: ${keys.map((key) => `"${node.value}.${key}"`).join(', ')}.` } : {};
}

const objectToString: unknown = Reflect.get(Object.prototype, 'toString');

/** What an object prints where it says so itself; undefined where that would be `[object Object]`. */
export function ownText(value: object): string | undefined {
  const toText: unknown = Reflect.get(value, 'toString');
  return typeof toText === 'function' && toText !== objectToString ? String(Reflect.apply(toText, value, [])) : undefined;
}
