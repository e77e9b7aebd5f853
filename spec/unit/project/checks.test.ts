import { describe, expect, test } from 'vitest';
import type { CheckProperties } from '../../../src/project/index.js';
import { load, reportOf } from './temporary-project.js';

/** The checks of a model, as a list in YAML's short form. */
function checks(list: string): readonly CheckProperties[] {
  const { project, report } = load({ 'models/p.yaml': `models: [{name: m, checks: ${list}}]` });
  expect(report).toEqual([]);
  return project.properties.models[0]?.checks ?? [];
}

function columnChecks(list: string): readonly CheckProperties[] {
  const { project, report } = load({ 'models/p.yaml': `models: [{name: m, columns: [{name: c, checks: ${list}}]}]` });
  expect(report).toEqual([]);
  return project.properties.models[0]?.columns[0]?.checks ?? [];
}

const ofTable = (list: string): readonly string[] => reportOf(`models:\n- name: m\n  checks:\n  ${list}\n`);
const ofColumn = (list: string): readonly string[] => reportOf(`models:\n- name: m\n  columns:\n  - name: c\n    checks:\n    ${list}\n`);

describe('a check of a column', () => {
  test.each([
    ['[not_null]', { type: 'not_null', columns: ['c'], severity: 'error', name: undefined, where: undefined }],
    ['[{unique: }]', { type: 'unique', columns: ['c'] }],
    ['[{unique: {severity: warn, name: n, description: d, where: c > 0}}]', { severity: 'warn', name: 'n', description: 'd', where: { value: 'c > 0' } }],
    ['[{not_null: {config: {severity: warn, where: c > 0}}}]', { severity: 'warn', where: { value: 'c > 0' } }],
    ['[{accepted_values: {values: [a, 1, true]}}]', { type: 'accepted_values', column: 'c', values: ['a', 1, true] }],
    ['[{accepted_values: {arguments: {values: [a]}}}]', { values: ['a'] }],
    ['[{accepted_values: [a, b]}]', { values: ['a', 'b'] }],
    ['[{accepted_values: [01, 1.50, 12345678901234567890, yes, "2"]}]', { values: ['01', '1.50', '12345678901234567890', 'yes', '2'] }],
    ['[{relationships: {to: "ref(\'a\')", field: id}}]', { type: 'relationships', column: 'c', to: { value: "ref('a')" }, field: 'id' }],
    ['[{relationships: {to: staging.a, field: id}}]', { to: { value: 'staging.a' } }],
    ['[{expression: c > 0}]', { type: 'expression', expression: { value: 'c > 0' } }],
  ])('%s', (list, expected) => expect(columnChecks(list)).toMatchObject([expected]));
});

describe('a check of a table', () => {
  test.each([
    ['[{unique: {columns: [a, b]}}]', { type: 'unique', columns: ['a', 'b'] }],
    ['[{unique: [a, b]}]', { columns: ['a', 'b'] }],
    ['[{not_null: {column: a}}]', { type: 'not_null', columns: ['a'] }],
    ['[{accepted_values: {column: a, values: [x]}}]', { type: 'accepted_values', column: 'a', values: ['x'] }],
    ['[{relationships: {column: a, to: "source(\'r\', \'t\')", field: id}}]', { column: 'a', to: { value: "source('r', 't')" } }],
    ['[{row_count: {min: 1}}]', { type: 'row_count', min: 1, max: undefined }],
    ['[{row_count: {max: 0}}]', { min: undefined, max: 0 }],
    ['[{row_count_ratio: {min: 0.9, max: 1.1}}]', { type: 'row_count_ratio', min: 0.9, max: 1.1, against: 'published' }],
    ['[{row_count_ratio: {min: 0.9, against: production}}]', { against: 'production' }],
    ['[{expression: {expression: a > 0, severity: warn}}]', { expression: { value: 'a > 0' }, severity: 'warn' }],
    ['[{command: python3 scripts/check.py --fast}]', { type: 'command', command: ['python3', 'scripts/check.py', '--fast'] }],
    ['[{command: {command: [sh, -c, "a | b", 3]}}]', { command: ['sh', '-c', 'a | b', '3'] }],
  ])('%s', (list, expected) => expect(checks(list)).toMatchObject([expected]));

  test('the place of a check is its type, that of a condition its text', () => {
    const [check] = checks('[{expression: {expression: "a > 0"}}]');
    if (check?.type !== 'expression') throw new Error('an expression was read');
    const { at, expression } = check;
    expect(at.file.text.slice(at.start, at.end)).toBe('expression');
    expect(at.file.text.slice(expression.at.start, expression.at.end)).toBe('a > 0');
  });

  test.each(['tests', 'data_tests'])('dbt calls them %s', (key) => {
    const { project } = load({ 'models/p.yaml': `models: [{name: m, ${key}: [{unique: [a]}], columns: [{name: a, ${key}: [not_null]}]}]` });
    expect(project.properties.models).toMatchObject([{ checks: [{ type: 'unique' }], columns: [{ checks: [{ type: 'not_null' }] }] }]);
  });
});

