import { unreachable } from '../diagnostics/index.js';
import type { NodeStatus, RunEvent } from '../run/index.js';
import { formatCheck } from './check-report.js';
import { formatDiagnostic } from './format-diagnostic.js';
import type { Look, Paint } from './look.js';
import { count, duration, plural } from './quantities.js';
import { type CheckEnd, type NodeEnd, type RunRecord, type RunStart, nodeName, verbOf } from './run-record.js';
import { padEnd, padStart } from './text-width.js';

/** What people call a node's status. */
export function statusWord(status: NodeStatus, start: RunStart | undefined): string {
  return status === 'success' && verbOf(start) === 'publish' ? 'published' : statusWords[status];
}

const statusWords: Readonly<Record<NodeStatus, string>> = {
  success: 'built',
  failed: 'failed',
  skipped: 'skipped',
  unchanged: 'unchanged',
  held: 'held',
  cancelled: 'cancelled',
};

const statusColumns = 9;
const nameColumns = 32;
const rowsColumns = 14;
const durationColumns = 10;

/** Text that an event is worth; a block has blank lines around it. */
interface Piece {
  readonly text: string;
  readonly block: boolean;
}

/**
 * Gives for each event the lines that it is worth on a screen or in a log, '' where it is worth none: one for every node that
 * ended, and what there is to say about diagnostics and checks that did not pass. `record` must have taken in the event.
 */
export function runLines(record: RunRecord, quiet: boolean): (event: RunEvent, look: Look) => string {
  /** Checks that did not pass, until the diagnostics about them come, which say where they are declared. */
  const waiting = new Map<string, CheckEnd>();
  let before: Piece | undefined;
  return (event, look) => {
    const pieces = [...unexplained(event, waiting, look), ...piecesOf(event, record, waiting, look, quiet)];
    let lines = '';
    for (const piece of pieces) {
      const gap = before !== undefined && (before.block || piece.block) ? '\n' : '';
      lines += `${lines === '' ? '' : '\n'}${gap}${piece.text}`;
      before = piece;
    }
    return lines;
  };
}

/** What a run counts in: `dbl test` runs checks, the other commands work on models. */
export function countsChecks(start: RunStart | undefined): boolean {
  return verbOf(start) === 'test';
}

/** How many of its models, or checks, a run is through with. */
export function doneCount(record: RunRecord): number {
  return countsChecks(record.start) ? record.checks.length : record.nodes.size;
}

/** Checks about which no diagnostic came before their node, or the run, ended. */
function unexplained(event: RunEvent, waiting: Map<string, CheckEnd>, look: Look): Piece[] {
  if (event.event !== 'node_end' && event.event !== 'run_end') return [];
  const checks = [...waiting.values()].filter((check) => event.event === 'run_end' || check.node === event.node);
  for (const check of checks) waiting.delete(check.check_id);
  return checks.map((check) => ({ text: formatCheck(check, undefined, look), block: true }));
}

function piecesOf(event: RunEvent, record: RunRecord, waiting: Map<string, CheckEnd>, look: Look, quiet: boolean): Piece[] {
  switch (event.event) {
    case 'run_start':
      return quiet || event.total === 0 ? [] : [{ text: look.paint.dim(headline(event)), block: false }];
    case 'node_end':
      return quiet && event.status !== 'failed' ? [] : [{ text: nodeLine(event, record, look.paint), block: false }];
    case 'check_end':
      if (event.status === 'fail' || event.status === 'error' || (event.status === 'warn' && !quiet)) waiting.set(event.check_id, event);
      return quiet ? [] : checkLines(event, record, look.paint).map((text) => ({ text, block: false }));
    case 'diagnostic': {
      const { diagnostic } = event;
      if (quiet && diagnostic.severity === 'warning') return [];
      const check = [...waiting.values()].find(({ check_id }) => record.checkDiagnostics.get(check_id) === diagnostic);
      if (check !== undefined) waiting.delete(check.check_id);
      const text = check === undefined ? formatDiagnostic(diagnostic, look) : formatCheck(check, diagnostic, look);
      return [{ text, block: true }];
    }
    case 'node_start':
    case 'publish':
    case 'promote':
    case 'run_end':
      return [];
    default:
      return unreachable(event);
  }
}

function headline({ command, schemas, target, threads, total }: RunStart): string {
  const where = schemas.length === 0 ? '' : ` (${schemas.join(', ')})`;
  const what = plural(total, command.startsWith('test') ? 'check' : 'model');
  return `${command} of ${target}${where}: ${what}${threads > 1 ? `, ${count(threads)} at a time` : ''}`;
}

function nodeLine(event: NodeEnd, record: RunRecord, paint: Paint): string {
  const { duration_ms, node, reason, relation, rows, status } = event;
  const word = paintStatus(status, padEnd(statusWord(status, record.start), statusColumns), paint);
  const begin = `${counter(record)}  ${word}  `;
  const name = (status === 'success' || status === 'held') && relation !== null ? relation : nodeName(node);
  const because = reason?.split('\n', 1)[0] ?? '';
  if (status === 'skipped' || status === 'cancelled' || status === 'unchanged') {
    return because === '' ? begin + name : `${begin}${padEnd(name, nameColumns)}  ${paint.dim(because)}`;
  }
  const rowCount = padStart(rows === null ? '' : plural(rows, 'row'), rowsColumns);
  const line = `${begin}${padEnd(name, nameColumns)}  ${rowCount}  ${padStart(duration(duration_ms), durationColumns)}`;
  // What a diagnostic has said is not said again.
  return because === '' || record.blame.has(node) ? line : `${line}\n  ${because}`;
}

/** With `dbl test` a line for every check; and what one that passes has to say all the same. */
function checkLines({ check_id, duration_ms, message, notice, status }: CheckEnd, record: RunRecord, paint: Paint): string[] {
  const notices = notice === true ? [`notice: the check "${check_id}" passes: ${message}`] : [];
  if (!countsChecks(record.start)) return notices;
  const color = status === 'pass' ? paint.green : status === 'warn' ? paint.yellow : paint.red;
  const name = padEnd(check_id, nameColumns + 2 + rowsColumns);
  return [`${counter(record)}  ${color(padEnd(status, 5))}  ${name}  ${padStart(duration(duration_ms), durationColumns)}`, ...notices];
}

/** ` 3 of 12` */
function counter(record: RunRecord): string {
  const total = count(record.start?.total ?? 0);
  return `${count(doneCount(record)).padStart(total.length)} of ${total}`;
}

function paintStatus(status: NodeStatus, text: string, paint: Paint): string {
  switch (status) {
    case 'success':
      return paint.green(text);
    case 'failed':
      return paint.red(text);
    case 'held':
    case 'cancelled':
      return paint.yellow(text);
    case 'skipped':
    case 'unchanged':
      return paint.dim(text);
    default:
      return unreachable(status);
  }
}
