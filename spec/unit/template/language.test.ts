import { expect, test } from 'vitest';
import { mistakes, text } from './engine.js';

test.each([
  // Numbers and operators count from the left, as in Python; Nunjucks's code reckons "//" first.
  ['{{ 8 * 7 // 2 }}', '28'],
  ['{{ 2 * 7 % 4 }}', '2'],
  ['{{ 10 - 2 + 3 }} {{ 10 - 2 - 3 }} {{ 1 + 2 - 3 }}', '11 5 0'],
  ['{{ 8 * (7 // 2) }}', '24'],
  ['{{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}', '64 4'],
  ['{{ 1 ~ 2 + 3 }}', '15'],
  // Nunjucks's code reads "(not x) == 1".
  ['{{ not 2 == 1 }}', 'true'],
  ['{{ true }} {{ 1.50 }} {{ [1, [2, "a"]] }}', 'true 1.5 1,2,a'],
  ['{{ "1" == 1 }} {{ "1" === 1 }} {{ none == 0 }} {{ [1] == [1] }} {{ "b" > "a" }} {{ "10" > 9 }}', 'true false false false true true'],
  ['{{ this == "s.t" }} {{ this == this }} {{ {a: 1} == {a: 1} }}', 'true true false'],
  ['{{ "a" in {a: 1} }} {{ "toString" in {a: 1} }} {{ 1 in [1] }} {{ "b" not in "abc" }}', 'true false true false'],
  ['{{ none is none }} {{ none is null }} {{ 4 is divisibleby(2) }} {{ ref is callable }} {{ ref is defined }}', 'true true true true true'],
  ['{{ nope is defined }} {{ nope.a.b is defined }} {{ this.nope is undefined }}', 'false false true'],
  ['{{ nope | default("d") }} {{ nope.a | d("d") }} {{ "" | default("d", true) }}[{{ nope | default }}]', 'd d d[]'],
  ['{% if this.nope %}a{% else %}b{% endif %}', 'b'],
  ['{% if this.nope == "x" %}a{% else %}b{% endif %}', 'b'],
  ['{{ this }} {{ this.schema }} {{ this["name"] }}', 's.t s t'],
  ['{% set xs = [1] %}{% set _ = xs.push(2, 3) %}{{ xs | join("-") }} {{ xs.length }} {{ xs[0] }}', '1-2-3 3 1'],
  ['{{ " a,b ".trim().split(",") | join("|") }} {{ "abc"[1] }} {{ "abc".length }} {{ (1.234).toFixed(1) }}', 'a|b b 3 1.2'],
  ['{% set turn = cycler("a", "b") %}{{ turn.next() }}{{ turn.next() }}{{ turn.next() }}', 'aba'],
  ['{% set comma = joiner("; ") %}{% for x in [1, 2, 3] %}{{ comma.next() }}{{ x }}{% endfor %}', '1; 2; 3'],
  ['{{ range(3) | join }} {{ range(1, 4) | join }} {{ range(4, 0, -2) | join }}', '012 123 42'],
  ['{% for x in range(3) %}{{ loop.index }}/{{ loop.length }}{{ "," if not loop.last }}{% else %}none{% endfor %}', '1/3,2/3,3/3'],
  ['{% for x in [] %}a{% else %}none{% endfor %}', 'none'],
  ['{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }} {% endfor %}{% for k, v in {x: 1} %}{{ k }}{{ v }}{% endfor %}', '12 34 x1'],
  ['{% for c in "é😀" %}{{ c }}.{% endfor %}', 'é.😀.'],
  ['{% set a, b = 1 %}{{ a }}{{ b }}{% set a = 2 %}{% for x in [1] %}{% set a = 3 %}{% set c = 4 %}{% endfor %}{{ a }}{{ c is defined }}', '113false'],
  ['{% raw -%}  {{ x }} {%- endraw -%}  b', '{{ x }}b'],
  ['{{ {__proto__: 1}["a"] is undefined }}', 'true'],
  ['{{ [3, 1] | sort(reverse=true) | join }} {{ "7" | int(default=1) }}', '31 7'],
  ['{{ "<" | escape }}{{ "<" | safe }}', '&lt;<'],
])('%s', (template, expected) => {
  const variables = { this: { schema: 's', name: 't', toString: () => 's.t' } };
  expect(text(template, variables)).toBe(expected);
});

test.each([
  ["{{ ''.constructor.constructor('return process')() }}", '"constructor"'],
  ["{{ x['constr' ~ 'uctor'] }}", '"constructor"'],
  ['{{ x.__proto__ }}', '"__proto__"'],
  ["{{ [].concat.constructor('a')() }}", null],
  ["{{ x.prototype is defined }}", '"prototype"'],
  ["{{ range.constructor('a')() }}", null],
  ['{{ m.definition.file.text }}', null],
  ["{{ x.hasOwnProperty('a') }}", null],
  ["{{ [1].map(ref) }}", null],
  ["{{ 'a'.replace('a', ref) }}", null],
  ["{{ x.toString.call }}", null],
  ["{{ [{}] | join('', 'constructor') }}", '"constructor"'],
  ["{{ [{}] | sort(attribute='a.constructor') }}", '"a.constructor"'],
  ["{{ [{toJSON: ref}] | dump }}", null],
  ["{{ {toString: m} }}", null],
  ["{{ {toString: 1} + 'a' }}", null],
  ["{{ {valueOf: 1} * 2 }}", null],
])('no way to JavaScript: %s', (m, forbidden) => {
  const [first, ...others] = mistakes({ m, 'macros/a.njk': '{% macro m() %}{% endmacro %}' }, { x: { a: 1 } });
  if (forbidden === null) expect(first).toMatch(/^DBL12\d\d m:1:/);
  else expect(first).toMatch(new RegExp(`^DBL1215 m:1:\\d+: ${forbidden} cannot be looked up in a template$`));
  expect(others).toEqual([]);
});
