import { type Diagnostic, pathOf, unreachable } from '../diagnostics/index.js';
import type { NodeStatus } from '../run/index.js';
import { formatPlace } from './format-diagnostic.js';
import type { Look } from './look.js';
import { type SummaryOptions, nextSteps } from './next-steps.js';
import { count, duration, plural } from './quantities.js';
import { countsChecks, statusWord } from './run-lines.js';
import { type CheckEnd, type NodeEnd, type RunEnd, type RunRecord, type RunStart, nodeName, verbOf } from './run-record.js';
import { formatColumns } from './text-table.js';

const slowestShown = 3;
/** Of names in a list. All of them are in `.dbl/run_results.json`. */
const namesShown = 10;

/**
 * The end of a run for a tired person: what took long, what was skipped, what failed and why; then, last, since that is what
 * is still on the screen, what it all came to and what to type next. '' where a run did not begin, or not come to an end.
 */
export function summary(record: RunRecord, look: Look, options: SummaryOptions): string {
  if (record.start === undefined || record.end === undefined) return '';
  // Why it was refused stands right above.
  if (record.start.command === 'promote') return paintVerdict(record, look);
  const { paint } = look;
  const sections = [
    section('slowest', slowest(record), paint.bold),
    section('held, for a look by hand', heldRelations(record), paint.bold),
    section('warnings', shorten(warnings(record)), paint.yellow),
    section(namesWith(record, 'cancelled').length > 0 ? 'skipped' : 'skipped, for what they read is not there', namesWith(record, 'skipped'), paint.bold),
    section('failed', failures(record), paint.red),
  ];
  const next = nextSteps(record, options);
  return [...sections, paintVerdict(record, look), nextBlock(next, look)].filter((text) => text !== '').join('\n\n');
}

/** What a run came to; '' where it did not begin, or not come to an end. */
export function verdict(record: RunRecord): string {
  const { end, start } = record;
  if (start === undefined || end === undefined) return '';
  const { command, target } = start;
  if (command === 'promote') return promoteVerdict(record, start, end);
  const counts = countsChecks(start) ? checkCounts(record.checks) : nodeCounts(record);
  const time = duration(end.duration_ms);
  const soFar = counts === '' ? '' : `: ${counts}`;
  switch (end.status) {
    case 'success':
      return counts === '' ? `nothing to ${verbOf(start)} in ${target}` : `${command} of ${target} is done: ${counts}, in ${time}`;
    case 'failed':
      return `${command} of ${target} failed after ${time}${soFar}`;
    case 'cancelled':
      return `${command} of ${target} was cancelled after ${time}${soFar}`;
    default:
      return unreachable(end.status);
  }
}

function paintVerdict(record: RunRecord, { paint }: Look): string {
  const text = verdict(record);
  const color = record.end?.status === 'success' ? paint.green : record.end?.status === 'failed' ? paint.red : paint.yellow;
  return paint.bold(color(text));
}

function nextBlock(next: readonly (readonly [string, string])[], { paint }: Look): string {
  return section('next', formatColumns(next).split('\n').slice(0, next.length), paint.bold);
}

function promoteVerdict({ promotes }: RunRecord, { target }: RunStart, { duration_ms, exit_code, status }: RunEnd): string {
  const time = duration(duration_ms);
  // Where the connection was lost in its midst, nobody knows.
  if (exit_code === 3) return `promote of ${target} failed`;
  if (status !== 'success') return `promote of ${target} ${status === 'failed' ? 'failed' : 'was cancelled'}, production is as it was`;
  const renamed = promotes.map(({ previous_schema, schema }) =>
    previous_schema === null ? `${schema} is new` : `${schema} is replaced, what it was is in ${previous_schema}`,
  );
  return [`${target} is production now, in ${time}`, ...renamed.map((line) => `  ${line}`)].join('\n');
}

/** `8 built (1,204,331 rows), 1 failed, 3 skipped, 1 warning` */
function nodeCounts(record: RunRecord): string {
  const nodes = [...record.nodes.values()];
  const parts: string[] = [];
  for (const status of ['success', 'held', 'unchanged', 'failed', 'skipped', 'cancelled'] as const) {
    const members = nodes.filter((node) => node.status === status);
    if (members.length === 0) continue;
    const rows = members.reduce((sum, node) => sum + (node.rows ?? 0), 0);
    const withRows = (status === 'success' || status === 'held') && members.some((node) => node.rows !== null);
    parts.push(`${count(members.length)} ${statusWord(status, record.start)}${withRows ? ` (${plural(rows, 'row')})` : ''}`);
  }
  const warned = warnings(record).length;
  if (warned > 0) parts.push(plural(warned, 'warning'));
  return parts.join(', ');
}

