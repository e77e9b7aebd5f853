import { beforeAll, expect, it } from 'vitest';
import { loadParser, repeatedColumns } from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

beforeAll(loadParser);

it.each([
  ['select a, b, 1 as c, count(*), max(d) from t', []],
  ['select a, t.a, 1 as a from t', ['a @ t.a, 1 as a from t']],
  ['select max(a), max(b) from t', ['max @ max(b) from t']],
  ["select 1, 'x' || a, 2 from t", ["?column? @ 'x' || a, 2 from t"]],
  ['select a as "A", b as A, c as a from t', ['a @ c as a from t']],
  ['select max(a), b as max from t', ['max @ b as max from t']],
  ['select 1 as a, 2 as b union select 3 as c, 4 as c', []],
  ['select 1 as a, 2 as a union select 3 as c, 4 as d', ['a @ 2 as a union select 3 as c, 4 as d']],
  ['with x as (select 1 as a, 2 as b) select *, 3 as b from x', ['b @ 3 as b from x']],
  ['select *, 1 as a, 2 as a from t', []],
  ['values (1, 1)', []],
  ['table t', []],
  ['-- nothing', []],
])('the columns of %s', (text, expected) => {
  expect(repeatedColumns(mustParse(text)).map(({ name, offset }) => `${name} @ ${text.slice(offset)}`)).toEqual(expected);
});
