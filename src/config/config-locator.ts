import { parse, type ParserOptions } from '@babel/parser';
import type { Place, SourceFile } from '../diagnostics/index.js';
import type { ConfigPlace } from './config-mistake.js';
import type { ConfigFile } from './find-config-file.js';

/**
 * Finds the places of a configuration's keys and values in its source. It follows object literals, constants of the same
 * file and `defineConfig(…)`; where the way is lost (a spread, a computed key, an import) the place is that of the nearest
 * key on it. undefined: the file could not be read at all.
 */
export function configLocator({ text, source: file }: ConfigFile): (at: ConfigPlace) => Place | undefined {
  const program = parseProgram(text);
  if (program === undefined) return () => undefined;
  const constants = constantsOf(program);
  const exported = exportOf(program, constants);
  if (exported === undefined) return () => undefined;
  const place = (node: Node): Place | undefined =>
    typeof node.start === 'number' && typeof node.end === 'number' ? file.place(node.start, node.end) : undefined;

  return ({ path, part }) => {
    let node: Node | undefined = exported.value;
    let found = exported.keyword(file);
    for (const [index, key] of path.entries()) {
      const step: Step | undefined = node && stepInto(resolve(node, constants), key);
      if (step === undefined) return found;
      const last = index === path.length - 1;
      found = place(last && part === 'value' ? step.value : (step.key ?? step.value)) ?? found;
      node = step.value;
    }
    return found;
  };
}

type Program = ReturnType<typeof parse>['program'];
type Statement = Program['body'][number];
type Expression = Extract<Statement, { type: 'ExpressionStatement' }>['expression'];
type Member = Extract<Expression, { type: 'ObjectExpression' }>['properties'][number];
type Property = Extract<Member, { type: 'ObjectProperty' }>;
type Argument = Extract<Expression, { type: 'CallExpression' }>['arguments'][number];
type Exportable = Extract<Statement, { type: 'ExportDefaultDeclaration' }>['declaration'];
type Node = Statement | Expression | Member | Property['key'] | Property['value'] | Argument | Exportable;
type Constants = ReadonlyMap<string, Node>;

interface Step {
  /** undefined in a list. */
  readonly key: Node | undefined;
  readonly value: Node;
}

interface Exported {
  readonly value: Node;
  /** The words `export default`: a mistake of the configuration as a whole is shown there. */
  keyword(file: SourceFile): Place;
}

function parseProgram(text: string): Program | undefined {
  try {
    const options: ParserOptions = { sourceType: 'unambiguous', allowReturnOutsideFunction: true, plugins: ['typescript'] };
    return parse(text, options).program;
  } catch {
    // esbuild has read the file, so this is syntax that the older parser does not know; the mistake is shown without its line.
    return undefined;
  }
}

/** What the names declared at the top of the file were given at first. */
function constantsOf(program: Program): Constants {
  const constants = new Map<string, Node>();
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) {
      if (id.type === 'Identifier' && init != null) constants.set(id.name, init);
    }
  }
  return constants;
}

function exportOf(program: Program, constants: Constants): Exported | undefined {
  for (const statement of program.body) {
    const value = exportedValue(statement, constants);
    if (value === undefined) continue;
    const start = statement.start ?? 0;
    const words = statement.type === 'ExportDefaultDeclaration' ? 'export default'.length : 0;
    const whole = statement.end ?? start;
    return { value, keyword: (file) => file.place(start, words === 0 ? whole : start + words) };
  }
  return undefined;
}

/** `export default …`, `export { config as default }`, `module.exports = …`. */
function exportedValue(statement: Statement, constants: Constants): Node | undefined {
  if (statement.type === 'ExportDefaultDeclaration') return statement.declaration;
  if (statement.type === 'ExportNamedDeclaration' && statement.source == null) {
    for (const specifier of statement.specifiers) {
      if (specifier.type !== 'ExportSpecifier' || nameOf(specifier.exported) !== 'default') continue;
      return constants.get(specifier.local.name);
    }
  }
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') return undefined;
  const { left, right } = statement.expression;
  const isExports =
    left.type === 'MemberExpression' && nameOf(left.object) === 'module' && nameOf(left.property) === 'exports';
  return isExports ? right : undefined;
}

/** Looks through types, `await`, `defineConfig(…)` and names of constants to the literal behind them. */
function resolve(start: Node, constants: Constants): Node {
  const seen = new Set<Node>();
  let node: Node | undefined = start;
  let last = start;
  while (node !== undefined && !seen.has(node)) {
    seen.add(node);
    last = node;
    node = behind(node, constants);
  }
  return last;
}

/** What a node stands for; undefined: itself. */
function behind(node: Node, constants: Constants): Node | undefined {
  const { type } = node;
  if (type === 'TSAsExpression' || type === 'TSSatisfiesExpression' || type === 'TSNonNullExpression') return node.expression;
  if (type === 'AwaitExpression') return node.argument;
  if (type === 'CallExpression') return node.arguments[0];
  return type === 'Identifier' ? constants.get(node.name) : undefined;
}

function stepInto(container: Node, key: string | number): Step | undefined {
  if (container.type === 'ArrayExpression' && typeof key === 'number') {
    const before = container.elements.slice(0, key + 1);
    const value = before.some((element) => element?.type === 'SpreadElement') ? undefined : before[key];
    return value == null ? undefined : { key: undefined, value };
  }
  if (container.type !== 'ObjectExpression') return undefined;
  // The last of two equal keys is the one that counts.
  const property = container.properties.findLast(
    (candidate) => candidate.type !== 'SpreadElement' && !candidate.computed && nameOf(candidate.key) === String(key),
  );
  if (property === undefined || property.type === 'SpreadElement') return undefined;
  return { key: property.key, value: property.type === 'ObjectMethod' ? property : property.value };
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'StringLiteral' || node.type === 'NumericLiteral') return String(node.value);
  return undefined;
}
