import { expect, test } from 'vitest';
import { type Files, mistakes } from './engine.js';

const cases: [name: string, files: Files, expected: string[]][] = [
  ['an unknown tag', { m: 'a\n {% iff x %}{% endif %}' }, ['DBL1201 m:2:5: there is no tag "iff" (Did you mean "if"?)']],
  ['a tag of Jinja', { m: '{% do xs.push(1) %}' }, ['DBL1201 m:1:4: there is no tag "do" (Write "{% set _ = … %}" to evaluate without printing.)']],
  ['an end without a beginning', { m: 'a\n {% endif %}' }, ['DBL1201 m:2:5: "{% endif %}" stands alone: no tag is open here']],
  ['the end of another tag', { m: '{% if x %}{% endfor %}' }, ['DBL1201 m:1:14: "{% endfor %}" does not belong to "{% if %}"\n  m:1:4: "{% if %}" is open']],
  ['two else', { m: '{% if x %}a{% else %}b{% else %}c{% endif %}' }, ['DBL1201 m:1:26: "{% else %}" does not belong to "{% if %}"\n  m:1:4: "{% if %}" is open']],
  ['if without end', { m: 'a\n {% if true %}\n b' }, ['DBL1201 m:2:5: "{% if %}" is never closed (Close it with "{% endif %}".)']],
  ['for without end', { m: 'a\n {% for x in [1] %}\n b' }, ['DBL1201 m:2:5: "{% for %}" is never closed (Close it with "{% endfor %}".)']],
  ['an inner tag without end', { m: '{% for x in [1] %}{% if x %}\n b{% endfor %}' }, ['DBL1201 m:2:6: "{% endfor %}" does not belong to "{% if %}"\n  m:1:22: "{% if %}" is open']],
  ['macro without end', { m: '{% macro f() %} x' }, ['DBL1201 m:1:4: "{% macro %}" is never closed (Close it with "{% endmacro %}".)']],
  ['raw without end', { m: '{% raw %} {{ x }}' }, ['DBL1201 m:1:4: "{% raw %}" is never closed (Close it with "{% endraw %}".)']],
  ['set without end', { m: '{% set x %} x' }, ['DBL1201 m:1:4: "{% set %}" is never closed (Close it with "{% endset %}".)']],
  ['call without end', { m: '{% call f() %} x' }, ['DBL1201 m:1:4: "{% call %}" is never closed (Close it with "{% endcall %}".)']],
  ['filter without end', { m: '{% filter upper %} x' }, ['DBL1201 m:1:4: "{% filter %}" is never closed (Close it with "{% endfilter %}".)']],
  ['switch without end', { m: '{% switch x %}{% case 1 %} x' }, ['DBL1201 m:1:4: "{% switch %}" is never closed (Close it with "{% endswitch %}".)']],
  ['{{ without }}, at the end', { m: 'a\n {{ ref("x")\n b' }, ['DBL1201 m:2:2: "{{" is never closed (Close it with "}}".)']],
  ['{{ without }}, with more behind it', { m: 'a\n {{ ref("x")\n b c {{ d }}' }, ['DBL1201 m:3:2: expected "}}", found "b"']],
  ['{{ alone', { m: 'a {{' }, ['DBL1201 m:1:3: "{{" is never closed (Close it with "}}".)']],
  ['{% without %}', { m: 'a {% if x' }, ['DBL1201 m:1:3: "{%" is never closed (Close it with "%}".)']],
  ['a single }', { m: '{{ a }' }, ['DBL1201 m:1:1: "{{" is never closed (Close it with "}}".)']],
  ['two values', { m: 'a\n {{ x y }}' }, ['DBL1201 m:2:7: expected "}}", found "y"']],
  ['a string to the end of the file', { m: 'a\n {{ "x }}\n' }, ['DBL1201 m:2:5: this string is never closed']],
  ['a string to the next string', { m: "{{ ref('a) }} and {{ ref('b') }}" }, ['DBL1201 m:1:8: this string is never closed']],
  ['a comment without end', { m: 'a\n {# x \n' }, ['DBL1201 m:2:2: this comment is never closed (Close it with "#}".)']],
  ['the end of a comment alone', { m: 'a\n {{ 1 }} x #}' }, ['DBL1201 m:2:12: "#}" closes no comment (Write {{ "#}" }} to print it.)']],
  ['an operator without a value', { m: 'a\n {{ 1 + }}' }, ['DBL1201 m:2:9: expected a value, found "}}"']],
  ['the same in an open tag at the end', { m: '{% if true %}{{ 1 + }}' }, ['DBL1201 m:1:21: expected a value, found "}}"']],
  ['( without )', { m: 'a\n {{ ref("x" }}' }, ['DBL1201 m:2:13: expected "," or ")", found "}}"']],
  ['arguments without a comma', { m: '{{ f(a b) }}' }, ['DBL1201 m:1:8: expected "," or ")", found "b"']],
  ['[ without ]', { m: '{{ [1, 2 }}' }, ['DBL1201 m:1:10: expected "," or a closing bracket, found "}}"']],
  ['a dictionary at the end of a tag', { m: '{{ f({a: {b: 1}}) }}' }, ['DBL1201 m:1:15: expected "," or a closing bracket, found "}}" (In a dictionary, write "} }": "}}" ends the tag.)']],
  ['a dictionary without :', { m: '{{ {a 1} }}' }, ['DBL1201 m:1:7: expected ":" after a key, found "1"']],
  ['nothing to print', { m: '{{ }}' }, ['DBL1201 m:1:4: expected a value, found "}}"']],
  ['no tag', { m: '{% %}' }, ['DBL1201 m:1:4: expected the name of a tag, found "%}"']],
  ['no filter', { m: '{{ a | }}' }, ['DBL1201 m:1:8: expected the name of a filter, found "}}"']],
  ['no member', { m: '{{ a. }}' }, ['DBL1201 m:1:7: expected a name after ".", found "}}"']],
  ['two indexes', { m: '{{ a[1, 2] }}' }, ['DBL1201 m:1:1: one index is expected between "[" and "]"']],
  ['no index', { m: '{{ a[] }}' }, ['DBL1201 m:1:4: expected an index between "[" and "]"']],
  ['=', { m: '{% if a = 1 %}{% endif %}' }, ['DBL1201 m:1:9: expected "%}", found "=" (Write "==" to compare.)']],
  ['&&', { m: '{% if a && b %}{% endif %}' }, ['DBL1201 m:1:9: expected "%}", found "&&" (Write "and".)']],
  ['||', { m: '{% if a || b %}{% endif %}' }, ['DBL1201 m:1:10: expected the name of a filter, found "|" (Write "or" for a choice, or a filter\'s name after one "|".)']],
  ['?:', { m: '{{ a ? b : c }}' }, ['DBL1201 m:1:6: expected "}}", found "?" (Write "a if condition else b".)']],
  ['!', { m: '{% if !a %}{% endif %}' }, ['DBL1201 m:1:7: expected a value, found "!" (Write "not".)']],
  ['{{ in {%', { m: '{% if {{ a }} %}{% endif %}' }, ['DBL1201 m:1:7: "{{" inside of "{%" (Inside a tag, write names without "{{" and "}}".)']],
  ['{{ in {{', { m: '{{ ref({{ a }}) }}' }, ['DBL1201 m:1:8: "{{" inside of "{{" (Inside a tag, write names without "{{" and "}}".)']],
  ['for … of', { m: '{% for x of xs %}{% endfor %}' }, ['DBL1201 m:1:10: expected "in", found "of"']],
  ['for without a name', { m: '{% for 1 in xs %}{% endfor %}' }, ['DBL1201 m:1:4: expected a name after "for"']],
  ['for with a wrong second name', { m: '{% for a, 1 in xs %}{% endfor %}' }, ['DBL1201 m:1:11: expected a name after "for"']],
  ['macro without parentheses', { m: '{% macro f %}{% endmacro %}' }, ['DBL1201 m:1:12: expected "(", found "%}"']],
  ['call without a call', { m: '{% call f %}{% endcall %}' }, ['DBL1201 m:1:4: "{% call %}" needs a call, as in "{% call name() %}"']],
  ['set without =', { m: '{% set x 1 %}' }, ['DBL1201 m:1:10: expected "=" or "%}", found "1"']],
  ['set of a member', { m: '{% set x.y = 1 %}' }, ['DBL1201 m:1:8: expected a name to set']],
  ['import without as', { m: "{% import 'x' %}" }, ['DBL1201 m:1:15: expected "as", found "%}"']],
  ['from without names', { m: "{% from 'x' import %}" }, ['DBL1201 m:1:20: expected a name after "import", found "%}"']],
  ['import of a private name', { m: "{% from 'x' import _f %}" }, ['DBL1201 m:1:4: names with a leading underscore cannot be imported']],
  ['include of nothing', { m: '{% include %}' }, ['DBL1201 m:1:12: expected a value, found "%}"']],
  ['a bad regular expression', { m: '{{ r/(/ }}' }, ['DBL1201 m:1:4: this regular expression is not valid']],
  ['no test', { m: '{{ 1 is [2] }}' }, ['DBL1201 m:1:9: expected the name of a test after "is"']],
];

