import { describe, expect, test } from 'vitest';
import { error, warning } from '../../../src/diagnostics/index.js';
import { jsonLine, jsonReporter, lineReporter } from '../../../src/report/index.js';
import { plainPaint } from '../../../src/report/look.js';
import type { RunEvent } from '../../../src/run/events.js';
import { built, checked, end, ended, failedCheck, play, start } from './events.js';
import { lines, marked } from './source.js';

function report(events: readonly RunEvent[], quiet = false): string {
  let text = '';
  const reporter = lineReporter((written) => (text += written), { paint: plainPaint, width: 100 }, quiet);
  play(reporter.sink, events);
  reporter.close();
  return text;
}

function log(events: readonly RunEvent[]): string[] {
  let text = '';
  const reporter = jsonReporter((written) => (text += written), () => {});
  play(reporter.sink, events);
  return text.trimEnd().split('\n');
}

const broken = error('DBL2201', 'division by zero', marked('models/POPULATE-staging-b.sql', 'select 1 / «0»'));

describe('lines', () => {
  test('say one thing for each node that ended', () => {
    const events: RunEvent[] = [
      start({ schemas: ['staging_dev', 'api_dev'] }),
      { event: 'node_start', node: 'model.staging.a' },
      built('a', 1204, 800),
      built('a_view', null, 12),
      ended('held', 'held', 'published with "staging.b", which failed', 'staging_dev__work.held'),
      ended('b', 'failed', 'division by zero'),
      { event: 'diagnostic', diagnostic: broken },
      ended('c', 'skipped', '"staging.b" failed'),
      ended('d', 'unchanged'),
      ended('e', 'cancelled', 'stopped by Ctrl-C'),
      end('failed'),
    ];
    expect(report(events)).toBe(
      lines(
        'build of staging_dev (staging_dev, api_dev): 12 models, 2 at a time',
        ' 1 of 12  built      staging_dev.a                         1,204 rows       0.8 s',
        ' 2 of 12  built      staging_dev.a_view                                     12 ms',
        ' 3 of 12  held       staging_dev__work.held                    7 rows       1.5 s',
        '  published with "staging.b", which failed',
        ' 4 of 12  failed     staging.b                                              1.5 s',
        '  division by zero',
        '',
        'error DBL2201: division by zero',
        '  models/POPULATE-staging-b.sql:1:12',
        '    |',
        '  1 | select 1 / 0',
        '    |            ^',
        '',
        ' 5 of 12  skipped    staging.c                         "staging.b" failed',
        ' 6 of 12  unchanged  staging.d',
        ' 7 of 12  cancelled  staging.e                         stopped by Ctrl-C',
        '',
      ),
    );
  });

  test('tell what a check that passes has to say all the same, unless only what went wrong is wanted', () => {
    const check = checked('a', { check_id: 'staging.a.ratio', message: 'nothing is published yet to compare with', notice: true });
    const events: RunEvent[] = [start({ threads: 1 }), check, built('a', 1, 12), end('success')];
    expect(report(events)).toBe(
      lines(
        'build of staging_dev (staging_dev): 12 models',
        'notice: the check "staging.a.ratio" passes: nothing is published yet to compare with',
        ' 1 of 12  built      staging_dev.a                              1 row       12 ms',
        '',
      ),
    );
    expect(report(events, true)).toBe('');
  });

  test('do not say again why a node failed', () => {
    const events = [start(), { event: 'diagnostic', diagnostic: broken } as const, ended('b', 'failed', 'division by zero')];
    expect(report(events)).toMatch(/ {12}\^\n\n 1 of 12 {2}failed .* 1\.5 s\n$/);
  });

  test('show a failed check where it is declared, with a sample and the SQL for all rows', () => {
    const diagnostic = error('DBL2301', 'the check "staging.a.not_null.id" failed: 1204 failing rows', 'models/x.yaml');
    const events: RunEvent[] = [
      start({ total: 1 }),
      failedCheck('a'),
      { event: 'diagnostic', diagnostic },
      ended('a', 'failed', `${diagnostic.message} (and 1 more)`),
    ];
    expect(report(events)).toBe(
      lines(
        'build of staging_dev (staging_dev): 1 model, 2 at a time',
        '',
        'error DBL2301: the check "staging.a.not_null.id" failed: 1204 failing rows',
        '  models/x.yaml',
        '     id   | name',
        '    ------+------',
        '     NULL | a',
        '     NULL | b\\nc',
        '    (the first 2 of 1,204)',
        '  all of them:',
        '    select *',
        '    from staging_dev__work.a',
        '    where id is null',
        '',
        '1 of 1  failed     staging.a                                              1.5 s',
        '',
      ),
    );
  });

  test('show checks that no diagnostic tells of before the node ends', () => {
    const warned = failedCheck('a', { status: 'warn', severity: 'warn', sample: null, sql: null });
    const stuck = checked('a', { check_id: 'other', status: 'error', failures: null, message: 'no such column: "x"', sql: 'select x' });
    expect(report([start({ threads: 1 }), checked('a'), warned, stuck, built('b', 1, 1), built('a', 1, 1)])).toBe(
      lines(
        'build of staging_dev (staging_dev): 12 models',
        ' 1 of 12  built      staging_dev.b                              1 row        1 ms',
        '',
        'check "staging.a.not_null.id" warns: 1,204 rows of "staging.a" have no "id"',
        '  every row needs an id',
        '',
        'check "other" could not run: no such column: "x"',
        '  the query:',
        '    select x',
        '',
        ' 2 of 12  built      staging_dev.a                              1 row        1 ms',
        '',
      ),
    );
  });

  test('count checks where checks are what is run', () => {
    const events = [
      start({ command: 'test --production', total: 3 }),
      checked('a'),
      failedCheck('b', { sample: null, sql: null }),
      checked('c'),
      end('failed'),
    ];
    expect(report(events)).toBe(
      lines(
        'test --production of staging_dev (staging_dev): 3 checks, 2 at a time',
        '1 of 3  pass   staging.a.not_null.id                                  20 ms',
        '2 of 3  fail   staging.b.not_null.id                                  20 ms',
        '3 of 3  pass   staging.c.not_null.id                                  20 ms',
        '',
        'check "staging.b.not_null.id" failed: 1,204 rows of "staging.b" have no "id"',
        '  every row needs an id',
        '',
      ),
    );
  });

  test('are few where all should be quiet', () => {
    const notice: RunEvent = { event: 'diagnostic', diagnostic: warning('DBL2103', 'hm') };
    const warned = failedCheck('a', { status: 'warn', severity: 'warn' });
    const events = [start(), built('a', 1, 1), notice, warned, ended('c', 'skipped', 'why'), ended('b', 'failed', 'no'), end('failed')];
    expect(report(events, true)).toBe(' 3 of 12  failed     staging.b                                              1.5 s\n  no\n');
  });
});

