import type { Diagnostic } from '../diagnostics/index.js';
import { error, unreachable } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import { evaluate, isTrue, need } from './expressions.js';
import { forEachElement } from './loops.js';
import { definitionOf, Macro } from './macro.js';
import { nested } from './macro-calls.js';
import type {
  BodyNode,
  Expression,
  FromImportNode,
  ImportNode,
  IncludeNode,
  MacroNode,
  OutputNode,
  RootNode,
  SetNode,
  Statement,
  SwitchNode,
} from './nunjucks-internals.js';
import { OutputBuffer, Traced } from './output.js';
import { placeOf } from './places.js';
import { FileScope, Scope } from './scopes.js';
import { fail, TemplateError, through } from './template-error.js';
import { plain, textOf } from './values.js';

export function execute(body: BodyNode | RootNode, activation: Activation): void {
  for (const statement of body.children) executeStatement(statement, activation);
}

function executeStatement(node: Statement, activation: Activation): void {
  switch (node.typename) {
    case 'Output':
      return print(node, activation);
    case 'NodeList':
      return execute(node, activation);
    case 'If':
    case 'IfAsync':
      if (isTrue(node.cond, activation)) execute(node.body, activation);
      else if (node.else_ !== null) executeStatement(node.else_, activation);
      return;
    case 'For':
    case 'AsyncEach':
    case 'AsyncAll': {
      const count = forEachElement(node, need(node.arr, activation), activation, () => execute(node.body, activation));
      if (count === 0 && node.else_ !== null) execute(node.else_, activation);
      return;
    }
    case 'Set':
      return assign(node, activation);
    case 'Macro':
      return defineMacro(node, activation);
    case 'Include':
      return include(node, activation);
    case 'Import':
      if (node.target.typename === 'Symbol') bindName(node.target.value, importFrom(node, activation), activation);
      return;
    case 'FromImport':
      return importNames(node, activation);
    case 'Switch':
      return choose(node, activation);
    case 'Block':
    case 'Extends':
      throw new TemplateError([unsupportedTag(node.typename.toLowerCase(), node, activation)]);
    default:
      unreachable(node);
  }
}

export function unsupportedTag(tag: string, node: Statement, { file }: Pick<Activation, 'file'>): Diagnostic {
  return error('DBL1207', `"{% ${tag} %}" is not for SQL templates`, placeOf(file, node), {
    hint: tag === 'block' || tag === 'extends' ? 'Use macros or "{% include %}".' : 'Use "{% if %}" or "{% for %}".',
  });
}

function print(node: OutputNode, activation: Activation): void {
  for (const child of node.children) {
    if (child.typename === 'TemplateData') {
      if (child.value !== '') activation.output.append(child, child.value);
      continue;
    }
    try {
      printValue(child, activation);
    } catch (thrown) {
      goOnAfter(thrown, activation);
    }
  }
}

/** Only the file itself goes on: further in, the calls that lead to the mistake are not known yet. */
function goOnAfter(thrown: unknown, { rendering }: Activation): void {
  if (rendering.depth > 0) throw thrown;
  rendering.mistakes.add(thrown);
}

function printValue(node: Expression, activation: Activation): void {
  const value = need(node, activation);
  if (value instanceof Traced) activation.output.append(node, value.text, value.origin);
  else activation.output.append(node, textOf(value, node, activation));
}

function assign(node: SetNode, activation: Activation): void {
  const source = node.value ?? node.body;
  const value = source === undefined ? undefined : evaluate(source, activation);
  for (const target of node.targets) {
    if (target.typename !== 'Symbol') continue;
    activation.scope.assign(target.value, value);
    if (activation.scope.topLevel) activation.fileScope.export(target.value, value);
  }
}

function defineMacro(node: MacroNode, activation: Activation): void {
  const definition = definitionOf(node, activation.file);
  const macro = new Macro(definition, activation.fileScope);
  if (activation.scope.topLevel) activation.fileScope.export(definition.name, macro);
  else activation.scope.declare(definition.name, macro);
}

/** A name that an import brings: the file's own macros see it, but it is not exported again. */
function bindName(name: string, value: unknown, { fileScope, scope }: Activation): void {
  if (scope.topLevel) fileScope.set(name, value);
  else scope.declare(name, value);
}

function include(node: IncludeNode, activation: Activation): void {
  const name = templateName(node, activation);
  if (node.ignoreMissing === true && activation.rendering.include(name) === undefined) return;
  const scope = new Scope(activation.scope, true, true);
  try {
    const output = run(name, node, activation, new FileScope(activation.fileScope), scope);
    activation.output.append(node, output.text, output);
  } catch (thrown) {
    goOnAfter(thrown, activation);
  }
}

function importFrom(node: ImportNode | FromImportNode, activation: Activation): Record<string, unknown> {
  const withContext = node.withContext === true;
  const fileScope = new FileScope(withContext ? activation.fileScope : undefined);
  const scope = new Scope(withContext ? activation.scope : undefined, true, true);
  run(templateName(node, activation), node, activation, fileScope, scope);
  return fileScope.exports();
}

function importNames(node: FromImportNode, activation: Activation): void {
  const exports = importFrom(node, activation);
  for (const child of node.names.children) {
    const [source, alias] = child.typename === 'Pair' ? [child.key, child.value] : [child, child];
    if (source.typename !== 'Symbol' || alias.typename !== 'Symbol') continue;
    if (!Object.hasOwn(exports, source.value)) {
      const known = Object.keys(exports);
      fail(activation, source, 'DBL1217', `"${templateName(node, activation)}" has no "${source.value}" to import`, {
        hint: known.length === 0 ? 'It defines no macros and sets no variables.' : `It has ${known.map((name) => `"${name}"`).join(', ')}.`,
      });
    }
    bindName(alias.value, exports[source.value], activation);
  }
}

function templateName(node: IncludeNode | ImportNode | FromImportNode, activation: Activation): string {
  const name = plain(need(node.template, activation), activation.rendering);
  return typeof name === 'string' ? name : fail(activation, node.template, 'DBL1211', 'the name of a template is a text');
}

/** Runs another template; its mistakes are reported as reached through `node`. */
function run(name: string, node: IncludeNode | ImportNode | FromImportNode, activation: Activation, fileScope: FileScope, scope: Scope): OutputBuffer {
  const { rendering } = activation;
  const found = rendering.include(name);
  if (found === undefined) {
    const hint = 'A text file is looked for by its path from the folder of the project, and from "macros".';
    return fail(activation, node.template, 'DBL1211', `there is no template "${name}"`, { hint });
  }
  return through(activation, node, () =>
    nested(activation, node, `template "${name}"`, () => {
      if (found.value === undefined) throw new TemplateError(found.diagnostics);
      const { file, root } = found.value;
      const output = new OutputBuffer(file);
      if (root === undefined) output.append({ typename: 'TemplateData', lineno: 0, colno: 0, value: file.text }, file.text);
      else execute(root, { rendering, file, fileScope, scope, output });
      return output;
    }),
  );
}

/** As in JavaScript, cases are compared strictly, and an empty one falls through to the next. */
function choose(node: SwitchNode, activation: Activation): void {
  const { rendering } = activation;
  const value = plain(evaluate(node.expr, activation), rendering);
  let isMatched = false;
  for (const { body, cond } of node.cases) {
    if (!isMatched && plain(evaluate(cond, activation), rendering) === value) isMatched = true;
    if (!isMatched || body.children.length === 0) continue;
    execute(body, activation);
    return;
  }
  if (node.default !== null) execute(node.default, activation);
}
