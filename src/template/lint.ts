import { type Diagnostic, error, failed, ok, type Result, type SourceFile } from '../diagnostics/index.js';
import { unknownFilter, unknownTest } from './filtering.js';
import { reservedName } from './macro-library.js';
import type { CallerNode, CompareNode, DictNode, Expression, KeywordArgsNode, MacroNode, TreeNode } from './nunjucks-internals.js';
import { placeOf, placeOfToken } from './places.js';
import { unsupportedTag } from './statements.js';
import { forEachChild, keyOf, splitArguments } from './syntax-tree.js';
import type { Template } from './template.js';

const asyncTags: Readonly<Record<string, string>> = { IfAsync: 'ifAsync', AsyncEach: 'asyncEach', AsyncAll: 'asyncAll' };

/** Most nodes of a tree are none of these. */
const checked: ReadonlySet<TreeNode['typename']> = new Set([
  ...(['Filter', 'Is', 'Compare', 'Dict', 'KeywordArgs', 'LookupVal', 'Set', 'For', 'Import', 'FromImport', 'Macro', 'Caller'] as const),
  ...(['Block', 'Extends', 'IfAsync', 'AsyncEach', 'AsyncAll'] as const),
]);

type Report = (diagnostic: Diagnostic | undefined) => void;

/** Deeper than anything written by hand; what walks the tree recursively is safe up to here. */
const maximumDepth = 1000;

/**
 * Finds what is wrong in a template whether or not it is ever reached, in the order of the source. Without a value where the
 * template is nested so deeply that nothing can be done with it.
 */
export function lint(template: Template, functions: Pick<ReadonlySet<string>, 'has'>): Result<Template> {
  const { file, root } = template;
  if (root === undefined) return ok(template);
  const found: Diagnostic[] = [];
  const report: Report = (diagnostic) => {
    if (diagnostic !== undefined) found.push(diagnostic);
  };
  let depth = 0;
  let tooDeep: TreeNode | undefined;
  const check = (node: TreeNode): void => {
    depth += 1;
    if (depth > maximumDepth) {
      tooDeep ??= node;
    } else {
      if (checked.has(node.typename)) {
        checkExpression(node, file, report);
        checkTag(node, file, functions, report);
      }
      forEachChild(node, check);
    }
    depth -= 1;
  };
  check(root);
  if (tooDeep === undefined) return ok(template, found);
  return failed(error('DBL1214', 'the template is nested too deeply', placeOf(file, tooDeep)));
}

function checkExpression(node: TreeNode, file: SourceFile, report: Report): void {
  if (node.typename === 'Filter') {
    report(unknownFilter(node, file));
  } else if (node.typename === 'Is') {
    report(unknownTest(node, file));
  } else if (node.typename === 'Compare') {
    report(chainedComparison(node, file));
  } else if (node.typename === 'Dict' || node.typename === 'KeywordArgs') {
    checkKeys(node, file, report);
  } else if (node.typename === 'LookupVal' && node.val === null) {
    report(error('DBL1201', 'expected an index between "[" and "]"', placeOf(file, node)));
  }
}

function checkTag(node: TreeNode, file: SourceFile, functions: Pick<ReadonlySet<string>, 'has'>, report: Report): void {
  if (node.typename === 'Block' || node.typename === 'Extends') {
    report(unsupportedTag(node.typename.toLowerCase(), node, { file }));
  } else if (node.typename === 'IfAsync' || node.typename === 'AsyncEach' || node.typename === 'AsyncAll') {
    report(unsupportedTag(asyncTags[node.typename] ?? node.typename, node, { file }));
  } else if (node.typename === 'Set') {
    for (const target of node.targets) report(nameExpected(target, 'to set', file));
  } else if (node.typename === 'For') {
    const names = node.name.typename === 'Array' ? node.name.children : [node.name];
    for (const name of names) report(nameExpected(name, 'after "for"', file));
  } else if (node.typename === 'Import') {
    report(nameExpected(node.target, 'after "as"', file));
  } else if (node.typename === 'FromImport') {
    for (const name of node.names.children) report(nameExpected(name.typename === 'Pair' ? name.value : name, 'to import', file));
  } else if (node.typename === 'Macro') {
    report(nameExpected(node.name, 'after "macro"', file));
    if (node.name.typename === 'Symbol') report(reservedName(node.name.value, functions, placeOf(file, node.name)));
    checkParameters(node, file, report);
  } else if (node.typename === 'Caller') {
    checkParameters(node, file, report);
  }
}

function nameExpected(node: Expression, what: string, file: SourceFile): Diagnostic | undefined {
  return node.typename === 'Symbol' ? undefined : error('DBL1201', `expected a name ${what}`, placeOf(file, node));
}

function chainedComparison({ ops }: CompareNode, file: SourceFile): Diagnostic | undefined {
  const second = ops[1];
  if (second === undefined) return undefined;
  const { colno = 0, lineno = 0, type } = second;
  return error('DBL1208', 'comparisons cannot be chained', placeOfToken(file, { type: 'operator', value: type, lineno, colno }), {
    hint: 'Write "a < b and b < c".',
  });
}

function checkKeys(node: DictNode | KeywordArgsNode, file: SourceFile, report: Report): void {
  const what = node.typename === 'Dict' ? 'key' : 'argument';
  const seen = new Set<string>();
  for (const pair of node.children) {
    const name = node.typename === 'Dict' || pair.key.typename === 'Symbol' ? keyOf(pair) : undefined;
    const place = placeOf(file, pair.key);
    if (name === undefined) report(error('DBL1201', `expected a name as ${what}`, place));
    else if (seen.has(name)) report(error('DBL1201', `${what} "${name}" is given twice`, place));
    else seen.add(name);
  }
}

/** `name, other, third=value`: those with a default last, so that arguments count in the order in which they are written. */
function checkParameters(node: MacroNode | CallerNode, file: SourceFile, report: Report): void {
  const { keywords, positional } = splitArguments(node.args.children);
  const firstDefault = keywords?.children[0]?.key;
  const end = firstDefault === undefined ? Infinity : placeOf(file, firstDefault).start;
  const seen = new Set((keywords?.children ?? []).map((pair) => keyOf(pair)));
  for (const parameter of positional) {
    const place = placeOf(file, parameter);
    if (parameter.typename !== 'Symbol') {
      report(error('DBL1201', 'expected the name of an argument', place));
      continue;
    }
    if (seen.has(parameter.value)) report(error('DBL1201', `argument "${parameter.value}" is given twice`, place));
    else if (place.start > end) report(error('DBL1201', `argument "${parameter.value}" without a default stands behind one that has one`, place));
    seen.add(parameter.value);
  }
}
