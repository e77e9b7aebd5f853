import { expect, test } from 'vitest';
import { compare, SourceFile } from '../../../src/diagnostics/index.js';
import { dynamic, TemplateEngine } from '../../../src/template/index.js';
import { type Files, functions, position } from './engine.js';

type Call = readonly [name: string, args: readonly unknown[], keywords: Readonly<Record<string, unknown>>, places: string];

/** The first argument of each `ref()`, sorted. */
function referred(files: Files): string {
  const names = calls(files, ['ref']).map(([, args]) => String(args[0]));
  return names.toSorted(compare).join('');
}

function calls(files: Files, names = ['ref', 'config']): Call[] {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, new SourceFile(path, text)]));
  const engine = new TemplateEngine({ readTemplate: (name) => sources.get(name), functions });
  engine.loadMacros([...sources.values()].filter(({ path }) => path.startsWith('macros/')));
  const template = engine.parse(sources.get('m') ?? new SourceFile('m', '')).value;
  if (template === undefined) throw new Error('the template is broken');
  return engine.staticCalls(template, new Set(names)).map(({ args, at, calledFrom, keywords, name }) => {
    const places = [at, ...calledFrom].map(position).join(' < ');
    return [name, args, keywords, places];
  });
}

test('constant arguments, and dynamic ones', () => {
  const m = "{{ config('a', 1, -2, 1.5, true, none, [1, 'b', x], {k: -1, l: [x]}, ('p'), x, k='v', d=1 + 1) }}";
  expect(calls({ m })).toEqual([
    ['config', ['a', 1, -2, 1.5, true, null, [1, 'b', dynamic], { k: -1, l: [dynamic] }, 'p', dynamic], { k: 'v', d: dynamic }, 'm:1:4'],
  ]);
});

test('in every branch, in loops, blocks, filters and arguments', () => {
  const m = [
    "{% if false %}{{ ref('a') }}{% elif ref('b') %}{% else %}{{ ref('c') }}{% endif %}",
    "{% for x in ref('d') %}{{ ref('e') }}{% else %}{{ ref('f') }}{% endfor %}",
    "{% set x %}{{ ref('g') }}{% endset %}{% set y = ref('h') %}{% set z = [ref('i'), {k: ref('j')}] %}",
    "{% filter upper %}{{ ref('k') }}{% endfilter %}{{ ref('l') | default(ref('m')) | upper }}",
    "{{ ref('n') if ref('o') else ref('p') }}{% switch ref('q') %}{% case ref('r') %}{{ ref('s') }}{% default %}{{ ref('t') }}{% endswitch %}",
    "{{ config(ref('u'), k=ref('v')) }}{{ x[ref('w')].y() }}{{ 1 < ref('x') }}{{ not ref('y') }}{{ ref('z') is odd }}",
  ].join('\n');
  expect(referred({ m })).toBe('abcdefghijklmnopqrstuvwxyz');
});

test('in macros that are called, once, with the way to them', () => {
  const files = {
    m: "{{ a() }}{{ a() }}{% call w() %}{{ ref('body') }}{% endcall %}",
    'macros/a.njk': "{% macro a(x=ref('default')) %}\n{{ b(1) }}{{ ref(x) }}{% endmacro %}{% macro unused() %}{{ ref('unused') }}{% endmacro %}",
    'macros/b.njk': "{% set top = ref('top') %}{% macro b(n) %}{{ a() }}{{ _p() }}{% endmacro %}{% macro _p() %}{{ ref('private') }}{% endmacro %}",
    'macros/w.njk': '{% macro w() %}{{ caller() }}{% endmacro %}',
  };
  expect(calls(files)).toEqual([
    ['ref', ['default'], {}, 'macros/a.njk:1:14 < m:1:4'],
    ['ref', ['top'], {}, 'macros/b.njk:1:14 < macros/a.njk:2:4 < m:1:4'],
    ['ref', ['private'], {}, 'macros/b.njk:1:95 < macros/b.njk:1:55 < macros/a.njk:2:4 < m:1:4'],
    ['ref', [dynamic], {}, 'macros/a.njk:2:14 < m:1:4'],
    ['ref', ['body'], {}, 'm:1:36'],
  ]);
});

test('a macro in a circle is complete from wherever it is entered', () => {
  const macros = { 'macros/a.njk': "{% macro a() %}{{ b() }}{{ ref('a') }}{% endmacro %}{% macro b() %}{{ a() }}{{ ref('b') }}{% endmacro %}" };
  expect(referred({ m: '{{ a() }}', ...macros })).toBe('ab');
  expect(referred({ m: '{{ b() }}', ...macros })).toBe('ab');
});

test('in includes and imports with a constant name', () => {
  const files = {
    m: "{% macro own() %}{{ ref('own') }}{% endmacro %}{% include 'p' %}{% include x %}{% include 'gone' %}{% import 'lib' as l %}{{ l.f() }}{% from 'lib' import g as h %}{{ h() }}",
    p: "{{ ref('p') }}{{ own() }}",
    lib: "{{ ref('lib') }}{% macro f() %}{{ ref('f') }}{% endmacro %}{% macro g() %}{{ ref('g') }}{% endmacro %}{% macro not_called() %}{{ ref('no') }}{% endmacro %}",
  };
  expect(calls(files)).toEqual([
    ['ref', ['p'], {}, 'p:1:4 < m:1:51'],
    ['ref', ['own'], {}, 'm:1:21 < p:1:18 < m:1:51'],
    ['ref', ['lib'], {}, 'lib:1:4 < m:1:103'],
    ['ref', ['f'], {}, 'lib:1:35 < m:1:126'],
    ['ref', ['g'], {}, 'lib:1:78 < m:1:167'],
  ]);
});

test('not in text without tags, nor by a name of the wrong kind', () => {
  expect(calls({ m: "ref('a')" })).toEqual([]);
  expect(calls({ m: "{{ x.ref('a') }}{# {{ ref('b') }} #}{% raw %}{{ ref('c') }}{% endraw %}{{ \"ref('d')\" }}" })).toEqual([]);
});
