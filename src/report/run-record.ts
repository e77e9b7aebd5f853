import { type Diagnostic, unreachable } from '../diagnostics/index.js';
import type { EventSink, RunEvent } from '../run/index.js';

type Body<E extends RunEvent['event']> = Extract<RunEvent, { readonly event: E }>;
export type RunStart = Body<'run_start'>;
export type NodeEnd = Body<'node_end'>;
export type CheckEnd = Body<'check_end'>;
type Publish = Body<'publish'>;
type Promote = Body<'promote'>;
export type RunEnd = Body<'run_end'>;

/** What `dbl` was told to do: `build` of `build --hold`. */
export function verbOf(start: RunStart | undefined): string {
  return start?.command.split(' ', 1)[0] ?? '';
}

/** All that a run has told so far. */
export interface RunRecord {
  readonly runId: string | undefined;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly start: RunStart | undefined;
  /** Nodes that are being worked on, and since when. */
  readonly running: ReadonlyMap<string, Date>;
  /** In the order in which they ended. */
  readonly nodes: ReadonlyMap<string, NodeEnd>;
  readonly checks: readonly CheckEnd[];
  readonly publishes: readonly Publish[];
  readonly promotes: readonly Promote[];
  readonly diagnostics: readonly Diagnostic[];
  /** By node, the diagnostic that says why it failed: the latest one with whose message the node's reason begins. */
  readonly blame: ReadonlyMap<string, Diagnostic>;
  /** By `check_id`, the diagnostic about a check that did not pass: it names the check in quotes, and comes after its end. */
  readonly checkDiagnostics: ReadonlyMap<string, Diagnostic>;
  readonly end: RunEnd | undefined;
}

/** A sink that keeps what a run tells, and the record that it keeps. */
export function recordRun(): { readonly sink: EventSink; readonly record: RunRecord } {
  const running = new Map<string, Date>();
  const nodes = new Map<string, NodeEnd>();
  const checks: CheckEnd[] = [];
  const publishes: Publish[] = [];
  const promotes: Promote[] = [];
  const diagnostics: Diagnostic[] = [];
  const blame = new Map<string, Diagnostic>();
  const checkDiagnostics = new Map<string, Diagnostic>();
  const record: { -readonly [K in keyof RunRecord]: RunRecord[K] } = {
    runId: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    start: undefined,
    running,
    nodes,
    checks,
    publishes,
    promotes,
    diagnostics,
    blame,
    checkDiagnostics,
    end: undefined,
  };
  const sink: EventSink = ({ body, run_id, ts }) => {
    switch (body.event) {
      case 'run_start':
        Object.assign(record, { runId: run_id, startedAt: ts, start: body });
        break;
      case 'node_start':
        running.set(body.node, ts);
        break;
      case 'node_end': {
        running.delete(body.node);
        nodes.set(body.node, body);
        const diagnostic = body.status === 'failed' ? diagnostics.findLast(({ message }) => body.reason?.startsWith(message)) : undefined;
        if (diagnostic !== undefined) blame.set(body.node, diagnostic);
        break;
      }
      case 'check_end':
        checks.push(body);
        break;
      case 'publish':
        publishes.push(body);
        break;
      case 'promote':
        promotes.push(body);
        break;
      case 'diagnostic': {
        diagnostics.push(body.diagnostic);
        const check = checkOf(body.diagnostic, checks, checkDiagnostics);
        if (check !== undefined) checkDiagnostics.set(check.check_id, body.diagnostic);
        break;
      }
      case 'run_end':
        Object.assign(record, { finishedAt: ts, end: body });
        break;
      default:
        unreachable(body);
    }
  };
  return { sink, record };
}

/** The check that a diagnostic is about; undefined where it is about something else. */
function checkOf(
  { code, message }: Diagnostic,
  checks: readonly CheckEnd[],
  told: ReadonlyMap<string, Diagnostic>,
): CheckEnd | undefined {
  if (code !== 'DBL2301' && code !== 'DBL2302') return undefined;
  return checks.find(({ check_id, status }) => status !== 'pass' && !told.has(check_id) && message.includes(`"${check_id}"`));
}

/** The name of a node for people: its id without the kind, which a word beside it says. */
export function nodeName(id: string): string {
  return id.replace(/^[a-z]+\./, '');
}
