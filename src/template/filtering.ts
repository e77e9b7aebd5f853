import { didYouMean, type Diagnostic, error, type SourceFile } from '../diagnostics/index.js';
import type { Activation } from './activation.js';
import { habitualFilter } from './dbt-habits.js';
import { isForbidden } from './members.js';
import { type Expression, type FilterContext, type FilterNode, filters, type IsNode, SafeString, type TestFunction, tests } from './nunjucks-internals.js';
import { FilteredText, type Origin, OutputBuffer, Traced, traced } from './output.js';
import { placeOf } from './places.js';
import { describe, testName } from './syntax-tree.js';
import { fail, TemplateError } from './template-error.js';
import { kindOf, plain, textOf } from './values.js';

/** Filters that return their first value unchanged where it is defined; an undefined value may be passed to no other. */
export const defaultFilters: ReadonlySet<string> = new Set(['default', 'd']);
/** The only filters of Nunjucks that understand `name=value`. */
const filtersWithKeywords = new Set(['sort', 'int']);
/** Filters that look up members by name. */
const memberFilters = new Set(['join', 'sum', 'sort', 'groupby', 'selectattr', 'rejectattr']);
/** Tests that may be put to a name that is not defined. */
export const definednessTests: ReadonlySet<string> = new Set(['defined', 'undefined', 'callable']);

const context: FilterContext = {
  env: {
    opts: { throwOnUndefined: true },
    getTest(name: string): TestFunction {
      const test = tests.get(name);
      if (test === undefined) throw new Error(`there is no test "${name}"`);
      return test;
    },
  },
};

export function unknownFilter({ name }: FilterNode, file: SourceFile): Diagnostic | undefined {
  if (filters.has(name.value)) return undefined;
  const hint = habitualFilter(name.value) ?? didYouMean(name.value, filters.keys());
  return error('DBL1205', `there is no filter "${name.value}"`, placeOf(file, name), hint === undefined ? {} : { hint });
}

export function unknownTest({ right }: IsNode, file: SourceFile): Diagnostic | undefined {
  const name = testName(right);
  const place = placeOf(file, right);
  if (name === undefined) return error('DBL1201', 'expected the name of a test after "is"', place);
  if (name === 'none' || tests.has(name)) return undefined;
  const hint = didYouMean(name, tests.keys());
  return error('DBL1206', `there is no test "${name}"`, place, hint === undefined ? {} : { hint });
}

/** `args` begins with the filtered value. What the result shares with a traced value keeps its origin. */
export function applyFilter(
  node: FilterNode,
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>> | undefined,
  activation: Activation,
): unknown {
  const name = node.name.value;
  const filter = filters.get(name);
  if (filter === undefined) throw new TemplateError([unknownFilter(node, activation.file)].filter((found) => found !== undefined));
  if (keywords !== undefined && !filtersWithKeywords.has(name)) {
    return fail(activation, node.name, 'DBL1213', `filter "${name}" takes no arguments by name`, { hint: 'Give them in their order.' });
  }
  if (memberFilters.has(name)) checkMembers([...args.slice(1), ...Object.values(keywords ?? {})], node, activation);
  const input = args[0];
  if (name === 'join' && Array.isArray(input) && args.length < 3) return join(input, args[1] ?? '', node, activation);
  const values = args.map((value) => plain(value, activation.rendering));
  if (keywords !== undefined) values.push({ ...keywords, __keywords: true });
  const result = attempt(() => filter.apply(context, values), input, `filter "${name}"`, node.name, activation);
  return retrace(result instanceof SafeString ? result.toString() : result, input, node, activation);
}

function checkMembers(names: readonly unknown[], node: FilterNode, activation: Activation): void {
  for (const value of names) {
    const name = plain(value, activation.rendering);
    if (typeof name === 'string' && isForbidden(name)) fail(activation, node.name, 'DBL1215', `"${name}" cannot be looked up in a template`);
  }
}

export function applyTest(node: IsNode, value: unknown, args: readonly unknown[], activation: Activation): boolean {
  const name = testName(node.right) ?? '';
  const test = tests.get(name === 'none' ? 'null' : name);
  if (test === undefined) throw new TemplateError([unknownTest(node, activation.file)].filter((found) => found !== undefined));
  const values = [value, ...args].map((each) => plain(each, activation.rendering));
  return attempt(() => test.apply(context, values), value, `test "${name}"`, node.right, activation) === true;
}

/** Runs what is not ours; what it throws is the author's mistake. */
export function attempt(run: () => unknown, input: unknown, what: string, node: Expression, activation: Activation): unknown {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    const unfit = thrown instanceof TypeError && / is not a function/.test(thrown.message);
    return fail(activation, node, 'DBL1213', unfit ? `${what} cannot be applied to ${kindOf(input)}` : `${what} failed: ${thrown.message}`);
  }
}

/** Gives the result of a filter or method the origin of what it was made from. */
export function retrace(result: unknown, input: unknown, node: Expression, activation: Activation): unknown {
  if (typeof result === 'string') {
    if (input instanceof Traced) return result === input.text ? input : traced(result, new FilteredText(result, input.origin));
    const element = tracedElements(input).find(({ text }) => text === result);
    if (element !== undefined) return element;
    const origin = originOfList(input, node, activation);
    return origin === undefined ? result : traced(result, new FilteredText(result, origin));
  }
  if (!Array.isArray(result)) return result;
  const known = new Map(tracedElements(input).map((element) => [element.text, element]));
  if (known.size === 0) return result;
  const list = result.map((element: unknown) => (typeof element === 'string' ? (known.get(element) ?? element) : element));
  activation.rendering.holders.add(list);
  return list;
}

function tracedElements(input: unknown): Traced[] {
  return Array.isArray(input) ? input.filter((element) => element instanceof Traced) : [];
}

/** The traced elements one after the other. */
function originOfList(input: unknown, node: Expression, { file, rendering }: Activation): Origin | undefined {
  if (!Array.isArray(input) || !rendering.holders.has(input)) return undefined;
  const buffer = new OutputBuffer(file);
  for (const element of tracedElements(input)) buffer.append(node, element.text, element.origin);
  return buffer;
}

/** Nunjucks's `join`, with an exact map. */
function join(list: readonly unknown[], separator: unknown, node: FilterNode, activation: Activation): unknown {
  const { file, rendering } = activation;
  const input = node.args.children[0] ?? node;
  const between = textOf(separator, node.args.children[1] ?? node, activation);
  const texts = list.map((element) => {
    if (element !== null && element !== undefined) return textOf(element, input, activation);
    return fail(activation, input, 'DBL1218', `an element of ${describe(input)} is ${kindOf(element)} and cannot be joined`);
  });
  if (!rendering.holders.has(list)) return texts.join(between);
  const buffer = new OutputBuffer(file);
  list.forEach((element, index) => {
    if (index > 0) buffer.append(node.args.children[1] ?? node, between);
    const source = input.typename === 'Array' ? (input.children[index] ?? input) : input;
    buffer.append(source, texts[index] ?? '', element instanceof Traced ? element.origin : undefined);
  });
  return traced(buffer.text, buffer);
}
