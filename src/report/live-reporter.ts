import { remainingTime } from './estimate.js';
import { type Look, terminalWidth } from './look.js';
import { clock, count, duration, roughly, timeOfDay } from './quantities.js';
import type { Reporter } from './reporter.js';
import { countsChecks, doneCount, runLines } from './run-lines.js';
import { type RunRecord, type RunStart, nodeName, recordRun } from './run-record.js';
import { cutToWidth, padEnd, padStart } from './text-width.js';

/** Ten redraws a second at most: what happens between two is shown with the later one. */
const redrawEvery = 100;

/** The terminal that the live display draws on; `process.stderr` is one. */
export interface Terminal extends NodeJS.WritableStream {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/**
 * What has ended scrolls by; below it, redrawn in place: what runs, for how long, how much is done, and when it will
 * probably end. The library that redraws is loaded here, since only a terminal needs it.
 */
export async function liveReporter(terminal: Terminal, look: Look): Promise<Reporter> {
  const { createLogUpdate } = await import('log-update');
  // The cursor stays visible: a killed process could not bring it back.
  const screen = createLogUpdate(terminal, { showCursor: true });
  const { record, sink } = recordRun();
  const linesOf = runLines(record, false);
  const pending: string[] = [];
  let drawn = false;
  const draw = (): void => {
    if (pending.length > 0) {
      if (drawn) screen.clear();
      terminal.write(`${pending.splice(0).join('\n')}\n`);
      drawn = false;
    }
    const now = new Date();
    const lines = liveBlock(record, now, { ...look, width: terminalWidth(terminal) }, terminal.rows ?? 24);
    if (lines.length > 0) screen(lines.join('\n'));
    else if (drawn) screen.clear();
    drawn = lines.length > 0;
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    sink: (event) => {
      sink(event);
      const lines = linesOf(event.body, { ...look, width: terminalWidth(terminal) });
      if (lines !== '') pending.push(lines);
      if (record.end !== undefined) stop();
      // unref: a screen alone must not keep a process alive.
      else timer ??= setInterval(draw, redrawEvery).unref();
      if (timer === undefined || event.body.event === 'run_start') draw();
    },
    note: (text) => {
      pending.push(text);
      draw();
    },
    close: () => {
      stop();
      if (drawn) screen.clear();
      drawn = false;
      if (pending.length > 0) terminal.write(`${pending.splice(0).join('\n')}\n`);
    },
  };
}

/** The lines below: none before a run begins and after it ended. */
export function liveBlock(record: RunRecord, now: Date, look: Look, rows: number): string[] {
  const { end, running, start, startedAt } = record;
  if (start === undefined || startedAt === undefined || end !== undefined) return [];
  // The longest at work come first, and some of the screen is left to what has ended.
  const room = Math.max(1, Math.floor(rows / 2) - 1);
  const shown = [...running].slice(0, room);
  const lines = shown.map(([node, since]) => runningLine(node, now.getTime() - since.getTime(), start.expected_ms[node], look));
  if (running.size > shown.length) lines.push(`  and ${count(running.size - shown.length)} more`);
  lines.push(look.paint.bold(cutToWidth(progressLine(record, start, startedAt, now), look.width - 1)));
  return lines;
}

function runningLine(node: string, elapsed: number, expected: number | undefined, look: Look): string {
  const time = padStart(clock(Math.max(0, elapsed)), 11);
  const usual = expected === undefined ? '' : `  (${duration(expected)} last time)`;
  const nameWidth = Math.max(10, Math.min(48, look.width - 1 - 2 - 11 - 2 - usual.length));
  return `  ${padEnd(cutToWidth(nodeName(node), nameWidth), nameWidth)}  ${time}${usual}`;
}

function progressLine(record: RunRecord, start: RunStart, startedAt: Date, now: Date): string {
  const { nodes, running } = record;
  const { expected_ms: expected, threads, total } = start;
  const failed = [...nodes.values()].filter((node) => node.status === 'failed').length;
  const unit = countsChecks(start) ? 'checks ' : '';
  const parts = [`${count(doneCount(record))} of ${count(total)} ${unit}done`];
  if (failed > 0) parts.push(`${count(failed)} failed`);
  parts.push(clock(Math.max(0, now.getTime() - startedAt.getTime())));
  const elapsed = new Map([...running].map(([node, since]) => [node, now.getTime() - since.getTime()]));
  const left = remainingTime({ expected, total, threads, ended: nodes, running: elapsed });
  if (left !== undefined) {
    parts.push(`about ${roughly(left)} left`, `ends ${timeOfDay(new Date(now.getTime() + left))}`);
  }
  return parts.join(', ');
}
