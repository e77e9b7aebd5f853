import { forgetHeld, insertChecks, insertNodeRun, type NodeRunRecord, recordHeld, recordUnpublished } from '../audit/index.js';
import type { Check, Placement, RelationName } from '../compile/index.js';
import { placedSql, targetPlacement } from '../compile/index.js';
import { type Diagnostic, warning } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { type BuildPlan, type BuildState, type PlannedNode, type PublishGroup, trashOf, workbenchOf } from '../plan/index.js';
import { prepareVerification, type Session } from '../postgres/index.js';
import { quoteIdentifier, relationName } from '../sql/index.js';
import { type Built, buildModel } from './build-model.js';
import { type CheckOutcome, gateFails, runChecks } from './checks.js';
import type { RunContext } from './context.js';
import type { NodeStatus } from './events.js';
import { commentStatements } from './comment-statements.js';
import { auditColumns, isCancelled, NodeFailure, toDatabaseFailure } from './failure.js';
import type { PublishItem } from './publish-script.js';
import { publish } from './publish.js';
import type { RunSession } from './run-session.js';
import { Schedule } from './schedule.js';

export interface BuildRunOptions {
  readonly threads: number;
  readonly failFast: boolean;
}

interface Progress {
  readonly startedAt: Date;
  built: Built | undefined;
  durationMs: number;
}

/** Thrown where a run that is being stopped would begin something new. */
class Stopped extends Error {}

/** Carries out a plan: builds, checks and publishes its nodes over several sessions, and tells of each. */
export class BuildRun {
  readonly #context: RunContext;
  readonly #run: RunSession;
  readonly #plan: BuildPlan;
  readonly #state: BuildState;
  readonly #options: BuildRunOptions;
  readonly #schedule: Schedule;
  readonly #target: Placement;
  readonly #progress = new Map<NodeId, Progress>();
  readonly #ended = new Map<NodeId, NodeStatus>();
  readonly #positions: ReadonlyMap<NodeId, number>;
  readonly #sessions = new Set<Session>();
  /** Set when nothing new may be started, with the reason that the nodes left over are given. */
  #stopping: string | undefined;
  #cancelling: NodeJS.Timeout | undefined;
  /** Woken when a node may have become ready, or nothing is left. */
  #wake: (() => void)[] = [];

  constructor(
    context: RunContext,
    run: RunSession,
    plan: BuildPlan,
    state: BuildState,
    options: BuildRunOptions,
  ) {
    this.#context = context;
    this.#run = run;
    this.#plan = plan;
    this.#state = state;
    this.#options = options;
    this.#schedule = new Schedule(plan, state.expected);
    this.#target = targetPlacement(context.project);
    this.#positions = new Map([...plan.nodes.keys()].map((id, index) => [id, index]));
  }

