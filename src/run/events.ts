import type { Diagnostic } from '../diagnostics/index.js';

export type NodeStatus = 'success' | 'failed' | 'skipped' | 'unchanged' | 'held' | 'cancelled';
type RunStatus = 'running' | 'success' | 'failed' | 'cancelled' | 'crashed';
export type CheckStatus = 'pass' | 'warn' | 'fail' | 'error';

/** What a run tells the world, in the order in which it happens. Times are milliseconds. */
export type RunEvent =
  | {
      readonly event: 'run_start';
      readonly command: string;
      readonly project: string;
      readonly target: string;
      /** Physical schemas that the run works in. */
      readonly schemas: readonly string[];
      /** Models that the run will build (or, for `test`, checks that it will run). */
      readonly total: number;
      readonly threads: number;
      /** What an earlier run needed for each node, where history knows it. */
      readonly expected_ms: Readonly<Record<string, number>>;
    }
  | { readonly event: 'node_start'; readonly node: string }
  | {
      readonly event: 'node_end';
      readonly node: string;
      readonly status: NodeStatus;
      /** null for a view, and where nothing was built. */
      readonly rows: number | null;
      readonly duration_ms: number;
      /** Why it failed, was skipped, is held; null for a plain success. */
      readonly reason: string | null;
      /** The relation as it can be looked at: in the target, or in the workbench where it is held or failed a check. */
      readonly relation: string | null;
    }
  | {
      readonly event: 'check_end';
      readonly node: string;
      readonly check_id: string;
      readonly status: CheckStatus;
      readonly severity: 'error' | 'warn';
      /** How many rows fail; null where rows are not what the check counts, or where it could not run. */
      readonly failures: number | null;
      readonly description: string | null;
      /** One line for people: `3 rows of "staging.x" have no "id"`. */
      readonly message: string;
      /** True where it passes for want of something to compare with, which people should know. */
      readonly notice?: boolean;
      /** The first failing rows, every value as the server prints it. */
      readonly sample: { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] } | null;
      /** The query for all of them. */
      readonly sql: string | null;
      readonly duration_ms: number;
    }
  | { readonly event: 'publish'; readonly nodes: readonly string[]; readonly schema: string; readonly duration_ms: number }
  | { readonly event: 'promote'; readonly schema: string; readonly previous_schema: string | null; readonly duration_ms: number }
  | { readonly event: 'diagnostic'; readonly diagnostic: Diagnostic }
  | {
      readonly event: 'run_end';
      readonly status: Exclude<RunStatus, 'running' | 'crashed'>;
      readonly exit_code: number;
      readonly counts: Readonly<Record<NodeStatus, number>>;
      readonly duration_ms: number;
    };

/** A run event with what every line of the JSON log carries. */
export interface StampedEvent {
  readonly ts: Date;
  /** undefined before there is a run. */
  readonly run_id: string | undefined;
  readonly body: RunEvent;
}

/** Where a run's events go. Never throws, never waits. */
export type EventSink = (event: StampedEvent) => void;