test.each(cases)('%s', (_name, files, expected) => {
  expect(mistakes(files)).toEqual(expected);
});

const reachedNowhere: typeof cases = [
  ['filters', { m: '{{ "x" | nofilter }}{% if false %}{{ "x" | uper }}{% endif %}' }, [
    'DBL1205 m:1:10: there is no filter "nofilter"',
    'DBL1205 m:1:44: there is no filter "uper" (Did you mean "upper"?)',
  ]],
  ['in a set block', { m: '{% if false %}{% set x %}{{ 1 | uper }}{% endset %}{% endif %}' }, ['DBL1205 m:1:33: there is no filter "uper" (Did you mean "upper"?)']],
  ['tests', { m: '{% if false %}{{ 1 is evn }}{% endif %}' }, ['DBL1206 m:1:23: there is no test "evn" (Did you mean "even"?)']],
  ['chained comparisons', { m: '{% if false and 1 < 2 <= 3 %}{% endif %}' }, ['DBL1208 m:1:23: comparisons cannot be chained (Write "a < b and b < c".)']],
  ['tags for pages', { m: '{% extends "x" %}{% block x %}{% endblock %}' }, [
    'DBL1207 m:1:4: "{% extends %}" is not for SQL templates (Use macros or "{% include %}".)',
    'DBL1207 m:1:21: "{% block %}" is not for SQL templates (Use macros or "{% include %}".)',
  ]],
  ['asynchronous tags', { m: '{% asyncEach x in y %}{% endeach %}{% asyncAll x in y %}{% endall %}{% ifAsync x %}{% endif %}' }, [
    'DBL1207 m:1:4: "{% asyncEach %}" is not for SQL templates (Use "{% if %}" or "{% for %}".)',
    'DBL1207 m:1:39: "{% asyncAll %}" is not for SQL templates (Use "{% if %}" or "{% for %}".)',
    'DBL1207 m:1:72: "{% ifAsync %}" is not for SQL templates (Use "{% if %}" or "{% for %}".)',
  ]],
  ['a macro with the name of a function', { m: '{% macro ref(x) %}{% endmacro %}' }, ['DBL1210 m:1:10: a macro cannot be named "ref", which is a function of every template (Give the macro another name.)']],
  ['a macro with the name of a variable', { m: '{% macro this() %}{% endmacro %}' }, ['DBL1210 m:1:10: a macro cannot be named "this", which is a variable of every template (Give the macro another name.)']],
  ['parameters in the wrong order', { m: '{% macro f(a=1, b) %}{% endmacro %}' }, ['DBL1201 m:1:17: argument "b" without a default stands behind one that has one']],
  ['a parameter twice', { m: '{% macro g(a, a) %}{% endmacro %}' }, ['DBL1201 m:1:15: argument "a" is given twice']],
  ['a parameter that is no name', { m: '{% macro g("a") %}{% endmacro %}' }, ['DBL1201 m:1:12: expected the name of an argument']],
  ['an argument twice', { m: '{{ f(a=1, a=2) }}' }, ['DBL1201 m:1:11: argument "a" is given twice']],
  ['a key twice', { m: '{{ f({a: 1, a: 2}) }}' }, ['DBL1201 m:1:13: key "a" is given twice']],
  ['an argument without a name', { m: '{{ f(1=2) }}' }, ['DBL1201 m:1:6: expected a name as argument']],
];

test.each(reachedNowhere)('found without being reached: %s', (_name, files, expected) => {
  expect(mistakes(files)).toEqual(expected);
});

test('nesting without measure is a mistake too', () => {
  expect(mistakes({ m: `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}` })).toEqual(['DBL1214 m:1:1: the template is nested too deeply']);
  expect(mistakes({ m: `a {{ ${'1 ~ '.repeat(20_000)}1 }}` })).toEqual(['DBL1214 m:1:6: the template is nested too deeply']);
  expect(mistakes({ m: `{{ ${'1 ~ '.repeat(900)}1 }}` })).toEqual([]);
});
