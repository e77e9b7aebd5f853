import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { error } from '../../../src/diagnostics/index.js';
import { recordRun, writeRunResults } from '../../../src/report/index.js';
import { built, checked, end, play, start } from './events.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'dbl-results-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the results of a run are written as its events told them', () => {
  const { record, sink } = recordRun();
  play(sink, [
    start(),
    built('a', 3, 5),
    checked('a'),
    { event: 'publish', nodes: ['model.staging.a'], schema: 'staging_dev', duration_ms: 2 },
    { event: 'diagnostic', diagnostic: error('DBL2201', 'no') },
    end('failed'),
  ]);
  expect(writeRunResults(folder, record)).toBeUndefined();
  expect(readdirSync(path.join(folder, '.dbl'))).toEqual(['run_results.json']);
  expect(JSON.parse(readFileSync(path.join(folder, '.dbl/run_results.json'), 'utf8'))).toEqual({
    version: 1,
    run_id: 'r1',
    project: 'crime',
    command: 'build',
    target: 'staging_dev',
    status: 'failed',
    exit_code: 1,
    started_at: '2026-01-31T12:00:00.000Z',
    finished_at: '2026-01-31T12:00:05.000Z',
    duration_ms: 125_000,
    counts: { success: 0, failed: 0, skipped: 0, unchanged: 0, held: 0, cancelled: 0 },
    nodes: [{ node: 'model.staging.a', status: 'success', rows: 3, duration_ms: 5, reason: null, relation: 'staging_dev.a' }],
    checks: [
      {
        node: 'model.staging.a',
        check_id: 'staging.a.not_null.id',
        status: 'pass',
        severity: 'error',
        failures: 0,
        description: null,
        message: '"id" of "staging.a" is never null',
        sample: null,
        sql: null,
        duration_ms: 20,
      },
    ],
    published: [{ nodes: ['model.staging.a'], schema: 'staging_dev', duration_ms: 2 }],
    promoted: [],
    diagnostics: [
      { code: 'DBL2201', severity: 'error', message: 'no', file: null, line: null, column: null, end_line: null, end_column: null, hint: null },
    ],
  });
});

test('a run without an end leaves no results', () => {
  const { record, sink } = recordRun();
  play(sink, [start()]);
  expect(writeRunResults(folder, record)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that cannot be written to is a warning', () => {
  writeFileSync(path.join(folder, '.dbl'), '');
  const { record, sink } = recordRun();
  play(sink, [start(), end('success')]);
  expect(writeRunResults(folder, record)).toMatchObject({ code: 'DBL1720', severity: 'warning' });
});
