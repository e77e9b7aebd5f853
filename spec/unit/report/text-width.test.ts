import { expect, test } from 'vitest';
import { cutToWidth, displayWidth, padEnd, padStart } from '../../../src/report/text-width.js';

test.each([
  ['', 0],
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['名前', 4],
  ['한글', 4],
  ['ｱ', 1],
  ['Ａ', 2],
  ['👍', 2],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['❤️', 2],
  ['❤', 1],
  ['👍🏽', 2],
  ['a\u200bb', 2],
])('width of %j', (text, width) => expect(displayWidth(text)).toBe(width));

test('a cut text ends with an ellipsis and is never too wide', () => {
  expect(cutToWidth('abcdef', 6)).toBe('abcdef');
  expect(cutToWidth('abcdefg', 6)).toBe('abcde…');
  expect(cutToWidth('名前名前', 6)).toBe('名前…');
});

test('padding counts columns', () => {
  expect(padEnd('名', 4)).toBe('名  ');
  expect(padStart('名', 4)).toBe('  名');
  expect(padEnd('long', 2)).toBe('long');
});
