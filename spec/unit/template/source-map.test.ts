import { expect, test } from 'vitest';
import { SourceFile } from '../../../src/diagnostics/index.js';
import { type Files, position, run } from './engine.js';

const one = { 'macros/a.njk': '{% macro one(c) %}\n  ({{ c }} § 1)\n{% endmacro %}' };
const oneQuiet = { 'macros/a.njk': '{% macro one(c) %}\n\n  {{ c }}\n{% endmacro %}' };

/**
 * `§` is a character that the database stumbles over: it is looked for in the rendered text, and must be traced back to where it
 * stands in the source; to `¦`, where there is one, which marks the expected place without being there.
 */
const cases: [name: string, files: Files, calledFrom?: string[]][] = [
  ['plain text', { m: 'select 1,\n  § from t' }],
  ['text after a call on the line', { m: "select 1\nfrom {{ ref('abc') }} as x § join" }],
  ['a value of a variable', { m: 'select 1\nfrom {{ ¦bad }} x' }],
  ['a value, with white space control', { m: 'select 1,\n  2 +   {{- ¦bad -}}   from x' }],
  ['a macro of another file', { m: "select\n  {{ one('a') }} from t", ...one }, ['m:2:6']],
  [
    'a macro in a macro',
    { m: "select\n  {{ two('a') }} from t", ...one, 'macros/b.njk': '\n{% macro two(c) -%}\n coalesce({{ one(c) }}, 1)\n{%- endmacro %}' },
    ['macros/b.njk:3:14', 'm:2:6'],
  ],
  ['text after a macro of three lines', { m: "select\n  {{ one('a') }} as q, § from t", ...oneQuiet }],
  ['an argument of a macro', { m: 'select\n  {{ one(bad) }} from t', 'macros/a.njk': '{% macro one(c) %}\n  {{ ¦c }}\n{% endmacro %}' }, ['m:2:6']],
  ['a loop, second pass', { m: 'select {% for i in [1, 2] %}\n  {{ i }}{% if loop.last %} § {% endif %},\n{% endfor %} 1' }],
  ['a loop over a dictionary', { m: 'select {% for k, v in {a: 1} %}\n  {{ v }} as {{ k }} § ,\n{% endfor %} 1' }],
  ['a branch', { m: 'select\n{% if false %}\n a\n{% else %}\n b §\n{% endif %}' }],
  ['an include', { m: "select 1\n{% include 'p.sql' %}", 'p.sql': 'from t\n where § ' }, ['m:2:4']],
  ['an include with tags', { m: "select 1\n{% include 'p.sql' %}", 'p.sql': 'from {{ 1 }}\n where § ' }, ['m:2:4']],
  ['text after an include', { m: "select 1\n{% include 'p.sql' %} and §", 'p.sql': 'from t\n where true\n\n' }],
  ['import … as', { m: "{% import 'lib.njk' as l %}select\n {{ l.f(1) }}", 'lib.njk': '{% macro f(x) %}{{ x }} + § {% endmacro %}' }, ['m:2:5']],
  ['from … import', { m: "{% from 'lib.njk' import f as g %}select\n {{ g(1) }}", 'lib.njk': '\n{% macro f(x) %}{{ x }} + § {% endmacro %}' }, ['m:2:5']],
  ['a set block', { m: '{% set cols %}\n  a,\n  b §\n{% endset %}\nselect {{ cols }} from t' }, ['m:5:11']],
  ['a set block through indent', { m: '{% set cols %}\n  a,\n  b §\n{% endset %}\nselect {{ cols | indent(8) }} from t' }, ['m:5:11']],
  ['a set block through two filters', { m: '{% set cols %}\n  a,\n  b §\n{% endset %}\nselect {{ cols | trim | upper }} from t' }, ['m:5:11']],
  ['a set block through replace', { m: "{% set cols %}\n  aaa,\n  b §\n{% endset %}\nselect {{ cols | replace('aaa', 'bcd, efg') }} from t" }, ['m:5:11']],
  ['a set block through a method', { m: '{% set cols %}\n  a,\n  b §\n{% endset %}\nselect {{ cols.trim() }} from t' }, ['m:5:11']],
  ['a variable that holds a macro’s text', { m: "{% set x = one('a') %}select {{ x }}", ...one }, ['m:1:33']],
  ['two macros with the same text', { m: '{% set a = x() %}{% set b = y() %}{{ a }}', 'macros/a.njk': '{% macro x() %}§{% endmacro %}{% macro y() %}]{% endmacro %}' }, ['m:1:38']],
  ['a macro joined to a text', { m: "select {{ 'z + ' ~ one('a') }}", ...one }, ['m:1:20', 'm:1:11']],
  ['a macro added to a text', { m: "select {{ 'z + ' + one('a') + '' }}", ...one }, ['m:1:20', 'm:1:11']],
  [
    'a list of macros, joined',
    { m: "select {{ [one('a'), two('b')] | join(', ') }}", 'macros/a.njk': '{% macro one(c) %}({{ c }}){% endmacro %}\n{% macro two(c) %}\n  ({{ c }} § 1)\n{% endmacro %}' },
    ['m:1:22', 'm:1:11'],
  ],
  ['a list filled by push', { m: "{% set xs = [] %}{% set _ = xs.push(one('a')) %}{{ xs | join(',') }}", ...one }, ['m:1:52']],
  ['the body of a call', { m: 'select {% call wrap() %}\n  x §\n{% endcall %}', 'macros/a.njk': '{% macro wrap() %}({{ caller() }}){% endmacro %}' }, ['macros/a.njk:1:23', 'm:1:16']],
  ['a call, in the macro', { m: 'select {% call wrap() %}\n  x \n{% endcall %}', 'macros/a.njk': '{% macro wrap() %}({{ caller() }} \n § ){% endmacro %}' }, ['m:1:16']],
  ['a filter block', { m: 'select {% filter upper %}\n  abc §\n{% endfilter %}' }, ['m:1:18']],
  ['a raw block', { m: "select {% raw %}\n  '{{ x }}' §\n{% endraw %}" }],
  ['a raw block with white space control', { m: "select {% raw -%} '{{ x }}' §{% endraw %}" }],
  ['text after a raw block whose end has two lines', { m: "select {% raw %} '{{' {%\n endraw %}\n §" }],
  ['text after a raw block, white space control', { m: "select {% raw %} '{{' {%- endraw -%}\n §" }],
  ['raw in raw', { m: 'select {% raw %}{% raw %}a{% endraw %} §{% endraw %}' }],
  ['a verbatim block', { m: "select {% verbatim %}\n  '{{ x }}' §{% endverbatim %}" }],
  ['text after an expression of many lines', { m: 'select\n{{ pick(\n  1,\n  [\n 2 ]\n) }}, § from t' }],
  ['text after a comment of many lines', { m: 'select {# a\n b\n {{ c }} #}\n 1 § ' }],
  ['text after -#}', { m: 'select {# a\n b -#}  \n\n  § ' }],
  ['text after -%}', { m: 'select {% set a = 1 -%}   \n\n   1 § ' }],
  ['text after -}}', { m: 'select (\n\n {{- 1 -}} \n\n ), § ' }],
  ['CRLF', { m: 'select\r\n  {{ 1 }},\r\n  § from t\r\n' }],
  ['CRLF and a tag', { m: 'select\r\n  {% if true %}\r\n  1\r\n  {% endif %}\r\n § ' }],
  ['characters outside of the BMP', { m: "select '😀é{{ 1 }}' as \"ü\",\n '😀' , § from t" }],
  ['such a character in a value', { m: "select '{{ emo }}' , § from t" }],
  ['such a character in a macro', { m: "select {{ one('😀') }} from t", 'macros/a.njk': "{% macro one(c) %}\n '{{ c }}é😀' § {% endmacro %}" }, ['m:1:11']],
  ['a byte-order mark', { m: '\ufeffselect {{ 1 }} § from t' }],
  ['a case of a switch', { m: 'select {% switch 2 %}{% case 1 %} a {% case 2 %}\n b § {% default %} c {% endswitch %}' }],
  [
    'a conditional in a loop in a macro with a default',
    { m: "select {{ cols(['a','b']) }} from t", 'macros/a.njk': "{% macro cols(xs, sep=',') %}{% for x in xs %}{{ x }}{{ ¦sep if not loop.last else bad }}{% endfor %}{% endmacro %}" },
    ['m:1:11'],
  ],
];

