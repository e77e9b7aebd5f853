import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { remainingTime } from '../../../src/report/estimate.js';
import { liveReporter } from '../../../src/report/index.js';
import { liveBlock } from '../../../src/report/live-reporter.js';
import { plainPaint } from '../../../src/report/look.js';
import { recordRun } from '../../../src/report/run-record.js';
import type { RunEvent } from '../../../src/run/events.js';
import { built, checked, end, ended, play, start } from './events.js';

const look = { paint: plainPaint, width: 80 };

function block(events: readonly RunEvent[], second: number, width = 80, rows = 24): string[] {
  const { record, sink } = recordRun();
  play(sink, events);
  return liveBlock(record, new Date(Date.UTC(2026, 0, 31, 12, 0, second)), { ...look, width }, rows);
}

const begun = (name: string): RunEvent => ({ event: 'node_start', node: `model.staging.${name}` });

describe('the live block', () => {
  test('shows what runs and how much is done', () => {
    expect(block([start(), begun('a'), begun('b'), built('a', 1, 1), ended('x', 'failed')], 70)).toEqual([
      '  staging.b                                          1 min 08 s',
      '2 of 12 done, 1 failed, 1 min 10 s',
    ]);
  });

  test('guesses the end from earlier runs', () => {
    const expected_ms = { 'model.staging.a': 60_000, 'model.staging.b': 30_000, 'model.staging.c': 120_000 };
    const [first, last] = block([start({ total: 3, expected_ms }), begun('b'), built('b', 1, 1), begun('a')], 13);
    expect(first).toBe('  staging.a                                        10 s  (1 min 00 s last time)');
    expect(last).toMatch(/^1 of 3 done, 13 s, about 2 min left, ends \d\d:02$/);
  });

  test('guesses nothing where history knows little', () => {
    expect(block([start({ total: 3, expected_ms: { 'model.staging.a': 60_000 } })], 5)).toEqual(['0 of 3 done, 5 s']);
  });

  test('counts checks where checks are run', () => {
    expect(block([start({ command: 'test', total: 3 }), checked('a')], 5)).toEqual(['1 of 3 checks done, 5 s']);
  });

  test('fits the screen', () => {
    const long = 'a'.repeat(63);
    const names = Array.from({ length: 20 }, (_, index) => begun(`${long}${index}`));
    const shown = block([start(), ...names], 30, 40, 10);
    expect(shown).toHaveLength(6);
    expect(shown[0]).toBe(`  staging.${'a'.repeat(15)}…         29 s`);
    expect(shown[4]).toBe('  and 16 more');
    expect(shown.every((line) => line.length < 40)).toBe(true);
  });

  test('is there only during the run', () => {
    expect(block([], 1)).toEqual([]);
    expect(block([start(), end('success')], 1)).toEqual([]);
  });
});

test('the live display leaves the finished lines behind, and nothing else', async () => {
  let written = '';
  const terminal = Object.assign(
    new Writable({
      write: (chunk, _encoding, done) => {
        written += String(chunk);
        done();
      },
    }),
    { columns: 80, rows: 24, isTTY: true },
  );
  const reporter = await liveReporter(terminal, look);
  play(reporter.sink, [start(), begun('a'), built('a', 1, 800)]);
  reporter.note('stopping');
  play(reporter.sink, [end('cancelled')]);
  reporter.close();
  expect(screenOf(written)).toBe(
    [
      'build of staging_dev (staging_dev): 12 models, 2 at a time',
      ' 1 of 12  built      staging_dev.a                              1 row       0.8 s',
      'stopping',
      '',
    ].join('\n'),
  );
});

/** What a terminal shows after it was written to: only as much of a terminal as the display uses. */
function screenOf(written: string): string {
  const rows: string[] = [''];
  let row = 0;
  let column = 0;
  // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
  for (const part of written.match(/\u001b\[\??[\d;]*[A-Za-z]|\n|[^\n\u001b]+/g) ?? []) {
    const count = Number(/\d+/.exec(part)?.[0] ?? 1);
    if (part === '\n') {
      row += 1;
      column = 0;
      rows[row] ??= '';
    } else if (!part.startsWith('\u001b')) {
      const before = (rows[row] ?? '').padEnd(column).slice(0, column);
      rows[row] = before + part + (rows[row] ?? '').slice(column + part.length);
      column += part.length;
    } else if (part.endsWith('A')) row -= count;
    else if (part.endsWith('B')) row += count;
    else if (part.endsWith('G')) column = 0;
    else if (part.endsWith('K')) rows[row] = part.includes('2') ? '' : (rows[row] ?? '').slice(0, column);
  }
  return stripVTControlCharacters(rows.join('\n')).replace(/\n+$/, '\n');
}

describe('the remaining time', () => {
  const none = new Map<string, number>();

  test('is the work that is left, spread over the threads', () => {
    const expected = { a: 1000, b: 2000, c: 3000, d: 2000 };
    expect(remainingTime({ expected, total: 4, threads: 2, ended: none, running: none })).toBe(4000);
    expect(remainingTime({ expected, total: 4, threads: 2, ended: new Map([['b', 1]]), running: new Map([['c', 500]]) })).toBe(2750);
  });

  test('is at least the longest node', () => {
    expect(remainingTime({ expected: { a: 9000, b: 1000 }, total: 2, threads: 8, ended: none, running: none })).toBe(9000);
  });

  test('counts nodes without history as average ones', () => {
    const expected = { a: 1000, b: 2000, c: 3000 };
    expect(remainingTime({ expected, total: 4, threads: 1, ended: none, running: none })).toBe(8000);
  });

  test('is not known without history, nor at the end', () => {
    expect(remainingTime({ expected: { a: 1 }, total: 2, threads: 1, ended: none, running: none })).toBeUndefined();
    expect(remainingTime({ expected: { a: 1 }, total: 1, threads: 1, ended: new Map([['a', 1]]), running: none })).toBeUndefined();
    expect(remainingTime({ expected: {}, total: 0, threads: 1, ended: none, running: none })).toBeUndefined();
  });
});
