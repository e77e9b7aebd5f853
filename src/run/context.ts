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
  /** See DESIGN, section 9; 130 and 143 are the command line's to choose. */
  readonly exitCode: number;
}

export const exitCodes = { good: 0, failed: 1, wrong: 2, noConnection: 3, held: 4 } as const;

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
    this.#sink({ ts: new Date(), run_id: this.runId, body });
  }

  report(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.tell({ event: 'diagnostic', diagnostic });
  }
}
