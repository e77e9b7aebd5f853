import { didYouMean } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import { Macro } from './macro.js';
import type { LookupNode } from './nunjucks-internals.js';
import { Traced } from './output.js';
import { fail } from './template-error.js';
import { Method } from './values.js';

/** They lead to the JavaScript behind a value. */
const forbidden = new Set(['constructor', '__proto__', 'prototype', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__']);

const stringMethods = new Set(
  ('at charAt concat endsWith includes indexOf lastIndexOf padEnd padStart repeat replace replaceAll slice split startsWith ' +
    'substr substring toLowerCase toString toUpperCase trim trimEnd trimStart').split(' '),
);
const listMethods = new Set('at concat flat includes indexOf join lastIndexOf pop push reverse shift slice sort toString unshift'.split(' '));
const numberMethods = new Set(['toFixed', 'toString']);

/** True for a path of names, as some filters take, that leads to the JavaScript behind a value. */
export function isForbidden(path: string): boolean {
  return path.split('.').some((name) => forbidden.has(name));
}

/** What Python's methods are called here. */
const pythonMethods: ReadonlyMap<string, string> = new Map([
  ['append', 'Write "push(…)".'],
  ['extend', 'Write "concat(…)".'],
  ['upper', 'Write "toUpperCase()", or the filter "| upper".'],
  ['lower', 'Write "toLowerCase()", or the filter "| lower".'],
  ['strip', 'Write "trim()".'],
  ['startswith', 'Write "startsWith(…)".'],
  ['endswith', 'Write "endsWith(…)".'],
  ['items', 'Write "{% for key, value in … %}" for a loop over all.'],
]);

/**
 * `target.key` or `target[key]`: an object's own property, a list's element, a character, a `length`, or one of the methods that
 * are safe. undefined where there is none.
 */
export function member(target: unknown, key: unknown, node: LookupNode, activation: Activation): unknown {
  if (typeof key !== 'string' && typeof key !== 'number') return undefined;
  const name = String(key);
  if (forbidden.has(name)) return fail(activation, node, 'DBL1215', `"${name}" cannot be looked up in a template`);
  if (target instanceof Traced) return ofString(target, target.text, name);
  if (typeof target === 'string') return ofString(target, target, name);
  if (typeof target === 'number') return method(target, target, name, numberMethods);
  if (typeof target !== 'object' || target === null || target instanceof Method || target instanceof Macro) return undefined;
  if (Object.hasOwn(target, name)) return Reflect.get(target, name);
  return Array.isArray(target) ? method(target, target, name, listMethods) : undefined;
}

/** What to write in place of a member that there is not. */
export function memberHint(target: unknown, key: unknown): string | undefined {
  if (typeof key !== 'string') return undefined;
  const known = pythonMethods.get(key);
  if (known !== undefined) return known;
  if (typeof target === 'string' || target instanceof Traced) return didYouMean(key, [...stringMethods, 'length']);
  if (Array.isArray(target)) return didYouMean(key, [...listMethods, 'length']);
  if (typeof target !== 'object' || target === null || target instanceof Macro) return undefined;
  const names = Object.keys(target).filter((name) => typeof Reflect.get(target, name) !== 'function');
  return didYouMean(key, names) ?? (names.length > 0 && names.length <= mostListed ? `It has ${quotedList(names)}.` : undefined);
}

/** More names than this are no help. */
const mostListed = 6;

function quotedList(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} and ${last}`;
}

function ofString(target: string | Traced, text: string, name: string): unknown {
  const boxed: object = Object(text);
  if (Object.hasOwn(boxed, name)) return Reflect.get(boxed, name);
  return method(target, text, name, stringMethods);
}

/** `target` is the value of the template, `receiver` what JavaScript calls the method on. */
function method(target: unknown, receiver: unknown, name: string, allowed: ReadonlySet<string>): Method | undefined {
  if (!allowed.has(name)) return undefined;
  const implementation: unknown = Reflect.get(Object(receiver), name);
  if (typeof implementation !== 'function') return undefined;
  return new Method(target, name, (...args) => Reflect.apply(implementation, receiver, args));
}
