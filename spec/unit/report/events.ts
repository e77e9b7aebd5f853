import type { EventSink, RunEvent } from '../../../src/run/events.js';
import type { CheckEnd, NodeEnd, RunEnd, RunStart } from '../../../src/report/run-record.js';

const began = Date.UTC(2026, 0, 31, 12, 0, 0);

/** Sends events to a sink, a second apart. */
export function play(sink: EventSink, events: readonly RunEvent[]): void {
  for (const [index, body] of events.entries()) sink({ ts: new Date(began + index * 1000), run_id: 'r1', body });
}

export function start(fields: Partial<RunStart> = {}): RunStart {
  return {
    event: 'run_start',
    command: 'build',
    project: 'crime',
    target: 'staging_dev',
    schemas: ['staging_dev'],
    total: 12,
    threads: 2,
    expected_ms: {},
    ...fields,
  };
}

export function built(name: string, rows: number | null, duration_ms: number): NodeEnd {
  const relation = `staging_dev.${name}`;
  return { event: 'node_end', node: `model.staging.${name}`, status: 'success', rows, duration_ms, reason: null, relation };
}

export function ended(name: string, status: NodeEnd['status'], reason: string | null = null, relation: string | null = null): NodeEnd {
  const rows = status === 'held' ? 7 : null;
  return { event: 'node_end', node: `model.staging.${name}`, status, rows, duration_ms: 1500, reason, relation };
}

export function checked(name: string, fields: Partial<CheckEnd> = {}): CheckEnd {
  return {
    event: 'check_end',
    node: `model.staging.${name}`,
    check_id: `staging.${name}.not_null.id`,
    status: 'pass',
    severity: 'error',
    failures: 0,
    description: null,
    message: `"id" of "staging.${name}" is never null`,
    sample: null,
    sql: null,
    duration_ms: 20,
    ...fields,
  };
}

export function failedCheck(name: string, fields: Partial<CheckEnd> = {}): CheckEnd {
  return checked(name, {
    status: 'fail',
    failures: 1204,
    description: 'every row\nneeds an id',
    message: `1,204 rows of "staging.${name}" have no "id"`,
    sample: {
      columns: ['id', 'name'],
      rows: [
        [null, 'a'],
        [null, 'b\nc'],
      ],
    },
    sql: `select *\nfrom staging_dev__work.${name}\nwhere id is null\n`,
    ...fields,
  });
}

export function end(status: RunEnd['status'], fields: Partial<RunEnd> = {}): RunEnd {
  const counts = { success: 0, failed: 0, skipped: 0, unchanged: 0, held: 0, cancelled: 0 };
  return { event: 'run_end', status, exit_code: status === 'success' ? 0 : 1, counts, duration_ms: 125_000, ...fields };
}
