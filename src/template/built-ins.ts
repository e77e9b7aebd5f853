import { type TemplateFunction, TemplateMistake } from './rendered.js';

/** More than any table has columns; a slip of the keyboard shall not fill the memory. */
const longestRange = 1_000_000;

/** `range(stop)`, `range(start, stop, step)`: as in Nunjucks, `stop` is not in the list. */
const range: TemplateFunction = (args, keywords) => {
  if (args.length === 0 || args.length > 3 || Object.keys(keywords).length > 0) {
    throw new TemplateMistake('DBL1204', '"range" takes one to three numbers', 'Write "range(stop)" or "range(start, stop, step)".');
  }
  const numbers = args.map((value) => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new TemplateMistake('DBL1204', `"range" takes numbers, not ${JSON.stringify(value)}`);
  });
  const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  if (step === 0) throw new TemplateMistake('DBL1204', 'the step of "range" is 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > longestRange) throw new TemplateMistake('DBL1204', `"range" gives ${length} numbers, more than ${longestRange}`);
  return Array.from({ length }, (_, index) => start + index * step);
};

/** `{% set turn = cycler('a', 'b') %}{{ turn.next() }}` */
const cycler: TemplateFunction = (items) => {
  let index = -1;
  const cycle: Record<string, unknown> = { current: null };
  cycle['next'] = () => {
    index = (index + 1) % Math.max(items.length, 1);
    cycle['current'] = items[index] ?? null;
    return cycle['current'];
  };
  cycle['reset'] = () => {
    index = -1;
    cycle['current'] = null;
    return '';
  };
  return cycle;
};

/** `{% set comma = joiner(', ') %}`: `comma.next()` gives nothing the first time, then the separator. */
const joiner: TemplateFunction = ([separator = ',']) => {
  let isFirst = true;
  return {
    next: () => {
      const text = isFirst ? '' : separator;
      isFirst = false;
      return text;
    },
  };
};

/** What Nunjucks offers beside filters and tests. */
export const builtIns: Readonly<Record<string, TemplateFunction>> = { range, cycler, joiner };
