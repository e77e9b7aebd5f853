import { expect, test } from 'vitest';
import { error, warning } from '../../../src/diagnostics/index.js';
import { recordRun, summary, verdict } from '../../../src/report/index.js';
import { plainPaint } from '../../../src/report/look.js';
import type { RunEvent } from '../../../src/run/events.js';
import { built, checked, end, ended, failedCheck, play, start } from './events.js';
import { lines, marked } from './source.js';

function summarize(events: readonly RunEvent[], promotable = true): string {
  const { record, sink } = recordRun();
  play(sink, events);
  return summary(record, { paint: plainPaint, width: 80 }, { dbl: 'dbl', promotable });
}

function verdictOf(...events: readonly RunEvent[]): string {
  const { record, sink } = recordRun();
  play(sink, events);
  return verdict(record);
}

test('a good build', () => {
  const events = [start(), built('a', 1_204_000, 72_000), built('b', 331, 800), built('v', null, 12), built('d', 1, 900), end('success')];
  expect(summarize(events)).toBe(
    lines(
      'slowest',
      '  staging.a  1 min 12 s  1,204,000 rows',
      '  staging.d       0.9 s           1 row',
      '  staging.b       0.8 s        331 rows',
      '',
      'build of staging_dev is done: 4 built (1,204,332 rows), in 2 min 05 s',
      '',
      'next',
      '  dbl test --target staging_dev     check again what the target holds',
      "  dbl promote --target staging_dev  put it in production's place",
    ),
  );
});

test('a build that failed', () => {
  const diagnostic = error('DBL2201', 'division by zero', marked('models/POPULATE-staging-b.sql', '1 / «0»'));
  const notNull = error('DBL2301', 'the check "staging.f.not_null.id" failed: 3 failing rows', 'models/x.yaml');
  const events: RunEvent[] = [
    start(),
    built('a', 5, 800),
    { event: 'diagnostic', diagnostic },
    ended('b', 'failed', 'division by zero'),
    failedCheck('f'),
    { event: 'diagnostic', diagnostic: notNull },
    ended('f', 'failed', `${notNull.message} (and 1 more)`, 'staging_dev__work.f'),
    ended('g', 'held', '"staging.f" failed', 'staging_dev__work.g'),
    ended('c', 'skipped', '"staging.b" failed'),
    ended('d', 'skipped', '"staging.b" failed'),
    failedCheck('a', { status: 'warn', severity: 'warn' }),
    { event: 'diagnostic', diagnostic: warning('DBL2301', 'the check "staging.a.not_null.id" failed: 4 failing rows') },
    failedCheck('g', { status: 'warn', severity: 'warn' }),
    { event: 'diagnostic', diagnostic: warning('DBL2103', 'a source is odd') },
    end('failed'),
  ];
  expect(summarize(events)).toBe(
    lines(
      'slowest',
      '  staging.g  1.5 s  7 rows',
      '  staging.a  0.8 s  5 rows',
      '',
      'held, for a look by hand',
      '  staging_dev__work.g',
      '',
      'warnings',
      '  staging.g.not_null.id: 1,204 rows of "staging.g" have no "id"',
      '  the check "staging.a.not_null.id" failed: 4 failing rows',
      '  a source is odd',
      '',
      'skipped, for what they read is not there',
      '  staging.c',
      '  staging.d',
      '',
      'failed',
      '  staging.b: division by zero',
      '    at models/POPULATE-staging-b.sql:1:5',
      '  staging.f: the check "staging.f.not_null.id" failed: 3 failing rows (and 1 more)',
      '    at models/x.yaml',
      '    to look at: staging_dev__work.f',
      '',
      'build of staging_dev failed after 2 min 05 s: 1 built (5 rows), 1 held (7 rows), 2 failed, 2 skipped, 3 warnings',
      '',
      'next',
      '  dbl build --target staging_dev --select staging.b+ staging.f+ staging.g+  when it is mended',
    ),
  );
});

