import nunjucks from 'nunjucks';
import { expect, test } from 'vitest';
import { SourceFile } from '../../../src/diagnostics/index.js';
import { type Rendered, TemplateEngine } from '../../../src/template/index.js';

/** mulberry32: the same templates in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Both refuse these, where they are reached. */
const wrong = ['nope', '1 +', 'x y', 'nope()', "f('a'", 'none', 'x.nope'];
const expressions = [
  'x', '1', "'s'", 'xs[0]', "f('a')", "f(f('b'))", "m1('q')", "m1(m1('w'))", "x ~ m1('e')", "m1('r') | upper", "xs | join(',')", "'  t ' | trim",
  'm2(xs)', "m2(xs, sep='+')", "x if y else 'n'", "x | default('k')", "nope | default('k')", "[m1(1), m1(2)] | join('\\n')", 'block', 'block | upper | trim',
  "x + 'b'", '1 + 2 - 3 * 4', '8 / 2 * 3', '7 % 4', "'b' in 'abc'", 'x in xs', 'not y', 'y is even', 'y is not odd', 'd.k', "d['k'][1]", 'nope is defined',
  '2 ** 3', '-y + 3', "'a,b'.split(',') | join('-')", 'xs | length * 2', 'range(3) | join', 'y == 2 and x', "x.toUpperCase()",
  'xs | reverse | join', '[3, 1, 2] | sort | join', '[1, 2] | sum', "'%s' | replace('%s', x)", 'y / 0', '(1, 2)', "m1('a') == m1('a') ~ ''",
];

function generator(below: (limit: number) => number): (depth: number) => string {
  const pick = (items: readonly string[]): string => items[below(items.length)] ?? '';
  const space = (): string => pick(['', ' ', '\n', '\n\n  ', '\t', '\r\n', ' \n']);
  const dash = (): string => pick(['', '', '-']);
  const tag = (content: string): string => `{%${dash()} ${content} ${dash()}%}`;
  const text = (): string => pick(['a', 'select x', 'é😀', '{', '#', '} }', 'b,c', '-- c', "'q'"]) + space();
  const body = (depth: number): string => Array.from({ length: below(4) + 1 }, () => piece(depth)).join('');
  const piece = (depth: number): string => {
    switch (below(depth > 0 ? 14 : 4)) {
      case 0:
      case 1:
        return text();
      case 2:
      case 3:
        return `{{${dash()} ${pick(below(60) === 0 ? wrong : expressions)} ${dash()}}}${space()}`;
      case 4:
        return `${tag(`if ${pick(['x', 'not y', 'y == 2', 'false', 'xs | length > 3'])}`)}${space()}${body(depth - 1)}${tag('else')}${body(depth - 1)}${tag('endif')}`;
      case 5:
        return `${tag('for x in xs')}${space()}${body(depth - 1)}{{ loop.index }}${tag('endfor')}`;
      case 6:
        return `${tag('for k, v in {a: 1, b: 2}')}{{ k }}=${body(depth - 1)}{{ v }}${tag('endfor')}`;
      case 7:
        return `${tag('set block')}${body(depth - 1)}${tag('endset')}{{ block${pick(['', ' | upper', ' | indent(3)', ' | trim'])} }}`;
      case 8:
        return `${tag('call w()')}${body(depth - 1)}${tag('endcall')}`;
      case 9:
        return `${tag(`filter ${pick(['upper', 'trim', 'lower'])}`)}${body(depth - 1)}${tag('endfilter')}`;
      case 10:
        return `{#${dash()} c \n ${dash()}#}${space()}`;
      case 11:
        // Without a body of any tags: Nunjucks fails at an include in a case.
        return `${tag('switch y')}${tag('case 1')}one${tag('case 2')}${text()}{{ x }}${text()}${tag('default')}none${tag('endswitch')}`;
      case 12:
        return `${tag('macro local(a, b=2)')}{{ a }}/{{ b }}${body(depth - 1)}${tag('endmacro')}{{ local(1) }}`;
      default:
        return pick([
          `{% raw %}{{ ${space()} }}{% endraw %}`,
          "{% include 'p' %}",
          "{% include 'gone' ignore missing %}",
          "{% set z = m1('z') %}{{ z }}",
          "{% set y = y + 1 %}{{ y }}",
          "{% import 'lib' as lib %}{{ lib.g(3) }}",
          "{% from 'lib' import g, k as h %}{{ g(4) }}{{ h }}",
        ]);
    }
  };
  return body;
}

