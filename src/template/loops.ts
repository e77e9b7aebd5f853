import type { Activation } from './activation.js';
import type { ForNode } from './nunjucks-internals.js';
import { Traced } from './output.js';
import { Scope } from './scopes.js';
import { describe } from './syntax-tree.js';
import { fail } from './template-error.js';
import { kindOf } from './values.js';

/** Runs `body` for each element, with the loop's names and `loop` set. Returns how many there were. */
export function forEachElement(node: ForNode, iterated: unknown, activation: Activation, body: () => void): number {
  const elements = elementsOf(node, iterated, activation);
  const outer = activation.scope;
  const scope = new Scope(outer);
  const names = namesOf(node);
  activation.scope = scope;
  try {
    elements.forEach((element, index) => {
      bindElement(node, names, element, activation);
      scope.declare('loop', loopAt(index, elements.length));
      body();
    });
  } finally {
    activation.scope = outer;
  }
  return elements.length;
}

function namesOf(node: ForNode): readonly string[] {
  const names = node.name.typename === 'Array' ? node.name.children : [node.name];
  return names.flatMap((name) => (name.typename === 'Symbol' ? [name.value] : []));
}

/** Pairs of key and value for an object. */
function elementsOf(node: ForNode, iterated: unknown, activation: Activation): readonly unknown[] {
  if (Array.isArray(iterated)) return iterated;
  const what = describe(node.arr);
  if (typeof iterated === 'string' || iterated instanceof Traced) return Array.from(String(iterated));
  if (typeof iterated !== 'object' || iterated === null) {
    return fail(activation, node.arr, 'DBL1216', `${what} is ${kindOf(iterated)} and cannot be looped over`);
  }
  if (Symbol.iterator in iterated && typeof iterated[Symbol.iterator] === 'function') return [...(iterated as Iterable<unknown>)];
  if (node.name.typename === 'Array') return Object.entries(iterated);
  return fail(activation, node.arr, 'DBL1216', `${what} is ${kindOf(iterated)}, and a loop over one takes two names`, {
    hint: 'Write "{% for key, value in … %}".',
  });
}

function bindElement(node: ForNode, names: readonly string[], element: unknown, activation: Activation): void {
  const { scope } = activation;
  if (node.name.typename === 'Symbol') {
    scope.declare(node.name.value, element);
    return;
  }
  if (!Array.isArray(element)) {
    fail(activation, node.arr, 'DBL1216', `an element of ${describe(node.arr)} is ${kindOf(element)} and cannot be unpacked into ${names.length} names`);
  }
  names.forEach((name, index) => scope.declare(name, element[index]));
}

function loopAt(index: number, length: number): Readonly<Record<string, unknown>> {
  return {
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
  };
}
