import { expect, test } from 'vitest';
import { lookOf } from '../../../src/report/index.js';

const terminal = { isTTY: true, columns: 132 };

test.each([
  ['a terminal', terminal, true, {}, true],
  ['a file', {}, true, {}, false],
  ['a simple terminal', terminal, true, { TERM: 'dumb' }, false],
  ['--no-color', terminal, false, { FORCE_COLOR: '1' }, false],
  ['NO_COLOR', terminal, true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['an empty NO_COLOR', terminal, true, { NO_COLOR: '' }, true],
  ['FORCE_COLOR', {}, true, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0', terminal, true, { FORCE_COLOR: '0' }, false],
])('colours with %s', async (_, screen, color, env, colored) => {
  const { paint } = await lookOf(screen, color, env);
  expect(paint.red('x')).toBe(colored ? '\u001b[31mx\u001b[39m' : 'x');
});

test('the width is the terminal’s, and always the same elsewhere', async () => {
  expect((await lookOf(terminal, true, {})).width).toBe(132);
  expect((await lookOf({}, true, {})).width).toBe(100);
});
