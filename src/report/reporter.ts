import { toRecord } from '../diagnostics/index.js';
import type { EventSink, StampedEvent } from '../run/index.js';
import type { Look } from './look.js';
import { runLines } from './run-lines.js';
import { recordRun } from './run-record.js';

/** Shows a run while it goes on. */
export interface Reporter {
  readonly sink: EventSink;
  /** Shows a line of the command's own, between those of the run. */
  note(text: string): void;
  /** Takes down what is not meant to stay on the screen. May be called more than once. */
  close(): void;
}

export type Write = (text: string) => void;

/** Lines that follow one another: for logs, and for whoever watches no terminal. `quiet`: only what went wrong. */
export function lineReporter(write: Write, look: Look, quiet: boolean): Reporter {
  const { record, sink } = recordRun();
  const linesOf = runLines(record, quiet);
  return {
    sink: (event) => {
      sink(event);
      const lines = linesOf(event.body, look);
      if (lines !== '') write(`${lines}\n`);
    },
    note: (text) => write(`${text}\n`),
    close: () => {},
  };
}

/** One JSON object a line; see DESIGN, section 9. */
export function jsonReporter(write: Write, note: Write): Reporter {
  return { sink: (event) => write(`${jsonLine(event)}\n`), note: (text) => note(`${text}\n`), close: () => {} };
}

/** An event as a line of the JSON log. `run_id` is null where there is no run. */
export function jsonLine({ body, run_id, ts }: StampedEvent): string {
  const { event, ...fields } = body;
  const rest = body.event === 'diagnostic' ? toRecord(body.diagnostic) : fields;
  return JSON.stringify({ v: 1, ts: ts.toISOString(), run_id: run_id ?? null, event, ...rest });
}

/** Several listeners as one. */
export function fanOut(...sinks: readonly EventSink[]): EventSink {
  return (event) => {
    for (const sink of sinks) sink(event);
  };
}
