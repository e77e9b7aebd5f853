import { insertNodeRun, type NodeRunRecord, recordUnpublished } from '../audit/index.js';
import type { NodeId } from '../graph/index.js';
import { type BuildPlan, type PlannedNode, workbenchOf } from '../plan/index.js';
import { ConnectionLost, type Session } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import type { Built } from './build-model.js';
import type { NodeStatus } from './events.js';
import { isCancelled } from './failure.js';
import type { RunSession } from './run-session.js';

interface Progress {
  readonly started: number;
  built: Built | undefined;
}

/** Keeps what became of each node of a build, tells it, and writes it down. */
export class NodeLedger {
  readonly #plan: BuildPlan;
  readonly #run: RunSession;
  readonly #progress = new Map<NodeId, Progress>();
  readonly #ended = new Map<NodeId, NodeStatus>();

  constructor(plan: BuildPlan, run: RunSession) {
    this.#plan = plan;
    this.#run = run;
  }

  get ended(): ReadonlyMap<NodeId, NodeStatus> {
    return this.#ended;
  }

  planned(id: NodeId): PlannedNode {
    const planned = this.#plan.nodes.get(id);
    if (planned === undefined) throw new Error(`${id} is not in the plan`);
    return planned;
  }

  start(id: NodeId): void {
    this.#progress.set(id, { started: performance.now(), built: undefined });
    this.#run.announcer.tell({ event: 'node_start', node: id });
  }

  setBuilt(id: NodeId, built: Built): void {
    const progress = this.#progress.get(id);
    if (progress !== undefined) progress.built = built;
  }

  /** What a node's build left in the workbench; undefined: it is not built, or not yet. */
  built(id: NodeId): Built | undefined {
    return this.#progress.get(id)?.built;
  }

  /** A row of `node_runs` for a node as it stands. */
  record(id: NodeId, status: NodeStatus): NodeRunRecord {
    const progress = this.#progress.get(id);
    const { fingerprint } = this.planned(id).node;
    const { rows, bytes } = progress?.built ?? { rows: undefined, bytes: undefined };
    const elapsedMs = progress === undefined ? undefined : performance.now() - progress.started;
    return { runId: this.#run.runId, node: id, status, fingerprint, rows, bytes, elapsedMs };
  }

  /** Tells what a node came to; `relation`: where it can be looked at. What a publish or a hold wrote down is not written again. */
  tellEnd(id: NodeId, status: NodeStatus, reason: string | null, relation: string | null): void {
    this.#ended.set(id, status);
    const progress = this.#progress.get(id);
    const duration = progress === undefined ? 0 : performance.now() - progress.started;
    this.#run.announcer.tell({ event: 'node_end', node: id, status, rows: progress?.built?.rows ?? null, duration_ms: duration, reason, relation });
  }

  /** Tells and writes down what a node came to that was neither published nor deliberately held. */
  async end(
    session: Session,
    id: NodeId,
    status: Exclude<NodeStatus, 'success' | 'unchanged'>,
    reason: string,
    details: Partial<NodeRunRecord> = {},
  ): Promise<void> {
    const { physicalSchema: schema, name } = this.planned(id).node;
    const inWorkbench = (status === 'held' || status === 'failed') && this.built(id) !== undefined;
    this.tellEnd(id, status, reason, inWorkbench ? this.workbenchName(id) : null);
    const record = insertNodeRun({ ...this.record(id, status), ...details, reason });
    await this.write(session, `${record};\n${recordUnpublished({ schema, name, node: id, runId: this.#run.runId, status })}`);
  }

  /** Writes to the audit schema on the session, or where that one is gone on whatever can be had; a run that is being stopped does it too. */
  async write(session: Session, statements: string): Promise<void> {
    if (session.isOpen && session !== this.#run.control) {
      try {
        await persist(session, statements);
        return;
      } catch (problem) {
        if (!(problem instanceof ConnectionLost)) throw problem;
      }
    }
    await this.#run.audit((open) => persist(open, statements));
  }

  workbenchName(id: NodeId): string {
    const { physicalSchema, name } = this.planned(id).node;
    return relationName(workbenchOf(physicalSchema), name);
  }
}

/** A request to cancel what the session did before may come so late that it hits this. */
async function persist(session: Session, statements: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.batch(statements);
      return;
    } catch (problem) {
      if (!isCancelled(problem) || attempt === 5) throw problem;
    }
  }
}
