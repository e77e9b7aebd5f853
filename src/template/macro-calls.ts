import { didYouMean } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import { type Macro, type MacroDefinition, placeOfDefinition, signature } from './macro.js';
import type { CallNode, TreeNode } from './nunjucks-internals.js';
import { OutputBuffer, type Traced, traced } from './output.js';
import { Scope } from './scopes.js';
import { fail, through } from './template-error.js';

/** Deeper than any sane template, and far from the end of the stack. */
const maximumDepth = 200;

/** Runs a macro; `positional` and `keywords` keep the origins of traced texts. */
export function callMacro(
  macro: Macro,
  positional: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
  node: CallNode,
  caller: Activation,
): Traced | '' {
  const { definition, fileScope, scope } = macro;
  const { rendering } = caller;
  checkArguments(definition, positional.length, keywords, node, caller);
  const activation: Activation = {
    rendering,
    file: definition.file,
    fileScope,
    scope: new Scope(scope, true),
    output: new OutputBuffer(definition.file),
  };
  return through(caller, node, () =>
    nested(caller, node, `macro "${definition.name}"`, () => {
      bind(definition, positional, keywords, activation);
      rendering.interpreter.execute(definition.node.body, activation);
      return traced(activation.output.text, activation.output);
    }),
  );
}

/** Counts how deep macros, includes and imports are nested, so that an endless recursion ends as a mistake. */
export function nested<T>(site: Activation, node: TreeNode, what: string, run: () => T): T {
  const { rendering } = site;
  if (rendering.depth >= maximumDepth) {
    return fail(site, node, 'DBL1214', `${what} leads back to itself: calls are nested more than ${maximumDepth} deep`);
  }
  rendering.depth += 1;
  try {
    return run();
  } finally {
    rendering.depth -= 1;
  }
}

function bind(
  { optional, required }: MacroDefinition,
  positional: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
  activation: Activation,
): void {
  const { scope, rendering } = activation;
  if (Object.hasOwn(keywords, 'caller')) scope.declare('caller', keywords['caller']);
  required.forEach((name, index) => scope.declare(name, index < positional.length ? positional[index] : keywords[name]));
  optional.forEach(({ byDefault, name }, index) => {
    const position = required.length + index;
    if (position < positional.length) scope.declare(name, positional[position]);
    else if (Object.hasOwn(keywords, name)) scope.declare(name, keywords[name]);
    else scope.declare(name, rendering.interpreter.evaluate(byDefault, activation));
  });
}

function checkArguments(
  definition: MacroDefinition,
  given: number,
  keywords: Readonly<Record<string, unknown>>,
  node: CallNode,
  caller: Activation,
): void {
  const { name, required } = definition;
  const parameters = [...required, ...definition.optional.map((parameter) => parameter.name)];
  const refuse = (message: string, hint = `It is defined as "${signature(definition)}".`): never =>
    fail(caller, node, 'DBL1204', message, {
      hint,
      related: [{ message: `macro "${name}" is defined here`, at: placeOfDefinition(definition) }],
    });
  if (given > parameters.length) refuse(`macro "${name}" takes ${count(parameters.length)}, ${given} given`);
  for (const keyword of Object.keys(keywords)) {
    const index = parameters.indexOf(keyword);
    if (index < 0 && keyword !== 'caller') {
      refuse(`macro "${name}" has no argument named "${keyword}"`, didYouMean(keyword, parameters));
    }
    if (index >= 0 && index < given) refuse(`argument "${keyword}" of macro "${name}" is given twice`);
  }
  const missing = required.filter((parameter, index) => index >= given && !Object.hasOwn(keywords, parameter));
  if (missing.length > 0) refuse(`macro "${name}" lacks its argument${missing.length > 1 ? 's' : ''} ${missing.map((one) => `"${one}"`).join(', ')}`);
}

function count(parameters: number): string {
  if (parameters === 0) return 'no arguments';
  return parameters === 1 ? 'at most 1 argument' : `at most ${parameters} arguments`;
}
