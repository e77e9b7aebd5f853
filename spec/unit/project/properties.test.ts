import { describe, expect, test } from 'vitest';
import type { Placed } from '../../../src/project/index.js';
import { load, reportOf } from './temporary-project.js';

const text = (placed: Placed<unknown> | undefined): string | undefined => placed?.at.file.text.slice(placed.at.start, placed.at.end);

const files = {
  'models/a/schema.yml': `version: 2
models:
  - name: staging.agencies
    description: >
      Agencies: {{ doc('agencies') }}
      and {{ other.syntax }}
    docs: {show: false}
    config: {materialized: view, tags: [daily], indexes: [{columns: [id]}]}
    tags: daily extra
    meta: {owner: data team, ids: [1, 2]}
    columns:
      - name: "id"
        data_type: bigint
        checks: [not_null, unique]
      - {name: name, description: '{{ doc("agencies") }}', tags: [x], meta: {a: 1}}
  - name: empty
    columns:
    checks:
`,
  'models/sources.yaml': `sources:
  - name: raw
    tables:
      - name: events
      - &people {name: people, identifier: "Odd people", tags: [private], columns: [{name: id}]}
    tags: [nightly]
  - name: crime
    schema: crime_2024
    description: Files as they came
    tables: [{<<: *people, name: persons}]
`,
  'models/docs.md': '# Notes\n{% docs agencies %}\nWho reports.\n{% enddocs %}\n{%- docs other -%}x{%- enddocs -%}',
};

describe('good properties', () => {
  test('nothing is wrong with them', () => expect(load(files).report).toEqual([]));

  test('a model', () => {
    const [agencies, empty] = load(files).project.properties.models;
    expect(agencies).toMatchObject({
      name: { value: 'staging.agencies' },
      description: 'Agencies: Who reports. and {{ other.syntax }}\n',
      meta: { owner: 'data team', ids: [1, 2] },
      checks: [],
    });
    expect(agencies?.config).toMatchObject({
      materialized: { value: 'view' },
      tags: { value: ['daily', 'daily extra'] },
      indexes: { value: [{ columns: ['id'] }] },
    });
    expect(empty).toMatchObject({ description: undefined, columns: [], checks: [], config: {}, meta: {} });
  });

  test('its columns', () => {
    const [agencies] = load(files).project.properties.models;
    expect(agencies?.columns).toMatchObject([
      { name: { value: 'id' }, description: undefined, checks: [{ type: 'not_null', columns: ['id'] }, { type: 'unique', columns: ['id'] }] },
      { name: { value: 'name' }, description: 'Who reports.', checks: [] },
    ]);
  });

  test('places are those of the texts without quotes', () => {
    const [agencies] = load(files).project.properties.models;
    expect(text(agencies?.name)).toBe('staging.agencies');
    expect(text(agencies?.columns[0]?.name)).toBe('id');
    expect(text(agencies?.config.materialized)).toBe('view');
  });

  test('sources', () => {
    expect(load(files).project.properties.sources).toMatchObject([
      {
        name: { value: 'raw' },
        schema: 'raw',
        tables: [
          { name: { value: 'events' }, identifier: 'events', columns: [], tags: ['nightly'] },
          { name: { value: 'people' }, identifier: 'Odd people', columns: [{ name: { value: 'id' } }], tags: ['nightly', 'private'] },
        ],
      },
      {
        name: { value: 'crime' },
        schema: 'crime_2024',
        description: 'Files as they came',
        tables: [{ name: { value: 'persons' }, identifier: 'Odd people', tags: ['private'] }],
      },
    ]);
  });

  test.each(['', '# nothing yet\n', '---\n', 'models:\nsources: []\n'])('an empty file: %j', (yaml) => {
    expect(reportOf(yaml)).toEqual([]);
  });
});

