import type { CompiledProject } from '../compile/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { EventSink, RunEvent } from './events.js';

/** What every command that works on the database is given. */
export interface RunContext {
  readonly project: CompiledProject;
  readonly sink: EventSink;
  /** Aborted by Ctrl-C or SIGTERM: cancel what runs in the server, roll back, and close the run. */
  readonly signal: AbortSignal;
  /** dbl's own version, for the audit schema. */
  readonly version: string;
}

/** How a command ended. Its diagnostics went to the sink already. */
export interface RunOutcome {
  readonly status: 'success' | 'failed' | 'cancelled';
  /** 0 good, 1 failed, 2 wrong project or command, 3 no connection, 4 held by another run, 130 and 143 stopped. */
  readonly exitCode: number;
}

export const exitCodes = { good: 0, failed: 1, wrong: 2, noConnection: 3, held: 4 } as const;

/** 128 and the signal's number, as shells have it; the signal's name is the reason of the abort. */
export function stoppedExitCode(signal: AbortSignal): number {
  return signal.reason instanceof Error && signal.reason.message === 'SIGTERM' ? 143 : 130;
}

/** Sends a run's events on, stamped. */
export class Announcer<RunId extends string | undefined = string | undefined> {
  readonly #sink: EventSink;
  /** undefined for a command that is no run: it only looks. */
  readonly runId: RunId;

  constructor(sink: EventSink, runId: RunId) {
    this.#sink = sink;
    this.runId = runId;
  }

  tell(body: RunEvent): void {
    const told = 'duration_ms' in body ? { ...body, duration_ms: Math.round(body.duration_ms * 1000) / 1000 } : body;
    this.#sink({ ts: new Date(), run_id: this.runId, body: told });
  }

  report(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.tell({ event: 'diagnostic', diagnostic });
  }
}
