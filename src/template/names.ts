import { didYouMean } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import { habitualName } from './dbt-habits.js';
import type { SymbolNode } from './nunjucks-internals.js';
import { placeOf } from './places.js';
import { fail, TemplateError, through } from './template-error.js';

/** What a name means at a place: local names, those of the file, the render's variables, functions, macros, in this order. */
export function lookUp(node: SymbolNode, activation: Activation): unknown {
  const { fileScope, rendering, scope } = activation;
  const name = node.value;
  const local = scope.get(name);
  if (local !== undefined) return local;
  const ofFile = fileScope.get(name);
  if (ofFile !== undefined) return ofFile;
  const { functions, macros, variables } = rendering;
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (variable !== undefined) return variable;
  return functions.get(name) ?? (macros.entry(name) === undefined ? undefined : through(activation, node, () => macros.macro(name, rendering)));
}

export function failUndefined(node: SymbolNode, activation: Activation): never {
  if (activation.rendering.macros.isBroken(node.value)) throw new TemplateError([]);
  const hint = hintFor(node.value, activation) ?? hintForArgument(node, activation);
  return fail(activation, node, 'DBL1202', `"${node.value}" is not defined`, hint === undefined ? {} : { hint });
}

/** As other languages write them. */
const constants: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['TRUE', 'true'],
  ['False', 'false'],
  ['FALSE', 'false'],
  ['None', 'none'],
  ['NULL', 'none'],
  ['undefined', 'none'],
]);

/** Names that some templates have, and others not. */
const absent: ReadonlyMap<string, string> = new Map([
  ['caller', 'Only a macro that is called with {% call %} has a "caller".'],
  ['loop', 'Only inside of {% for %} is there a "loop".'],
  ['this', '"this" is the table of a model; a test has none: name one with ref().'],
]);

function hintFor(name: string, { fileScope, rendering, scope }: Activation): string | undefined {
  const known = absent.get(name) ?? habitualName(name);
  if (known !== undefined) return known;
  const constant = constants.get(name);
  if (constant !== undefined) return `Write "${constant}".`;
  const { functions, macros, variables } = rendering;
  return didYouMean(name, [
    ...scope.names(),
    ...fileScope.names(),
    ...Object.keys(variables),
    ...functions.keys(),
    ...macros.names(),
  ]);
}

const before = /[(,=]\s*$/;
const after = /^\s*[,)]/;

/** `ref(agencies)`: a name that is all of an argument was perhaps meant as a text. */
function hintForArgument(node: SymbolNode, { file }: Activation): string | undefined {
  const { end, start } = placeOf(file, node);
  const isArgument = before.test(file.text.slice(Math.max(0, start - 40), start)) && after.test(file.text.slice(end, end + 40));
  return isArgument ? `If it is meant as a text, write it in quotes: '${node.value}'.` : undefined;
}