describe('YAML that is none', () => {
  test.each([
    ['models: [\n', ['2:1 DBL1403 invalid YAML: "]" is missing, or not indented']],
    ['models:\n\t- name: a\n', ['2:1 DBL1403 invalid YAML: tabs are not allowed as indentation', '  YAML is indented with spaces.']],
    [
      'models:\n- name: a\n  description: one: two\n',
      ['3:16 DBL1403 invalid YAML: nested mappings are not allowed in compact mappings', '  A text that holds ": " needs quotes around it.'],
    ],
    ['models:\n  - name: a\n   description: b\n', ['3:1 DBL1403 invalid YAML: sequence item without - indicator', '  Keys of one map begin in the same column.']],
    ['- a\nmodels: b\n', ['2:1 DBL1403 invalid YAML: unexpected scalar at node end']],
    ['models:\n- name: @a\n', ['2:9 DBL1403 invalid YAML: plain value cannot start with reserved character @', '  Put quotes around the text.']],
    ['models: *all\n', ['1:9 DBL1403 invalid YAML: no anchor is named "all"']],
    ['models:\n- &m\n  name: a\n  meta: {m: *m}\n', ['4:13 DBL1403 invalid YAML: the anchor "m" holds itself']],
    ['models:\n- name: a\n  tags\n', ['3:3 DBL1403 invalid YAML: implicit map keys need to be followed by map values', '  A key ends in ":".']],
    ['models:\n- *no\n-\n', ['2:3 DBL1403 invalid YAML: no anchor is named "no"', '3:2 DBL1407 a model must be a map, not empty']],
    [`models: ${'['.repeat(20_000)}\n`, [expect.stringMatching(/^1:\d+ DBL1403 invalid YAML: the values are nested too deeply$/)]],
    ['version: !two 2\n', ['1:10 DBL1403 warning invalid YAML: unresolved tag: !two', '1:15 DBL1409 "version" must be 2', "  dbl reads version 2 of dbt's properties; the key may be left out."]],
    ['models: []\n---\nsources: []\n', ['2:1 DBL1404 the file holds more than one YAML document', '  Put the second in a file of its own.']],
    ['models: []\nmodels: []\n', ['2:1 DBL1405 the key "models" occurs twice', '  - 1:1 it occurs here first']],
    ['? [a]\n: b\n', ['1:3 DBL1407 a key must be a text']],
    [
      'models:\n- name: a\n  description: {{ doc("a") }}\n',
      ['3:16 DBL1407 a template needs quotes around it', '  In YAML, a brace that is not in quotes begins a map.'],
    ],
  ])('%j', (yaml, expected) => expect(reportOf(yaml)).toEqual(expected));
});

test('aliases of aliases that would fill the memory', () => {
  const lists = 'bcdefgh'.split('').map((name, index) => `    ${name}: &${name} [${Array(10).fill(`*${'abcdefg'.charAt(index)}`).join(',')}]\n`);
  const yaml = `models:\n- name: a\n  meta:\n    a: &a [${Array(10).fill('x').join(',')}]\n${lists.join('')}`;
  const { report } = load({ 'models/POPULATE-s-a.sql': 'select 1', 'models/p.yaml': yaml });
  expect(report).toEqual(['models/p.yaml:9:33 DBL1403 invalid YAML: with "e" the file stands for more than 1000000 values']);
});

describe('properties that dbl does not understand', () => {
  test.each([
    ['- a\n', ['1:1 DBL1407 a file of properties must be a map, not a list']],
    ['version: 1\n', ['1:10 DBL1409 "version" must be 2', "  dbl reads version 2 of dbt's properties; the key may be left out."]],
    ['model: []\n', ['1:1 DBL1406 unknown key "model" in a file of properties', '  Did you mean "models"?']],
    ['functions: []\n', ['1:1 DBL1406 unknown key "functions" in a file of properties', '  The keys are "version", "models", "sources".']],
    ['exposures: []\nseeds: []\n', ['1:1 DBL1410 warning dbl does not use "exposures"', '2:1 DBL1410 warning dbl does not use "seeds"']],
    ['models: a\n', ['1:9 DBL1407 "models" must be a list, not a text']],
    ['models:\n- a\n', ['2:3 DBL1407 a model must be a map, not a text', '  Write "name: a".']],
    ['models:\n- description: x\n', ['2:3 DBL1408 a model needs "name"']],
    ['models:\n- name:\n', ['2:3 DBL1408 a model needs "name"']],
    ['models:\n- nam: a\n', ['2:3 DBL1406 unknown key "nam" in a model', '  Did you mean "name"?']],
    ['models:\n- name: " "\n', ['2:9 DBL1409 "name" must not be empty']],
    ['models:\n- name: 2024\n', ['2:9 DBL1407 "name" must be a text, not a number', '  Put quotes around it: "2024".']],
    ['models:\n- name: a\n  description: true\n', ['3:16 DBL1407 "description" must be a text, not true', '  Put quotes around it: "true".']],
    ['models:\n- name: a\n  meta: [b]\n', ['3:9 DBL1407 "meta" must be a map, not a list']],
    ['models:\n- name: a\n  tags: [b, {c: d}]\n', ['3:13 DBL1407 a tag must be a text, not a map']],
    ['models:\n- name: a\n  config: {materialised: view}\n', ['3:12 DBL1406 unknown key "materialised" in "config"', '  Did you mean "materialized"?']],
    ['models:\n- name: a\n  config: view\n', ['3:11 DBL1407 "config" must be a map, not a text']],
    ['models:\n- name: a\n  columns: [id]\n', ['3:13 DBL1407 a column must be a map, not a text', '  Write "name: id".']],
    [
      'models:\n- name: a\n  columns: [{name: b}, {name: b}]\n',
      ['3:20 DBL1413 the column "b" is described twice', '  - 3:31 the other one', '3:31 DBL1413 the column "b" is described twice', '  - 3:20 the other one'],
    ],
    ['sources:\n- name: a\n  freshness: {}\n', ['3:3 DBL1410 warning dbl does not use "freshness"']],
    ['sources:\n- name: a\n  table: []\n', ['3:3 DBL1406 unknown key "table" in a source', '  Did you mean "tables"?']],
    ['sources:\n- tables: [{name: x}]\n', ['2:3 DBL1408 a source needs "name"']],
    [
      'sources:\n- name: a\n  tables: [{name: x, tests: [unique]}]\n',
      ['3:22 DBL1420 warning checks on a source are not run', '  Check a model that reads it, or write a file in "tests".'],
    ],
  ])('%j', (yaml, expected) => expect(reportOf(yaml)).toEqual(expected));

  test('one model under two names, in two files', () => {
    const { report } = load({ 'models/POPULATE-s-a.sql': '', 'models/p.yaml': 'models: [{name: a}]', 'models/q.yml': 'models: [{name: s.a}]' });
    expect(report).toEqual([
      'models/p.yaml:1:17 DBL1411 the model "a" is described twice',
      '  - models/q.yml:1:17 the other one',
      'models/q.yml:1:17 DBL1411 the model "s.a" is described twice',
      '  - models/p.yaml:1:17 the other one',
    ]);
  });

  test('a name that two schemas have is none of them', () => {
    const yaml = 'models: [{name: a}, {name: s.a}, {name: t.a}]';
    expect(reportOf(yaml, { 'models/POPULATE-s-a.sql': '', 'models/POPULATE-t-a.sql': '' })).toEqual([]);
  });

  test('one table of a source in two files', () => {
    const { report } = load({
      'models/p.yaml': 'sources: [{name: a, tables: [{name: x}, {name: y}]}]',
      'models/q.yaml': 'sources: [{name: a, tables: [{name: x}]}]',
    });
    expect(report).toEqual([
      'models/p.yaml:1:37 DBL1412 the table "x" of the source "a" is declared twice',
      '  - models/q.yaml:1:37 the other one',
      'models/q.yaml:1:37 DBL1412 the table "x" of the source "a" is declared twice',
      '  - models/p.yaml:1:37 the other one',
    ]);
  });

  test('mistakes in one file are all reported', () => {
    expect(reportOf('verson: 2\nmodels:\n- name: 1\n  colums: []\nsources: 3\n')).toEqual([
      '1:1 DBL1406 unknown key "verson" in a file of properties',
      '  Did you mean "version"?',
      '3:9 DBL1407 "name" must be a text, not a number',
      '  Put quotes around it: "1".',
      '4:3 DBL1406 unknown key "colums" in a model',
      '  Did you mean "columns"?',
      '5:10 DBL1407 "sources" must be a list, not a number',
    ]);
  });
});

