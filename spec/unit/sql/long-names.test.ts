import { expect, it } from 'vitest';
import { longNames } from '../../../src/sql/index.js';

const x63 = 'x'.repeat(63);
const x64 = 'x'.repeat(64);

it.each([
  [`select 1 as ${x63}`, []],
  [`select 1 as ${x64}, 2 as ${x64}y`, [[64, x64], [65, `${x64}y`]]],
  [`select 1 as "${x63}", 2 as "${x64}"`, [[64, `"${x64}"`]]],
  [`select 1 as "${'a""'.repeat(21)}"`, []],
  [`select 1 as "${'a""'.repeat(32)}"`, [[64, `"${'a""'.repeat(32)}"`]]],
  [`select 1 as "${'é'.repeat(31)}", 2 as ${'é'.repeat(32)}`, [[64, 'é'.repeat(32)]]],
  [`select 1 as "${'🚓'.repeat(16)}"`, [[64, `"${'🚓'.repeat(16)}"`]]],
  [`select '${x64}', E'\\'${x64}', b'${'1'.repeat(64)}', $$${x64}$$, $t$${x64}$t$ -- ${x64}\n/* ${x64} */`, []],
  [`select ${'1'.repeat(64)}, "a" || 'b' || "${'c'.repeat(63)}"`, []],
  [`select * from ${x64}.${x64}`, [[64, x64], [64, x64]]],
])('the names in %s', (text, expected) => {
  expect(longNames(text).map(({ bytes, end, start }) => [bytes, text.slice(start, end)])).toEqual(expected);
});