  /** Builds everything; what every node came to is in the result. */
  async execute(): Promise<ReadonlyMap<NodeId, NodeStatus>> {
    const stop = (): void => this.#stop('the run was stopped');
    this.#context.signal.addEventListener('abort', stop);
    if (this.#context.signal.aborted) stop();
    try {
      for (const { node, blocked } of this.#plan.nodes.values()) {
        if (blocked !== undefined && !this.#ended.has(node.id)) await this.#fail(this.#run.control, node.id, new NodeFailure(blocked));
      }
      const workers = Math.min(this.#options.threads, this.#plan.nodes.size);
      await Promise.all(Array.from({ length: workers }, () => this.#work()));
      await this.#giveUpWaiting();
    } finally {
      this.#context.signal.removeEventListener('abort', stop);
      clearInterval(this.#cancelling);
    }
    return this.#ended;
  }

  /** Starts nothing more and cancels what runs in the server. */
  #stop(reason: string): void {
    if (this.#stopping !== undefined) return;
    this.#stopping = reason;
    const cancel = (): void => {
      for (const session of this.#sessions) void session.cancel();
    };
    cancel();
    // A request that comes between two statements cancels neither.
    this.#cancelling = setInterval(cancel, 200);
    this.#wakeAll();
  }

  /** One session's share: takes what is ready until nothing is left. */
  async #work(): Promise<void> {
    let session: Session | undefined;
    try {
      while (!this.#schedule.isOver && this.#stopping === undefined) {
        const planned = this.#schedule.next();
        if (planned === undefined) {
          await new Promise<void>((resolve) => this.#wake.push(resolve));
          continue;
        }
        if (session === undefined || !session.isOpen) session = await this.#open();
        await this.#buildNode(session, planned);
        this.#wakeAll();
      }
    } finally {
      // Whatever ends this worker, the others must not wait for it.
      if (!this.#schedule.isOver && this.#stopping === undefined) this.#stopping = 'the run broke off';
      this.#wakeAll();
      if (session !== undefined) {
        this.#sessions.delete(session);
        await session.end();
      }
    }
  }

  async #open(): Promise<Session> {
    const session = await this.#run.connect();
    this.#sessions.add(session);
    await session.query(prepareVerification);
    return session;
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }

  async #buildNode(session: Session, planned: PlannedNode): Promise<void> {
    const { node } = planned;
    const progress: Progress = { startedAt: new Date(), built: undefined, durationMs: 0 };
    const started = performance.now();
    this.#progress.set(node.id, progress);
    this.#run.announcer.tell({ event: 'node_start', node: node.id });
    try {
      const { comments, searchPath } = this.#context.project.config;
      const attached = planned.existing === undefined ? undefined : this.#state.attached.get(planned.existing.oid);
      progress.built = await buildModel(session, planned, this.#placement(planned.group), { searchPath, comments, attached });
      progress.durationMs = performance.now() - started;
      if (this.#schedule.isDropped(node.id)) {
        await this.#end(session, node.id, 'held', 'another member of its publish group failed');
        return;
      }
      const group = this.#schedule.built(node.id);
      if (group === undefined) return;
      await this.#finishGroup(session, group);
      progress.durationMs = performance.now() - started;
    } catch (problem) {
      progress.durationMs = performance.now() - started;
      await this.#failOrCancel(session, node.id, problem);
    }
  }

  /** Checks a group of which every member is built, and publishes or holds it. */
  async #finishGroup(session: Session, group: PublishGroup): Promise<void> {
    if (this.#stopping !== undefined) throw new Stopped();
    const outcomes = await this.#check(session, group);
    const checks = insertChecks(outcomes.map(({ record }) => record));
    if (gateFails(outcomes)) {
      if (checks !== undefined) await session.batch(checks);
      await this.#failChecks(session, group, outcomes);
      return;
    }
    if (this.#plan.hold) await this.#hold(session, group, checks);
    else await this.#publish(session, group, checks);
    this.#schedule.finish(group);
    this.#wakeAll();
  }

  async #check(session: Session, group: PublishGroup): Promise<readonly CheckOutcome[]> {
    if (group.checks.length === 0) return [];
    const schemas = [...new Set(group.members.map((id) => this.#node(id).physicalSchema))];
    const path = [...schemas.map(workbenchOf), ...schemas, ...this.#context.project.config.searchPath, 'public'];
    const outcomes = await runChecks(session, group.checks, {
      announcer: this.#run.announcer,
      place: this.#placement(group.index),
      earlier: (check) => this.#earlier(check),
      searchPath: path.map(quoteIdentifier).join(', '),
      address: this.#run.address,
      folder: this.#context.project.config.folder,
      signal: this.#context.signal,
    });
    this.#context.signal.throwIfAborted();
    this.#run.announcer.report(outcomes.flatMap(({ diagnostic }) => diagnostic ?? []));
    return outcomes;
  }

  async #publish(session: Session, group: PublishGroup, checks: string | undefined): Promise<void> {
    const started = performance.now();
    const items = group.members.map((id, index) => this.#item(id, index === 0 ? checks : undefined));
    const { runId } = this.#run;
    const keepChecks = async (problem: unknown): Promise<never> => {
      if (problem instanceof NodeFailure && checks !== undefined && session.isOpen) await session.batch(checks);
      throw problem;
    };
    const dropped = await publish(session, items, {
      runId,
      trashOf: (schema) => trashOf(schema, runId),
      ownIndexes: this.#state.ownIndexes,
      rebuiltLater: this.#rebuiltLater(),
      signal: this.#context.signal,
    }).catch(keepChecks);
    const duration = performance.now() - started;
    for (const schema of new Set(items.map((item) => item.schema))) {
      const nodes = items.filter((item) => item.schema === schema).map(({ node }) => node);
      this.#run.announcer.tell({ event: 'publish', nodes, schema, duration_ms: duration });
    }
    this.#run.announcer.report(dropped.map((view) => this.#droppedView(view, group)));
    for (const { node, schema, name } of items) this.#tellEnd(node, 'success', null, relationName(schema, name));
  }

  async #hold(session: Session, group: PublishGroup, checks: string | undefined): Promise<void> {
    const statements = group.members.flatMap((id) => {
      const node = this.#node(id);
      const { physicalSchema: schema, name, fingerprint, materialized: kind } = node;
      const workbench = workbenchOf(schema);
      const definition = kind === 'view' ? placedSql(node.sql, this.#target).text : undefined;
      const position = this.#positions.get(id) ?? 0;
      const rows = this.#progress.get(id)?.built?.rows;
      const held = { schema, name, node: id, kind, fingerprint, runId: this.#run.runId, workbench, position, rows, definition };
      return [insertNodeRun(this.#record(id, 'held')), recordHeld(held)];
    });
    await session.batch(['BEGIN', ...(checks === undefined ? [] : [checks]), ...statements, 'COMMIT'].join(';\n'));
    for (const id of group.members) this.#tellEnd(id, 'held', null, this.#workbenchName(id));
  }

  #item(id: NodeId, checks: string | undefined): PublishItem {
    const { node, existing } = this.#planned(id);
    const { physicalSchema: schema, name, fingerprint, materialized } = node;
    const attached = existing === undefined ? undefined : this.#state.attached.get(existing.oid);
    const { comments } = this.#context.project.config;
    const described = new Set(comments ? [...(node.description === undefined ? [] : [undefined]), ...node.columns.filter(({ description }) => description !== undefined).map((column) => column.name)] : []);
    const carried = attached && {
      ...attached,
      attachments: attached.attachments.filter((attachment) => attachment.kind !== 'comment' || !described.has(attachment.column)),
    };
    const view = materialized === 'view' ? placedSql(node.sql, this.#target).text : undefined;
    return {
      node: id,
      file: node.file,
      schema,
      name,
      fingerprint,
      view,
      existing,
      attached: carried,
      defaultGrants: this.#state.defaultGrants.get(schema) ?? [],
      alongside: [
        ...(view !== undefined && comments ? commentStatements(node, schema).map(({ statement }) => statement) : []),
        forgetHeld(schema, [name]),
        insertNodeRun(this.#record(id, 'success')),
        ...(checks === undefined ? [] : [checks]),
      ],
    };
  }

  /** Where a member of a group reads its parents: in the workbench those of its own group, and held ones; in the target all others. */
  #placement(group: number): Placement {
    return (id) => {
      const planned = this.#plan.nodes.get(id);
      const inWorkbench = planned === undefined ? this.#plan.heldBefore.has(id) : this.#plan.hold || planned.group === group;
      const { schema, name } = this.#target(id);
      return { schema: inWorkbench ? workbenchOf(schema) : schema, name };
    };
  }

  #earlier(check: Check): RelationName | undefined {
    const { node, existing } = this.#planned(check.node);
    const production = this.#state.relations.get(node.schema, node.name);
    const found = check.kind === 'row_count_ratio' && check.against === 'production' ? production : (existing ?? production);
    return found && { schema: found.schema, name: found.name };
  }

  /** Views of dbl's own in the target that this run has yet to build. */
  #rebuiltLater(): ReadonlySet<string> {
    const later = [...this.#plan.nodes.values()].filter(({ node, existing }) => existing?.kind === 'view' && !this.#ended.has(node.id));
    return new Set(later.map(({ node }) => `${node.physicalSchema}.${node.name}`));
  }

  /** Checks of severity `error` failed: the models that they gate have failed, the rest of the group is withheld. */
  async #failChecks(session: Session, group: PublishGroup, outcomes: readonly CheckOutcome[]): Promise<void> {
    const failed = new Map<NodeId, CheckOutcome[]>();
    for (const outcome of outcomes) {
      if (outcome.status !== 'fail' && outcome.status !== 'error') continue;
      failed.set(outcome.check.node, [...(failed.get(outcome.check.node) ?? []), outcome]);
    }
    for (const id of group.members) {
      const [first, ...others] = failed.get(id) ?? [];
      if (first?.diagnostic === undefined) continue;
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      await this.#end(session, id, 'failed', `${first.diagnostic.message}${more}`, auditColumns(new NodeFailure(first.diagnostic)));
    }
    for (const id of group.members) {
      if (!this.#ended.has(id)) await this.#end(session, id, 'held', 'a check of its publish group failed');
    }
    for (const id of group.members) await this.#skipAfter(session, id);
    this.#failFast();
  }

  async #failOrCancel(session: Session, id: NodeId, problem: unknown): Promise<void> {
    if (this.#stopping !== undefined && (problem instanceof Stopped || isCancelled(problem) || this.#context.signal.aborted)) {
      // What was built waits in vain for this member; nobody is to be blamed.
      for (const member of this.#groupMembers(id)) {
        if (this.#progress.has(member) && !this.#ended.has(member) && (member === id || this.#progress.get(member)?.built !== undefined)) {
          await this.#end(session, member, 'cancelled', this.#stopping);
        }
      }
      this.#schedule.drop(id);
      return;
    }
    await this.#fail(session, id, toDatabaseFailure('DBL2201', problem, 'the server refused', this.#node(id).file));
  }

  async #fail(session: Session, id: NodeId, failure: NodeFailure): Promise<void> {
    this.#run.announcer.report([failure.diagnostic]);
    await this.#end(session, id, 'failed', failure.message, auditColumns(failure));
    await this.#skipAfter(session, id);
    this.#failFast();
  }

  async #skipAfter(session: Session, id: NodeId): Promise<void> {
    for (const dropped of this.#schedule.drop(id)) {
      if (dropped.was === 'running' || this.#ended.has(dropped.id)) continue;
      const because = dropped.because.slice('model.'.length);
      if (dropped.was === 'built') await this.#end(session, dropped.id, 'held', `"${because}" of its publish group failed`);
      else await this.#end(session, dropped.id, 'skipped', this.#skipReason(dropped.because));
    }
    this.#wakeAll();
  }

  #skipReason(because: NodeId): string {
    const status = this.#ended.get(because) ?? 'skipped';
    return `"${because.slice('model.'.length)}" ${status === 'failed' ? 'failed' : status === 'held' ? 'was withheld' : 'was skipped'}`;
  }

  #failFast(): void {
    if (this.#options.failFast) this.#stop('another node failed and --fail-fast was given');
  }

  async #giveUpWaiting(): Promise<void> {
    const reason = this.#stopping ?? 'the run broke off';
    const status = this.#context.signal.aborted ? 'cancelled' : 'skipped';
    for (const id of this.#schedule.dropWaiting()) await this.#end(this.#run.control, id, status, reason);
    for (const id of this.#plan.nodes.keys()) {
      if (!this.#ended.has(id)) await this.#end(this.#run.control, id, status, reason);
    }
  }

  /** Writes down and tells what a node came to that was neither published nor held. */
  async #end(
    session: Session,
    id: NodeId,
    status: Exclude<NodeStatus, 'success' | 'unchanged'>,
    reason: string,
    details: Partial<NodeRunRecord> = {},
  ): Promise<void> {
    const node = this.#node(id);
    const { physicalSchema: schema, name } = node;
    const withheld = status === 'held' || (status === 'failed' && this.#progress.get(id)?.built !== undefined);
    this.#tellEnd(id, status, reason, withheld ? this.#workbenchName(id) : null);
    const record = insertNodeRun({ ...this.#record(id, status), ...details, reason });
    const writer = session.isOpen ? session : this.#run.control;
    await writer.batch(`${record};\n${recordUnpublished({ schema, name, node: id, runId: this.#run.runId, status })}`);
  }

  #tellEnd(id: NodeId, status: NodeStatus, reason: string | null, relation: string | null): void {
    this.#ended.set(id, status);
    const { built, durationMs, startedAt } = this.#progress.get(id) ?? { built: undefined, durationMs: 0, startedAt: undefined };
    const duration = durationMs > 0 || startedAt === undefined ? durationMs : Date.now() - startedAt.getTime();
    this.#run.announcer.tell({ event: 'node_end', node: id, status, rows: built?.rows ?? null, duration_ms: duration, reason, relation });
  }

  #record(id: NodeId, status: NodeStatus): NodeRunRecord {
    const progress = this.#progress.get(id);
    const { fingerprint } = this.#node(id);
    const { rows, bytes } = progress?.built ?? { rows: undefined, bytes: undefined };
    return { runId: this.#run.runId, node: id, status, fingerprint, rows, bytes, startedAt: progress?.startedAt };
  }

  #droppedView(view: string, group: PublishGroup): Diagnostic {
    const names = group.members.map((id) => `"${id.slice('model.'.length)}"`).join(', ');
    const message = `the view "${view}" did not fit the new ${names} and was dropped; this run builds it anew`;
    return warning('DBL2405', message, this.#node(group.members[0] ?? '').file);
  }

  #workbenchName(id: NodeId): string {
    const { physicalSchema, name } = this.#node(id);
    return relationName(workbenchOf(physicalSchema), name);
  }

  #groupMembers(id: NodeId): readonly NodeId[] {
    return this.#plan.groups[this.#planned(id).group]?.members ?? [];
  }

  #planned(id: NodeId): PlannedNode {
    const planned = this.#plan.nodes.get(id);
    if (planned === undefined) throw new Error(`${id} is not in the plan`);
    return planned;
  }

  #node(id: NodeId): PlannedNode['node'] {
    return this.#planned(id).node;
  }
}
