import type { Diagnostic } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import type { BuildPlan, BuildState, PlannedNode, PublishGroup } from '../plan/index.js';
import { isRetryable, prepareVerification, type Session } from '../postgres/index.js';
import { cancelAgainMs } from './cancellable.js';
import type { CheckOutcome } from './checks.js';
import type { RunContext } from './context.js';
import type { NodeStatus } from './events.js';
import { auditColumns, isCancelled, NodeFailure, toDatabaseFailure } from './failure.js';
import { GroupFinisher } from './group-finisher.js';
import type { Replaced } from './late-grants.js';
import { NodeLedger } from './node-ledger.js';
import type { RunSession } from './run-session.js';
import { Schedule } from './schedule.js';

export interface BuildRunOptions {
  readonly threads: number;
  readonly failFast: boolean;
}

/** Thrown where a run that is being stopped would begin something new. */
class Stopped extends Error {}

/** Carries out a plan: builds, checks and publishes its nodes over several sessions, and tells of each. */
export class BuildRun {
  readonly #context: RunContext;
  readonly #run: RunSession;
  readonly #plan: BuildPlan;
  readonly #options: BuildRunOptions;
  readonly #schedule: Schedule;
  readonly #ledger: NodeLedger;
  readonly #finisher: GroupFinisher;
  readonly #sessions = new Set<Session>();
  /** Nodes that were given up while they were being built, and the node that each was given up for. */
  readonly #givenUpFor = new Map<NodeId, NodeId>();
  /** Set when nothing new may be started, with the reason that the nodes left over are given. */
  #stopping: string | undefined;
  /** Aborted at the same time. */
  readonly #stopped = new AbortController();
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
    this.#options = options;
    this.#schedule = new Schedule(plan, state.expected);
    this.#ledger = new NodeLedger(plan, run);
    this.#finisher = new GroupFinisher({ ...context, signal: this.#stopped.signal }, run, plan, state, this.#ledger);
  }

  /** The tables that were replaced so far. */
  get replaced(): readonly Replaced[] {
    return this.#finisher.replaced;
  }

  /** Builds everything; what every node came to is in the result. */
  async execute(): Promise<ReadonlyMap<NodeId, NodeStatus>> {
    const stop = (): void => this.#stop('the run was stopped');
    this.#context.signal.addEventListener('abort', stop);
    if (this.#context.signal.aborted) stop();
    // Whoever takes the locks next must find nobody at work.
    this.#run.control.onLost = () => this.#stop('the run lost the locks on its target');
    if (!this.#run.control.isOpen) this.#stop('the run lost the locks on its target');
    try {
      for (const { node, blocked } of this.#plan.nodes.values()) {
        const [first, ...others] = blocked;
        if (first === undefined || this.#ledger.ended.has(node.id)) continue;
        const reason = `${first.message}${others.length === 0 ? '' : ` (and ${others.length} more)`}`;
        await this.#fail(this.#run.control, node.id, new NodeFailure(first), { reason, diagnostics: blocked });
      }
      const workers = Math.min(this.#options.threads, this.#plan.nodes.size);
      // All of them, whatever becomes of one: nothing may be at work when the run is over.
      const workings = await Promise.allSettled(Array.from({ length: workers }, () => this.#work()));
      await this.#giveUpWaiting();
      for (const working of workings) if (working.status === 'rejected') throw working.reason;
    } finally {
      this.#context.signal.removeEventListener('abort', stop);
      this.#run.control.onLost = undefined;
      clearInterval(this.#cancelling);
    }
    return this.#ledger.ended;
  }

  /** Starts nothing more and cancels what runs in the server. */
  #stop(reason: string): void {
    if (this.#stopping !== undefined) return;
    this.#stopping = reason;
    this.#stopped.abort(new Stopped(reason));
    const cancel = (): void => {
      for (const session of this.#sessions) void session.cancel();
    };
    cancel();
    this.#cancelling = setInterval(cancel, cancelAgainMs);
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
        if (this.#stopping !== undefined) break;
        await this.#buildNode(session, planned);
        this.#wakeAll();
      }
    } finally {
      // Whatever ends this worker, the others must not wait for it.
      if (!this.#schedule.isOver) this.#stop('the run broke off');
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
    const { id } = planned.node;
    this.#ledger.start(id);
    try {
      const alone = this.#plan.groups[planned.group];
      if (alone !== undefined && (await this.#finisher.finishAtOnce(session, planned, alone))) {
        this.#schedule.built(id);
        this.#schedule.finish(alone);
        return;
      }
      await this.#finisher.build(session, planned);
      if (this.#schedule.isDropped(id)) {
        await this.#ledger.end(session, id, 'held', this.#withheldReason(this.#givenUpFor.get(id) ?? id));
        return;
      }
      const group = this.#schedule.built(id);
      if (group !== undefined) await this.#finishGroup(session, group);
    } catch (problem) {
      if (session.isOpen || !(await this.#wentThrough(session, planned))) await this.#failOrCancel(session, id, problem);
    }
  }

  async #wentThrough(lost: Session, { node, group: index }: PlannedNode): Promise<boolean> {
    const group = this.#plan.groups[index];
    const atOnce = this.#ledger.built(node.id) === undefined;
    if (group === undefined || !(await this.#finisher.wentThrough(lost, group))) return false;
    if (atOnce) this.#schedule.built(node.id);
    this.#schedule.finish(group);
    return true;
  }

  /** Checks a group of which every member is built, and publishes or holds it. */
  async #finishGroup(session: Session, group: PublishGroup): Promise<void> {
    if (this.#stopping !== undefined) throw new Stopped();
    const { outcomes, failed, record } = await this.#finisher.check(session, group);
    if (failed) {
      if (record !== undefined) await this.#ledger.write(session, record);
      await this.#failChecks(session, group, outcomes);
      return;
    }
    if (this.#plan.hold) await this.#finisher.hold(session, group, record);
    else await this.#finisher.publish(session, group, record);
    this.#schedule.finish(group);
  }

  /** Checks of severity `error` failed: the models that they gate have failed, the rest of the group is withheld. */
  async #failChecks(session: Session, group: PublishGroup, outcomes: readonly CheckOutcome[]): Promise<void> {
    const bad = outcomes.filter(({ status }) => status === 'fail' || status === 'error');
    for (const id of group.members) {
      const [first, ...others] = bad.filter(({ check }) => check.node === id);
      if (first?.diagnostic === undefined) continue;
      const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
      await this.#ledger.end(session, id, 'failed', `${first.diagnostic.message}${more}`, auditColumns(new NodeFailure(first.diagnostic)));
    }
    for (const id of group.members) {
      if (!this.#ledger.ended.has(id)) await this.#ledger.end(session, id, 'held', 'a check of its publish group failed');
    }
    for (const id of group.members) await this.#skipAfter(session, id);
    this.#failFast();
  }

  async #failOrCancel(session: Session, id: NodeId, problem: unknown): Promise<void> {
    const gaveUp = problem instanceof Stopped || isCancelled(problem) || isRetryable(problem);
    if (this.#stopping !== undefined && (gaveUp || this.#context.signal.aborted)) {
      // What was built waits in vain for this member; nobody is to be blamed.
      for (const member of this.#plan.groups[this.#ledger.planned(id).group]?.members ?? []) {
        if (!this.#ledger.ended.has(member) && (member === id || this.#ledger.built(member) !== undefined)) {
          await this.#ledger.end(session, member, 'cancelled', this.#stopping);
        }
      }
      this.#schedule.drop(id);
      return;
    }
    await this.#fail(session, id, toDatabaseFailure('DBL2201', problem, 'the server refused', this.#ledger.planned(id).node.file));
  }

  /** @param told where there is more to tell than the failure's own diagnostic */
  async #fail(
    session: Session,
    id: NodeId,
    failure: NodeFailure,
    told = { reason: failure.message, diagnostics: [failure.diagnostic] as readonly Diagnostic[] },
  ): Promise<void> {
    this.#run.announcer.report(told.diagnostics);
    await this.#ledger.end(session, id, 'failed', told.reason, auditColumns(failure));
    await this.#skipAfter(session, id);
    this.#failFast();
  }

  async #skipAfter(session: Session, id: NodeId): Promise<void> {
    for (const dropped of this.#schedule.drop(id)) {
      if (dropped.was === 'running') this.#givenUpFor.set(dropped.id, dropped.because);
      if (dropped.was === 'running' || this.#ledger.ended.has(dropped.id)) continue;
      if (dropped.was === 'built') await this.#ledger.end(session, dropped.id, 'held', this.#withheldReason(dropped.because));
      else await this.#ledger.end(session, dropped.id, 'skipped', this.#skipReason(dropped.because));
    }
    this.#wakeAll();
  }

  #skipReason(because: NodeId): string {
    return `"${because.slice('model.'.length)}" ${this.#fateOf(because)}`;
  }

  #withheldReason(because: NodeId): string {
    return `"${because.slice('model.'.length)}" of its publish group ${this.#fateOf(because)}`;
  }

  #fateOf(id: NodeId): string {
    const status = this.#ledger.ended.get(id) ?? 'skipped';
    return status === 'failed' ? 'failed' : status === 'held' ? 'was withheld' : 'was skipped';
  }

  #failFast(): void {
    if (this.#options.failFast) this.#stop('another node failed and --fail-fast was given');
  }

  async #giveUpWaiting(): Promise<void> {
    const reason = this.#stopping ?? 'the run broke off';
    const status = this.#context.signal.aborted ? 'cancelled' : 'skipped';
    for (const id of this.#schedule.dropWaiting()) await this.#ledger.end(this.#run.control, id, status, reason);
    for (const id of this.#plan.nodes.keys()) {
      if (!this.#ledger.ended.has(id)) await this.#ledger.end(this.#run.control, id, status, reason);
    }
  }
}
