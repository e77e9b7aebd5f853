import { expect, test } from 'vitest';
import { clock, count, dateAndTime, duration, plural, roughly, timeOfDay } from '../../../src/report/quantities.js';

test.each([
  [0, '0'],
  [999, '999'],
  [1204, '1,204'],
  [1_204_331, '1,204,331'],
])('count %d', (value, text) => expect(count(value)).toBe(text));

test.each([
  [0, '0 rows'],
  [1, '1 row'],
  [1204, '1,204 rows'],
])('plural %d', (value, text) => expect(plural(value, 'row')).toBe(text));

test('an irregular plural', () => expect(plural(2, 'query', 'queries')).toBe('2 queries'));

test.each([
  [0, '0 ms'],
  [12.4, '12 ms'],
  [99.4, '99 ms'],
  [99.6, '0.1 s'],
  [800, '0.8 s'],
  [12_340, '12.3 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [3_599_700, '1 h 00 min'],
  [11_520_000, '3 h 12 min'],
  [5_000_000_000, '1,388 h 53 min'],
])('duration of %d ms', (value, text) => expect(duration(value)).toBe(text));

test.each([
  [0, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min 00 s'],
])('clock at %d ms', (value, text) => expect(clock(value)).toBe(text));

test.each([
  [10, '1 s'],
  [4_400, '4 s'],
  [33_000, '35 s'],
  [58_000, '1 min'],
  [125_000, '2 min'],
  [3_600_000, '1 h'],
  [4_900_000, '1 h 20 min'],
])('roughly %d ms', (value, text) => expect(roughly(value)).toBe(text));

test('times are local', () => {
  const date = new Date(2026, 0, 31, 4, 5, 6);
  expect(timeOfDay(date)).toBe('04:05');
  expect(dateAndTime(date)).toBe('2026-01-31 04:05:06');
});