describe('doc blocks', () => {
  const yaml = `models:\n- name: a\n  description: "see {{ doc('agencis') }}"\n`;

  test('an unknown name', () => {
    expect(reportOf(yaml, { 'models/d.md': '{% docs agencies %}x{% enddocs %}' })).toEqual([
      '3:21 DBL1417 no doc block is named "agencis"',
      '  Did you mean "agencies"?',
    ]);
    expect(reportOf(yaml)).toEqual([
      '3:21 DBL1417 no doc block is named "agencis"',
      '  Write {% docs agencis %} … {% enddocs %} in a file that ends in ".md", below "models".',
    ]);
  });

  test('the place of a call in a text of several lines', () => {
    expect(reportOf("models:\n- name: a\n  description: |\n    one\n    {{ doc('b') }} and {{ doc('b') }}\n", {}).filter((line) => /^\d/.test(line))).toEqual([
      '5:5 DBL1417 no doc block is named "b"',
      '5:24 DBL1417 no doc block is named "b"',
    ]);
  });

  test.each([
    [
      '{% docs a %}{% enddocs %}\n{% docs a %}{% enddocs %}',
      [
        'models/d.md:1:1 DBL1418 the doc block "a" is defined twice',
        '  - models/d.md:2:1 the other one',
        'models/d.md:2:1 DBL1418 the doc block "a" is defined twice',
        '  - models/d.md:1:1 the other one',
      ],
    ],
    ['x\n{% docs a %}\n', ['models/d.md:2:1 DBL1419 the doc block "a" is not closed', '  Write {% enddocs %} where it ends.']],
    ['{% docs a %}{% docs b %}{% enddocs %}', ['models/d.md:1:1 DBL1419 the doc block "a" is not closed', '  Write {% enddocs %} where it ends.']],
    ['docs {% enddocs %}', ['models/d.md:1:6 DBL1419 {% enddocs %} closes no doc block']],
    ['{% docs %}{% enddocs %}', ['models/d.md:1:1 DBL1419 the doc block has no name', '  Write {% docs a_name %}.']],
  ])('%j', (markdown, expected) => expect(load({ 'models/d.md': markdown }).report).toEqual(expected));

  test('a Markdown file in another encoding matters only when it holds blocks', () => {
    expect(load({ 'models/d.md': Buffer.from('caf\xe9', 'latin1') }).report).toEqual([]);
    expect(load({ 'models/d.md': Buffer.from('{% docs a %}caf\xe9{% enddocs %}', 'latin1') }).report).toEqual([
      'models/d.md:1:16 DBL1112 the file is not valid UTF-8',
      '  It is perhaps Latin-1 or Windows-1252: save it as UTF-8.',
    ]);
  });
});