test('many names are counted, not listed', () => {
  const skipped = Array.from({ length: 14 }, (_, index) => ended(`m${String(index).padStart(2, '0')}`, 'skipped'));
  const text = summarize([start(), ended('b', 'failed', 'no'), ...skipped, end('failed')]);
  expect(text).toContain('\n  staging.m08\n  and 5 more\n\nfailed\n');
});

test('a build that is held', () => {
  const events = [start({ command: 'build --hold' }), ended('a', 'held', null, 'staging_dev__work.a'), ended('b', 'held', null, 'staging_dev__work.b'), end('success')];
  expect(summarize(events)).toBe(
    lines(
      'slowest',
      '  staging.a  1.5 s  7 rows',
      '  staging.b  1.5 s  7 rows',
      '',
      'held, for a look by hand',
      '  staging_dev__work.a',
      '  staging_dev__work.b',
      '',
      'build --hold of staging_dev is done: 2 held (14 rows), in 2 min 05 s',
      '',
      'next',
      '  dbl publish --target staging_dev  publish what is held',
    ),
  );
});

test('a build that was stopped', () => {
  const events = [start({ target: "o'dd" }), ended('a', 'cancelled'), end('cancelled', { duration_ms: 900 })];
  expect(summarize(events)).toBe(
    lines("build of o'dd was cancelled after 0.9 s: 1 cancelled", '', 'next', String.raw`  dbl build --resume --target 'o'\''dd'  go on with the rest`),
  );
});

test('a build of nothing, and one in production itself', () => {
  expect(summarize([start(), end('success')])).toBe('nothing to build in staging_dev');
  expect(summarize([start(), built('a', 1, 1), end('success')], false)).toContain(
    'next\n  dbl test --target staging_dev  check again what the target holds',
  );
});

test('checks', () => {
  const test = start({ command: 'test' });
  const odd = checked('d', { status: 'error', message: 'no such column: "x"\nreally' });
  expect(verdictOf(test, checked('a'), end('success', { duration_ms: 50 }))).toBe('test of staging_dev is done: 1 check passes, in 50 ms');
  expect(verdictOf(test, checked('a'), checked('b'), failedCheck('c', { status: 'warn' }), end('success'))).toBe(
    'test of staging_dev is done: 2 checks pass, 1 warns, in 2 min 05 s',
  );
  expect(summarize([test, checked('a'), failedCheck('b'), odd, end('failed')])).toBe(
    lines(
      'failed',
      '  staging.b.not_null.id: 1,204 rows of "staging.b" have no "id"',
      '  staging.d.not_null.id: no such column: "x"',
      '',
      'test of staging_dev failed after 2 min 05 s: 1 check passes, 1 fails, 1 could not run',
    ),
  );
  expect(verdictOf(test, end('success'))).toBe('nothing to test in staging_dev');
});

test('publishing and promoting', () => {
  const publish = start({ command: 'publish' });
  expect(verdictOf(publish, built('a', 2, 1), end('success', { duration_ms: 20 }))).toBe(
    'publish of staging_dev is done: 1 published (2 rows), in 20 ms',
  );
  const promote = start({ command: 'promote' });
  const first: RunEvent = { event: 'promote', schema: 'api', previous_schema: null, duration_ms: 3 };
  const second: RunEvent = { event: 'promote', schema: 'staging', previous_schema: 'staging__previous', duration_ms: 3 };
  expect(summarize([promote, first, second, end('success', { duration_ms: 12 })])).toBe(
    lines('staging_dev is production now, in 12 ms', '  api is new', '  staging is replaced, what it was is in staging__previous'),
  );
  expect(verdictOf(promote, end('failed'))).toBe('promote of staging_dev failed, production is as it was');
});

test('a run that did not begin, or did not come to its end, has no summary', () => {
  expect(summarize([end('failed')])).toBe('');
  expect(summarize([start(), built('a', 1, 1)])).toBe('');
});
