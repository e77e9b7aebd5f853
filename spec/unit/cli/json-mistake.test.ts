import { expect, test } from 'vitest';
import { jsonMistake } from '../../../src/cli/json-mistake.js';

test.each(['{}', '[]', ' {"a": [1, -2.5e-3, true, null, {"b": "\\u00e9\\n"}]} ', '"x"'])('%s is JSON', (text) => {
  expect(jsonMistake(text)).toBeUndefined();
});

test.each([
  ['', 0, 0, 'it ends where a value should follow'],
  ['{"a": 1', 7, 7, 'it ends where a comma or the closing bracket should follow'],
  ['{a: 1}', 1, 2, '"a" where a name in double quotes or "}" should be'],
  ['{"a": 1, }', 9, 10, '"}" where a name in double quotes should be'],
  ["{'a': 1}", 1, 4, '"\'a\'" where a name in double quotes or "}" should be'],
  ['{"a" 1}', 5, 6, '"1" where a colon should be'],
  ['{"a": yes}', 6, 9, '"yes" where a value should be'],
  ['{"a": 01}', 6, 8, '"01" where a value should be'],
  ['[1 2]', 3, 4, '"2" where a comma or the closing bracket should be'],
  ['[1, 2}', 5, 6, '"}" where a comma or the closing bracket should be'],
  ['{} {}', 3, 4, '"{" where the end should be'],
  ['{"a": TRUE}', 6, 10, '"TRUE" where a value should be'],
])('%s is not', (text, offset, end, message) => {
  expect(jsonMistake(text)).toEqual({ message, offset, end });
});