/** `12 checks pass, 1 warns, 1 fails` */
function checkCounts(checks: readonly CheckEnd[]): string {
  const of = (status: CheckEnd['status']): number => checks.filter((check) => check.status === status).length;
  const parts: string[] = [];
  const add = (status: CheckEnd['status'], one: string, many: string): void => {
    const found = of(status);
    if (found > 0) parts.push(`${parts.length === 0 ? plural(found, 'check') : count(found)} ${found === 1 ? one : many}`);
  };
  add('pass', 'passes', 'pass');
  add('warn', 'warns', 'warn');
  add('fail', 'fails', 'fail');
  add('error', 'could not run', 'could not run');
  return parts.join(', ');
}

function slowest({ nodes, start }: RunRecord): string[] {
  if (verbOf(start) !== 'build') return [];
  const built = [...nodes.values()].filter((node) => node.status === 'success' || node.status === 'held');
  const rows = built
    .toSorted((a, b) => b.duration_ms - a.duration_ms)
    .slice(0, slowestShown)
    .map((node) => [nodeName(node.node), duration(node.duration_ms), node.rows === null ? '' : plural(node.rows, 'row')]);
  return rows.length === 0 ? [] : formatColumns(rows, [1, 2]).split('\n');
}

function heldRelations({ nodes }: RunRecord): string[] {
  return [...nodes.values()].filter((node) => node.status === 'held').map((node) => node.relation ?? nodeName(node.node));
}

function namesWith({ nodes }: RunRecord, status: NodeStatus): string[] {
  return shorten([...nodes.values()].filter((node) => node.status === status).map((node) => nodeName(node.node)));
}

function warnings({ checkDiagnostics, checks, diagnostics }: RunRecord): string[] {
  const untold = checks.filter((check) => check.status === 'warn' && !checkDiagnostics.has(check.check_id));
  return [
    ...untold.map((check) => `${check.check_id}: ${firstLine(check.message)}`),
    ...diagnostics.filter((diagnostic) => diagnostic.severity === 'warning').map(({ message }) => firstLine(message)),
  ];
}

/** What no node is to blame for; then nodes, or with `dbl test` checks. */
function failures(record: RunRecord): string[] {
  const { blame, checkDiagnostics, checks, diagnostics, nodes } = record;
  const told = new Set([...blame.values(), ...checkDiagnostics.values()]);
  // Of several mistakes in one file the first is enough here; all were shown when they were found.
  const files = new Set([...blame.values()].map(pathOf));
  const others = diagnostics.filter((one) => one.severity === 'error' && !told.has(one) && (pathOf(one) === undefined || !files.has(pathOf(one))));
  const bad = countsChecks(record.start)
    ? checks.filter(({ status }) => status === 'fail' || status === 'error').map((check) => failedCheck(check, record))
    : [...nodes.values()].filter((node) => node.status === 'failed').map((node) => failedNode(node, record));
  const all = [...others.map((diagnostic) => [firstLine(diagnostic.message), ...placeOf(diagnostic)]), ...bad];
  const shown = all.length <= namesShown ? all : all.slice(0, namesShown - 1);
  return [...shown.flat(), ...(shown.length < all.length ? [`and ${count(all.length - shown.length)} more`] : [])];
}

function failedCheck({ check_id, message }: CheckEnd, { checkDiagnostics }: RunRecord): string[] {
  return [`${check_id}: ${firstLine(message)}`, ...placeOf(checkDiagnostics.get(check_id))];
}

function failedNode({ node, reason, relation }: NodeEnd, { blame }: RunRecord): string[] {
  return [
    `${nodeName(node)}: ${firstLine(reason ?? '')}`,
    ...placeOf(blame.get(node)),
    ...(relation === null ? [] : [`  to look at: ${relation}`]),
  ];
}

function placeOf(diagnostic: Diagnostic | undefined): string[] {
  return diagnostic?.at === undefined ? [] : [`  at ${formatPlace(diagnostic.at)}`];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function shorten(names: readonly string[]): string[] {
  if (names.length <= namesShown) return [...names];
  return [...names.slice(0, namesShown - 1), `and ${count(names.length - namesShown + 1)} more`];
}

function section(title: string, lines: readonly string[], paint: (text: string) => string): string {
  return lines.length === 0 ? '' : `${paint(title)}\n${indent(lines.join('\n'))}`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