describe('the JSON log', () => {
  test('has an object a line, with what every event carries first', () => {
    expect(log([start({ total: 1 }), { event: 'node_start', node: 'model.staging.a' }, built('a', 3, 5), end('success')])).toEqual([
      '{"v":1,"ts":"2026-01-31T12:00:00.000Z","run_id":"r1","event":"run_start","command":"build","project":"crime","target":"staging_dev","schemas":["staging_dev"],"total":1,"threads":2,"expected_ms":{}}',
      '{"v":1,"ts":"2026-01-31T12:00:01.000Z","run_id":"r1","event":"node_start","node":"model.staging.a"}',
      '{"v":1,"ts":"2026-01-31T12:00:02.000Z","run_id":"r1","event":"node_end","node":"model.staging.a","status":"success","rows":3,"duration_ms":5,"reason":null,"relation":"staging_dev.a"}',
      '{"v":1,"ts":"2026-01-31T12:00:03.000Z","run_id":"r1","event":"run_end","status":"success","exit_code":0,"counts":{"success":0,"failed":0,"skipped":0,"unchanged":0,"held":0,"cancelled":0},"duration_ms":125000}',
    ]);
  });

  test('has the fields of a diagnostic beside the event', () => {
    expect(log([{ event: 'diagnostic', diagnostic: broken }])).toEqual([
      '{"v":1,"ts":"2026-01-31T12:00:00.000Z","run_id":"r1","event":"diagnostic","code":"DBL2201","severity":"error","message":"division by zero","file":"models/POPULATE-staging-b.sql","line":1,"column":12,"end_line":1,"end_column":13,"hint":null}',
    ]);
  });

  test('has no run where there is none', () => {
    const line = jsonLine({ ts: new Date(0), run_id: undefined, body: { event: 'diagnostic', diagnostic: error('DBL2001', 'no') } });
    expect(line).toBe(
      '{"v":1,"ts":"1970-01-01T00:00:00.000Z","run_id":null,"event":"diagnostic","code":"DBL2001","severity":"error","message":"no","file":null,"line":null,"column":null,"end_line":null,"end_column":null,"hint":null}',
    );
  });
});