const macros =
  '{% macro m1(a) -%}\n [{{ a }}] é \n{%- endmacro %}' +
  "{% macro m2(l, sep='/') %}{% for i in l %}{{ m1(i) }}{{ sep }}{% endfor %}{% endmacro %}" +
  '{% macro w() %}<{{ caller() }}>{% endmacro %}';
const others: Readonly<Record<string, string>> = {
  p: 'inc {{ y }}\n {{ f("i") }}',
  lib: "{% set k = 'K' %}{% macro g(a) %}({{ a }}{{ k }}){% endmacro %}",
};
const values = { x: 'X', y: 2, xs: ['p', 'q'], d: { k: [1, 2], p: 'q' } };

class Loader extends nunjucks.Loader implements nunjucks.ILoader {
  // Nunjucks takes null for "there is none"; its types do not say so.
  getSource(name: string): nunjucks.LoaderSource {
    const src = others[name];
    return (src === undefined ? null : { src, path: name, noCache: true }) as nunjucks.LoaderSource;
  }
}

function renderWithNunjucks(template: string): string | undefined {
  const environment = new nunjucks.Environment([new Loader()], { autoescape: false, throwOnUndefined: true });
  for (const [name, value] of Object.entries(values)) environment.addGlobal(name, value);
  environment.addGlobal('f', (a: unknown) => `F${String(a)}`);
  const library: unknown = new nunjucks.Template(macros, environment, 'macros');
  (library as { getExported(context: object, frame: null, done: (problem: unknown, exports: Record<string, unknown>) => void): void }).getExported(
    {},
    null,
    (_problem, exports) => {
      for (const [name, value] of Object.entries(exports)) environment.addGlobal(name, value);
    },
  );
  try {
    return environment.renderString(template, {});
  } catch {
    return undefined;
  }
}

test('gives the text that Nunjucks gives, and a map to the same text in the source', () => {
  const generate = generator(random(20250701));
  const engine = new TemplateEngine({
    readTemplate: (name) => (others[name] === undefined ? undefined : new SourceFile(name, others[name])),
    functions: { f: ([a]) => `F${String(a)}` },
  });
  expect(engine.loadMacros([new SourceFile('macros', macros)])).toEqual([]);
  const outcome = { same: 0, refusedByBoth: 0, traced: 0 };
  const differences: unknown[] = [];
  for (let round = 0; round < 1500; round += 1) {
    const source = `{% set block = '' %}${generate(2)}`;
    const rendered = renderWithOurs(engine, source);
    const theirs = renderWithNunjucks(source);
    if (rendered?.text !== theirs) differences.push({ source, ours: rendered?.text, theirs });
    if (rendered === undefined) outcome.refusedByBoth += 1;
    else outcome.same += 1;
    outcome.traced += rendered === undefined ? 0 : countTraced(rendered, differences);
  }
  expect(differences).toEqual([]);
  expect(outcome).toEqual({ same: 1356, refusedByBoth: 144, traced: 25091 });
});

function renderWithOurs(engine: TemplateEngine, source: string): Rendered | undefined {
  const { diagnostics, value } = engine.parse(new SourceFile('m', source));
  return value === undefined || diagnostics.length > 0 ? undefined : engine.render(value, values).value;
}

/** Where a character's place is right behind that of the one before, both are text of the template: compares it with the source. */
function countTraced(rendered: Rendered, differences: unknown[]): number {
  let count = 0;
  let last = rendered.locate(0)[0];
  for (let offset = 1; offset < rendered.text.length; offset += 1) {
    const place = rendered.locate(offset)[0];
    if (place !== undefined && place.file === last?.file && place.start === last.start + 1) {
      count += 1;
      const expected = place.file.text.charAt(place.start);
      // By upper case: filters may have changed it.
      if (rendered.text.charAt(offset).toUpperCase() !== expected.toUpperCase()) differences.push({ offset, expected, text: rendered.text });
    }
    last = place;
  }
  return count;
}
