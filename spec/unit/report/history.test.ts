import { describe, expect, test } from 'vitest';
import { formatNodeRuns, formatRuns, toNodeRunRow, toRunRow, unusual } from '../../../src/report/index.js';
import type { NodeRunRow } from '../../../src/report/history.js';
import { plainPaint } from '../../../src/report/look.js';
import { lines } from './source.js';

const look = { paint: plainPaint, width: 80 };
const at = (second: number): string => new Date(2026, 0, 31, 14, 32, second).toISOString();

function run(duration_ms: number | null, rows: number | null, fields: Partial<NodeRunRow> = {}): NodeRunRow {
  return { run_id: 'r', target: 't', status: 'success', started_at: at(5), reason: null, rows, duration_ms, ...fields };
}

test('runs are a list, newest first', () => {
  const common = { project: 'p', os_user: 'me', db_user: 'db', host: 'h', pid: '12', dbl_version: '1', git_commit: null, exit_code: null };
  const rows = [
    { ...common, run_id: 'r2', command: 'build', target: 'dev', status: 'running', started_at: at(9), finished_at: null },
    { ...common, run_id: 'r1', command: 'promote', target: 'staging_dev', status: 'success', started_at: at(5), finished_at: at(7), exit_code: '0' },
  ].map(toRunRow);
  expect(rows[1]).toEqual({ ...common, run_id: 'r1', command: 'promote', target: 'staging_dev', status: 'success', started_at: at(5), finished_at: at(7), pid: 12, exit_code: 0 });
  expect(formatRuns(rows, look)).toBe(
    lines(
      'started              command  target       status    time  run',
      '2026-01-31 14:32:09  build    dev          running         r2',
      '2026-01-31 14:32:05  promote  staging_dev  success  2.0 s  r1',
    ),
  );
  expect(formatRuns([], look)).toBe('no runs yet');
});

describe('one model', () => {
  test('is a list with notes', () => {
    const rows = [run(2100, 40, { run_id: 'r5' }), run(1000, 100), run(null, null, { status: 'failed' }), run(1000, 100), run(900, 101)];
    expect(formatNodeRuns('a', rows, 3, look)).toBe(
      lines(
        'started              target  status    time      rows  run',
        '2026-01-31 14:32:05  t       success  2.1 s   40 rows  r5   slower than usual (1.0 s), smaller than usual (100 rows)',
        '2026-01-31 14:32:05  t       success  1.0 s  100 rows  r',
        '2026-01-31 14:32:05  t       failed                    r',
      ),
    );
    expect(formatNodeRuns('a', [], 3, look)).toBe('no run of "a" yet');
  });

  test('reads the rows of the audit schema', () => {
    const row = { run_id: 'r', target: 't', status: 'success', rows: '1204', reason: null, started_at: at(5), duration_ms: '800' };
    expect(toNodeRunRow(row)).toEqual(run(800, 1204));
    expect(toNodeRunRow({ ...row, rows: null, duration_ms: null })).toEqual(run(null, null));
  });

  test('is called unusual only against three good runs in the same target', () => {
    const usual = [run(1000, 100), run(1000, 100), run(1000, 100)];
    expect(unusual([run(2001, 50), ...usual])[0]).toEqual({ slower: true, smaller: false, usual_ms: 1000, usual_rows: 100 });
    expect(unusual([run(2000, 49), ...usual])[0]).toEqual({ slower: false, smaller: true, usual_ms: 1000, usual_rows: 100 });
    expect(unusual([run(2000, 50), ...usual])[0]).toBeUndefined();
    expect(unusual([run(9000, 1), ...usual.slice(1)])[0]).toBeUndefined();
    expect(unusual([run(9000, 1), run(9, 9, { target: 'other' }), ...usual.slice(1)])[0]).toBeUndefined();
    expect(unusual([run(9000, null, { status: 'failed' }), ...usual])[0]).toBeUndefined();
    expect(unusual([run(9000, null), ...usual.map((row) => ({ ...row, rows: null }))])[0]).toEqual({
      slower: true,
      smaller: false,
      usual_ms: 1000,
      usual_rows: null,
    });
  });
});
