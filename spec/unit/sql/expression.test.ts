import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, parseExpression } from '../../../src/sql/index.js';

beforeAll(loadParser);

describe('parseExpression', () => {
  it.each(['a > 0', ' (a) = (b) -- end', 'count(*) > 1', "a in ('x', ')')", '/* ( */ a', '(select true)', 'a\n  and b', 'row(1, 2) = x'])(
    'takes %j',
    (text) => {
      expect(parseExpression(text)).toMatchObject({ ok: true });
    },
  );

  it.each([
    ['', 'syntax error at end of input', 0],
    ['-- only this', 'syntax error at end of input', 0],
    ['a > -- x', 'syntax error at end of input', 3],
    ['(a', 'syntax error at end of input', 2],
    ['1) union select (2', 'syntax error at or near ")"', 1],
    ['a) or (b', 'syntax error at or near ")"', 1],
    ['a) -- ', 'syntax error at or near ")"', 1],
    ['a; drop table x', 'syntax error at or near ";"', 1],
    ['a;', 'syntax error at or near ";"', 1],
    ['a from b', 'syntax error at or near "from"', 2],
    ['a as b', 'syntax error at or near "as"', 2],
    ['a, b', 'this is more than one expression', 0],
    ['select 1', 'syntax error at or near "select"', 0],
    ['*', 'syntax error at or near "*"', 0],
    ["é = '🚓' nd b", 'syntax error at or near "b"', 12],
    ["a = 'x", 'unterminated quoted string', 4],
    ['a /* b', 'unterminated /* comment', 2],
    ['a\0', 'SQL cannot hold a NUL character', 1],
  ])('refuses %j', (text, message, offset) => {
    expect(parseExpression(text)).toMatchObject({ ok: false, error: { message, offset } });
  });

  it('says what it reads', () => {
    const text = 'exists (select from s.t where s.t.a = id)';
    const parse = parseExpression(text);
    if (!parse.ok) throw new Error(parse.error.message);
    const { tables, columns } = parse.references;
    expect([...tables, ...columns].map(({ start, end }) => [start, text.slice(start, end)])).toEqual([
      [20, 's.t'],
      [30, 's.t'],
    ]);
  });
});
