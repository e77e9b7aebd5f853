import { appliedMigrations, closeCrashedRuns, readNodeHistory, readRuns } from '../audit/index.js';
import type { LoadedConfig } from '../config/index.js';
import type { NodeId } from '../graph/index.js';
import type { Row, Session } from '../postgres/index.js';
import { Announcer, exitCodes, type RunOutcome } from './context.js';
import type { EventSink } from './events.js';
import { withSession } from './run-session.js';

export interface LookContext {
  readonly config: LoadedConfig;
  readonly sink: EventSink;
  readonly signal: AbortSignal;
}

export type HistoryOutcome = RunOutcome & {
  /** undefined where the database could not be asked. */
  readonly rows: readonly Row[] | undefined;
};

/** The newest runs of all targets. Runs whose process died are closed first, so that the list tells the truth. */
export async function runHistory(context: LookContext, limit: number): Promise<HistoryOutcome> {
  return readHistory(context, (session) => readRuns(session, limit));
}

/** What runs did to one node, newest first. */
export async function nodeHistory(context: LookContext, node: NodeId, limit: number): Promise<HistoryOutcome> {
  return readHistory(context, (session) => readNodeHistory(session, node, limit));
}

async function readHistory(
  { config, sink, signal }: LookContext,
  read: (session: Session) => Promise<readonly Row[]>,
): Promise<HistoryOutcome> {
  let rows: readonly Row[] | undefined;
  const outcome = await withSession({ config, signal }, new Announcer(sink, undefined), async (session) => {
    const recorded = (await appliedMigrations(session)) > 0;
    if (recorded) await closeCrashedRuns(session);
    rows = recorded ? await read(session) : [];
    return { status: 'success', exitCode: exitCodes.good };
  });
  return { ...outcome, rows };
}