test.each(cases)('%s', (_name, marked, calledFrom = []) => {
  const files = Object.fromEntries(Object.entries(marked).map(([path, content]) => [path, content.replace('¦', '')]));
  const { diagnostics, rendered } = run(files, { bad: 'a § b', emo: '😀' });
  expect(diagnostics).toEqual([]);
  const text = rendered?.text ?? '';
  const offset = text.indexOf('§');
  expect(offset).toBeGreaterThanOrEqual(0);
  const [first, ...others] = (rendered?.locate(offset) ?? []).map(position);
  expect(first).toBe(expectedPlace(marked));
  expect(others).toEqual(calledFrom);
});

function expectedPlace(marked: Files): string {
  for (const mark of ['¦', '§']) {
    for (const [path, content] of Object.entries(marked)) {
      const file = new SourceFile(path, content);
      const offset = file.text.indexOf(mark);
      if (offset >= 0) return position(file.place(offset));
    }
  }
  throw new Error('the case has no mark');
}

test('the end of the text is the end of the template', () => {
  const { rendered } = run({ m: 'select {{ 1 }} from' });
  expect(rendered?.locate(rendered.text.length).map(position)).toEqual(['m:1:20']);
});

test('a text without tags is its own map', () => {
  const { rendered } = run({ m: 'select 1\n from #} t' });
  expect(rendered?.text).toBe('select 1\n from #} t');
  expect(rendered?.locate(10).map(position)).toEqual(['m:2:2']);
});

test('an empty text has a place', () => {
  const { rendered } = run({ m: '{# nothing #}' });
  expect(rendered?.text).toBe('');
  expect(rendered?.locate(0).map(position)).toEqual(['m:1:1']);
});
