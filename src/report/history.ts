import type { Look } from './look.js';
import { dateAndTime, duration, plural } from './quantities.js';
import { formatColumns } from './text-table.js';

/** A row as the audit schema gives it: every value is the text that the server prints. */
type AuditRow = Readonly<Record<string, string | null>>;

/** A row of `runs` in the audit schema. */
export interface RunRow {
  readonly run_id: string;
  readonly project: string;
  readonly command: string;
  readonly target: string;
  readonly status: string;
  /** ISO 8601. */
  readonly started_at: string;
  /** null where the run is going on. */
  readonly finished_at: string | null;
  readonly os_user: string;
  readonly db_user: string;
  readonly host: string;
  readonly pid: number | null;
  readonly dbl_version: string;
  readonly git_commit: string | null;
  readonly exit_code: number | null;
}

/** What one run did to one model. */
export interface NodeRunRow {
  readonly run_id: string;
  readonly target: string;
  readonly status: string;
  readonly started_at: string;
  /** null for a view, and where nothing was built. */
  readonly rows: number | null;
  readonly duration_ms: number | null;
  readonly reason: string | null;
}

export function toRunRow(row: AuditRow): RunRow {
  return {
    run_id: text(row, 'run_id'),
    project: text(row, 'project'),
    command: text(row, 'command'),
    target: text(row, 'target'),
    status: text(row, 'status'),
    started_at: text(row, 'started_at'),
    finished_at: row['finished_at'] ?? null,
    os_user: text(row, 'os_user'),
    db_user: text(row, 'db_user'),
    host: text(row, 'host'),
    pid: number(row, 'pid'),
    dbl_version: text(row, 'dbl_version'),
    git_commit: row['git_commit'] ?? null,
    exit_code: number(row, 'exit_code'),
  };
}

export function toNodeRunRow(row: AuditRow): NodeRunRow {
  return {
    run_id: text(row, 'run_id'),
    target: text(row, 'target'),
    status: text(row, 'status'),
    started_at: text(row, 'started_at'),
    rows: number(row, 'rows'),
    duration_ms: number(row, 'duration_ms'),
    reason: row['reason'] ?? null,
  };
}

function text(row: AuditRow, column: string): string {
  return row[column] ?? '';
}

function number(row: AuditRow, column: string): number | null {
  const value = row[column] ?? null;
  return value === null ? null : Number(value);
}

/** What is odd about one run of a model, measured by the median of its earlier good ones. */
export interface Unusual {
  readonly slower: boolean;
  readonly smaller: boolean;
  readonly usual_ms: number;
  readonly usual_rows: number | null;
}

/** With fewer good runs before it, nothing is called usual. */
const fewestEarlier = 3;

/** Rows in the order given, newest first. */
export function formatRuns(rows: readonly RunRow[], { paint }: Look): string {
  if (rows.length === 0) return 'no runs yet';
  const cells = rows.map(({ command, finished_at, run_id, started_at, status, target }) => [
    dateAndTime(new Date(started_at)),
    command,
    target,
    status,
    finished_at === null ? '' : duration(Date.parse(finished_at) - Date.parse(started_at)),
    run_id,
  ]);
  return underTitles(['started', 'command', 'target', 'status', 'time', 'run'], cells, [4], paint.bold);
}

/** The newest `limit` rows, in the order given, newest first; all rows count for what is usual. */
export function formatNodeRuns(name: string, rows: readonly NodeRunRow[], limit: number, { paint }: Look): string {
  if (rows.length === 0) return `no run of "${name}" yet`;
  const notes = unusual(rows).map(describe);
  const cells = rows.slice(0, limit).map(({ duration_ms, rows: built, run_id, started_at, status, target }, index) => [
    dateAndTime(new Date(started_at)),
    target,
    status,
    duration_ms === null ? '' : duration(duration_ms),
    built === null ? '' : plural(built, 'row'),
    run_id,
    notes[index] ?? '',
  ]);
  return underTitles(['started', 'target', 'status', 'time', 'rows', 'run', ''], cells, [3, 4], paint.bold);
}

/**
 * For every row what is odd about it, undefined where nothing is or too little is known: more than twice as long as the median
 * of the good runs before it in the same target, or fewer than half as many rows. Rows are newest first.
 */
export function unusual(rows: readonly NodeRunRow[]): (Unusual | undefined)[] {
  return rows.map((row, index) => {
    if (row.status !== 'success' && row.status !== 'held') return undefined;
    const earlier = rows.slice(index + 1).filter((other) => other.status === 'success' && other.target === row.target);
    if (earlier.length < fewestEarlier) return undefined;
    const usualTime = median(earlier.map((other) => other.duration_ms));
    const usualRows = median(earlier.map((other) => other.rows));
    const slower = usualTime !== null && row.duration_ms !== null && row.duration_ms > 2 * usualTime;
    const smaller = usualRows !== null && row.rows !== null && row.rows < usualRows / 2;
    return slower || smaller ? { slower, smaller, usual_ms: usualTime ?? 0, usual_rows: usualRows } : undefined;
  });
}

function describe(odd: Unusual | undefined): string {
  const parts: string[] = [];
  if (odd?.slower === true) parts.push(`slower than usual (${duration(odd.usual_ms)})`);
  if (odd?.smaller === true) parts.push(`smaller than usual (${plural(odd.usual_rows ?? 0, 'row')})`);
  return parts.join(', ');
}

function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function underTitles(
  titles: readonly string[],
  cells: readonly (readonly string[])[],
  right: readonly number[],
  bold: (text: string) => string,
): string {
  const [head = '', ...rest] = formatColumns([titles, ...cells], right).split('\n');
  return [bold(head), ...rest].join('\n');
}
