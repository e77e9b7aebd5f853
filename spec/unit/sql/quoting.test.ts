import { loadModule, scanSync } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { byteLength, fingerprint, quoteIdentifier, quoteLiteral, relationName } from '../../../src/sql/index.js';
import { keywords } from '../../../src/sql/keywords.js';

beforeAll(loadModule);

function kindOf(word: string): string {
  return scanSync(word).tokens[0]?.keywordName ?? '';
}

describe('quoteIdentifier', () => {
  it.each([
    ['arrests', 'arrests'],
    ['_a1', '_a1'],
    ['', '""'],
    ['1a', '"1a"'],
    ['a$b', '"a$b"'],
    ['Arrests', '"Arrests"'],
    ['a.b', '"a.b"'],
    ['a"b', '"a""b"'],
    ['café', '"café"'],
    ['🚓', '"🚓"'],
    ['select', '"select"'],
    ['between', '"between"'],
    ['left', '"left"'],
    ['schema', 'schema'],
    ['month', 'month'],
  ])('%s', (name, quoted) => {
    expect(quoteIdentifier(name)).toBe(quoted);
  });

  it('knows the keywords as the parser does', () => {
    const strict = ['RESERVED_KEYWORD', 'COL_NAME_KEYWORD', 'TYPE_FUNC_NAME_KEYWORD'];
    expect([...keywords].filter((word) => !strict.includes(kindOf(word)))).toEqual([]);
    expect(keywords.size).toBe(164);
  });
});

it('relationName', () => {
  expect(relationName('Odd', 'table')).toBe('"Odd"."table"');
  expect(relationName(undefined, 'x')).toBe('x');
});

it('quoteLiteral', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral("\\'")).toBe("E'\\\\'''");
});

it('byteLength', () => {
  expect(byteLength('é🚓')).toBe(6);
});

it('fingerprint', () => {
  expect(fingerprint([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(fingerprint(['a'])).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set([['ab', 'c'], ['a', 'bc'], ['abc'], ['', 'abc'], ['abc', '']].map(fingerprint)).size).toBe(5);
});
