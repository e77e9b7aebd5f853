import { expect, test } from 'vitest';
import { type TemplateFunction, TemplateEngine } from '../../../src/template/index.js';
import { SourceFile } from '../../../src/diagnostics/index.js';
import { type Files, mistakes, run } from './engine.js';

const broken: TemplateFunction = () => {
  throw new TypeError('a bug');
};

function rendered(files: Files, variables?: Readonly<Record<string, unknown>>): string | string[] {
  return run(files, variables).rendered?.text ?? mistakes(files, variables);
}

test('macros of all files call each other, in any order', () => {
  const files = {
    m: '{{ a(2) }}',
    'macros/a.njk': '{% macro a(n) %}<{{ b(n) }}>{% endmacro %}',
    'macros/b.njk': "{% macro b(n) %}{% if n > 0 %}{{ a(n - 1) }}{% else %}{{ _p() }}{% endif %}{% endmacro %}{% macro _p() %}{{ ref('zz') }}{% endmacro %}",
  };
  expect(rendered(files)).toBe('<<<staging.zz>>>');
});

test('private names may be the same in two files', () => {
  const files = {
    m: '{{ a() }}{{ b() }}',
    'macros/a.njk': '{% macro _p() %}1{% endmacro %}{% macro a() %}{{ _p() }}{% endmacro %}',
    'macros/b.njk': '{% macro _p() %}2{% endmacro %}{% macro b() %}{{ _p() }}{% endmacro %}',
  };
  expect(rendered(files)).toBe('12');
});

test('the variables are those of the current render, in macros and in what their files set', () => {
  const sources = [
    new SourceFile('macros/a.njk', '{% set here = this %}{% macro a() %}{{ here }} {{ this }} {{ b() }}{% endmacro %}'),
    new SourceFile('macros/b.njk', '{% macro b() %}{{ target.name }}{% endmacro %}'),
  ];
  const engine = new TemplateEngine({ readTemplate: () => undefined, functions: {} });
  expect(engine.loadMacros(sources)).toEqual([]);
  const template = engine.parse(new SourceFile('m', '{{ a() }}')).value;
  const texts = ['one', 'two'].map((name) => {
    const variables = { this: { toString: () => `s.${name}` }, target: { name } };
    return template === undefined ? undefined : engine.render(template, variables).value?.text;
  });
  expect(texts).toEqual(['s.one s.one one', 's.two s.two two']);
});

test('what is set in a template or a loop is not seen by a macro', () => {
  expect(rendered({ m: '{% set x = 1 %}{{ a() }}', 'macros/a.njk': '{% macro a() %}{{ x is defined }}{% endmacro %}' })).toBe('false');
});

test.each([
  ["{{ cols(['a', 'b']) }}", 'a, b'],
  ["{{ cols(['a', 'b'], '; ') }}", 'a; b'],
  ["{{ cols(['a', 'b'], sep='; ') }}", 'a; b'],
  ["{{ cols(sep='; ', names=['a', 'b']) }}", 'a; b'],
  ["{{ cols([]) or 'none' }}", 'none'],
  ["{% if cols([]) %}yes{% else %}no{% endif %}", 'no'],
  ["{{ cols(['a']) === 'a' }}", 'true'],
  ["{{ cols(['a']) is string }}", 'true'],
  ["{% set f = cols %}{{ f(['a']) }}", 'a'],
  ['{{ twice(1) }}', '1 2'],
  ['{{ twice(b=3, a=1) }}', '1 3'],
  ['{% call(x) each([1, 2]) %}<{{ x }}>{% endcall %}', '<1><2>'],
])('%s', (m, expected) => {
  const macros =
    "{% macro cols(names, sep=', ') %}{% for name in names %}{{ name }}{{ sep if not loop.last }}{% endfor %}{% endmacro %}" +
    '{% macro twice(a, b=a * 2) %}{{ a }} {{ b }}{% endmacro %}' +
    '{% macro each(xs) %}{% for x in xs %}{{ caller(x) }}{% endfor %}{% endmacro %}';
  expect(rendered({ m, 'macros/a.njk': macros })).toBe(expected);
});

test('functions get plain texts, and arguments by name apart', () => {
  const calls: unknown[] = [];
  const spy: TemplateFunction = (args, keywords) => {
    calls.push([args, keywords]);
    return '';
  };
  const engine = new TemplateEngine({ readTemplate: () => undefined, functions: { spy } });
  engine.loadMacros([new SourceFile('macros/a.njk', '{% macro t() %}text{% endmacro %}')]);
  const template = engine.parse(new SourceFile('m', "{{ spy(t(), [t()], {a: [t()]}, 1.5, none, k=t(), l=[-1, true]) }}")).value;
  expect(template === undefined ? undefined : engine.render(template, {}).diagnostics).toEqual([]);
  expect(calls).toEqual([[['text', ['text'], { a: ['text'] }, 1.5, null], { k: 'text', l: [-1, true] }]]);
});

test('what a function throws that is no mistake of the author’s passes', () => {
  const engine = new TemplateEngine({ readTemplate: () => undefined, functions: { broken } });
  const template = engine.parse(new SourceFile('m', '{{ broken() }}')).value;
  expect(() => (template === undefined ? undefined : engine.render(template, {}))).toThrow('a bug');
});

const loading: [name: string, files: Files, expected: string[]][] = [
  ['two definitions in two files', { 'macros/a.njk': '{% macro a() %}{% endmacro %}', 'macros/b.njk': '\n{% macro a() %}{% endmacro %}' }, [
    'DBL1209 macros/a.njk:1:10: macro "a" is defined more than once (Macros of all files share their names; give one of them another.)\n  macros/b.njk:2:10: macro "a" is defined here too',
    'DBL1209 macros/b.njk:2:10: macro "a" is defined more than once (Macros of all files share their names; give one of them another.)\n  macros/a.njk:1:10: macro "a" is defined here too',
  ]],
  ['two definitions in one file', { 'macros/a.njk': '{% macro _a() %}{% endmacro %}{% macro _a() %}{% endmacro %}' }, [
    'DBL1209 macros/a.njk:1:10: macro "_a" is defined more than once (Macros of all files share their names; give one of them another.)\n  macros/a.njk:1:40: macro "_a" is defined here too',
    'DBL1209 macros/a.njk:1:40: macro "_a" is defined more than once (Macros of all files share their names; give one of them another.)\n  macros/a.njk:1:10: macro "_a" is defined here too',
  ]],
  ['names of functions and variables', { 'macros/a.njk': '{% macro ref() %}{% endmacro %}{% macro target() %}{% endmacro %}{% macro range() %}{% endmacro %}' }, [
    'DBL1210 macros/a.njk:1:10: a macro cannot be named "ref", which is a function of every template (Give the macro another name.)',
    'DBL1210 macros/a.njk:1:41: a macro cannot be named "target", which is a variable of every template (Give the macro another name.)',
    'DBL1210 macros/a.njk:1:75: a macro cannot be named "range", which is a function of every template (Give the macro another name.)',
  ]],
  ['syntax', { 'macros/a.njk': '{% macro a() %}\n{% foo %}{% endmacro %}', 'macros/b.njk': '{% macro b() %}{{ 1 | uper }}{% endmacro %}' }, [
    'DBL1201 macros/a.njk:2:4: there is no tag "foo" (Did you mean "for"?)',
    'DBL1205 macros/b.njk:1:23: there is no filter "uper" (Did you mean "upper"?)',
  ]],
];

test.each(loading)('loading: %s', (_name, files, expected) => {
  expect(mistakes(files)).toEqual(expected);
});