describe('mistakes in checks', () => {
  const quotedForms = '  Write it like "agencies", "staging.agencies", "ref(\'agencies\')" or "source(\'raw\', \'agencies\')".';

  test.each([
    ['- not_nul', ['6:7 DBL1414 unknown check "not_nul"', '  Did you mean "not_null"?']],
    [
      '- fresh',
      [
        '6:7 DBL1414 unknown check "fresh"',
        '  The checks are "not_null", "unique", "accepted_values", "relationships", "row_count", "row_count_ratio", "expression", "command".',
      ],
    ],
    ['- dbt_utils.expression_is_true: {expression: c}', ['6:7 DBL1414 unknown check "dbt_utils.expression_is_true"', '  In dbl it is "expression".']],
    ['- dbt_utils.at_least_one', ['6:7 DBL1414 unknown check "dbt_utils.at_least_one"', '  Write it as an "expression", or as a file in "tests".']],
    ['- row_count: {min: 1}', ['6:7 DBL1415 "row_count" checks a table, not a column', '  Move it to the checks of the model.']],
    ['- 5', ['6:7 DBL1407 a check must be a text, not a number', '  Put quotes around it: "5".']],
    ['- [unique]', ['6:7 DBL1407 a check must be its type, like "not_null", or a map with its type as the key']],
    [
      '- accepted_values:\n      values: [a]',
      ['7:7 DBL1407 a check has one key, its type; this one has "accepted_values" and "values"', '  Indent what belongs to "accepted_values" further.'],
    ],
    [
      '- unique: {}\n      not_null: {}',
      ['7:7 DBL1407 a check has one key, its type; this one has "unique" and "not_null"', '  Write a "-" before each check.'],
    ],
    ['- accepted_values', ['6:7 DBL1408 the check "accepted_values" needs "values"']],
    ['- accepted_values: {value: [a]}', ['6:25 DBL1406 unknown key "value" in the check "accepted_values"', '  Did you mean "values"?']],
    ['- accepted_values: []', ['6:24 DBL1409 "values" must not be empty']],
    [
      '- accepted_values: [a, null]',
      [
        '6:28 DBL1407 a value must be a text, a number, true or false, not null',
        '  Null always passes: leave it out, and add "not_null" where it must not.',
      ],
    ],
    ['- accepted_values: [[a]]', ['6:25 DBL1407 a value must be a text, a number, true or false, not a list']],
    ['- unique: [a]', ['6:15 DBL1407 the check "unique" must be a map, not a list']],
    ['- relationships: {to: a}', ['6:7 DBL1408 the check "relationships" needs "field"']],
    ['- relationships: {to: "ref(a)", field: id}', ['6:28 DBL1409 "to" names no table: "ref(a)"', quotedForms]],
    ['- relationships: {to: "source(\'a\')", field: id}', ['6:28 DBL1409 "to" names no table: "source(\'a\')"', quotedForms]],
    ['- relationships: {to: "{{ ref(\'a\') }}", field: id}', ['6:28 DBL1409 "to" takes no braces', quotedForms]],
    ['- expression: ""', ['6:19 DBL1409 "expression" must not be empty']],
    ['- not_null: {severity: ERROR}', ['6:28 DBL1409 "severity" must be "error" or "warn", not "ERROR"', '  Did you mean "error"?']],
    ['- not_null: {config: {limit: 3}}', ['6:27 DBL1410 warning dbl does not use "limit"']],
    ['- not_null: {config: {enabled: false}}', ['6:27 DBL1406 unknown key "enabled" in "config"', '  The keys are "severity", "where".']],
    ['- not_null: {where: a, config: {where: b}}', ['6:37 DBL1405 "where" stands here and beside "config"']],
  ])('of a column: %s', (list, expected) => expect(ofColumn(list)).toEqual(expected));

  test.each([
    ['- unique', ['4:5 DBL1408 the check "unique" needs "columns"', '  Or move it to a column.']],
    ['- accepted_values: [a]', ['4:5 DBL1408 the check "accepted_values" needs "column"', '  Or move it to a column.']],
    ['- unique: {column: a, columns: [b]}', ['4:14 DBL1409 the check "unique" has "column" and "columns": one is enough']],
    ['- row_count', ['4:5 DBL1408 the check "row_count" needs "min" or "max"']],
    ['- row_count: {minimum: 3}', ['4:17 DBL1406 unknown key "minimum" in the check "row_count"', '  Did you mean "min"?']],
    ['- row_count: 3', ['4:16 DBL1407 the check "row_count" must be a map, not a number']],
    ['- row_count: {min: -1}', ['4:22 DBL1409 "min" must be a whole number, 0 or more, not "-1"']],
    ['- row_count: {max: 1.5}', ['4:22 DBL1409 "max" must be a whole number, 0 or more, not "1.5"']],
    ['- row_count: {min: 3, max: 2}', ['4:22 DBL1409 "min" is greater than "max": 3 and 2']],
    ['- row_count_ratio: {min: many}', ['4:28 DBL1409 "min" must be a number, 0 or more, not "many"']],
    [
      '- row_count_ratio: {min: 1, against: prod}',
      ['4:40 DBL1409 "against" must be "published" or "production", not "prod"', '  Did you mean "production"?'],
    ],
    [
      '- command: python3 x.py | grep y',
      [
        '4:14 DBL1409 "command" holds characters that only a shell understands',
        '  No shell reads the command. Write it as a list, like [python3, "scripts/check it.py"].',
      ],
    ],
    ['- command: []', ['4:14 DBL1409 "command" must not be empty']],
    ['- command: [a, [b]]', ['4:18 DBL1407 a word of "command" must be a text, not a list']],
  ])('of a table: %s', (list, expected) => expect(ofTable(list)).toEqual(expected));

  test('checks under two keys', () => {
    expect(reportOf('models:\n- name: m\n  checks: []\n  tests: []\n')).toEqual([
      '4:3 DBL1416 checks stand under "checks" and under "tests"',
      '  They mean the same: put all into one list.',
    ]);
  });
});
