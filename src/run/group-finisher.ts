import { correctRows, forgetHeld, insertChecks, insertNodeRun, readEndedWell, recordHeld } from '../audit/index.js';
import { type Check, placedSql, type Placement, type RelationName, targetPlacement } from '../compile/index.js';
import { type Diagnostic, warning } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { type BuildPlan, type BuildState, type PlannedNode, type PublishGroup, trashOf, workbenchOf } from '../plan/index.js';
import type { Attached, Session } from '../postgres/index.js';
import { quoteIdentifier, relationName } from '../sql/index.js';
import { buildAtOnce } from './build-at-once.js';
import { buildModel } from './build-model.js';
import { type CheckOutcome, gateFails, passed, runChecks } from './checks.js';
import { commentStatements } from './comment-statements.js';
import type { RunContext } from './context.js';
import { NodeFailure } from './failure.js';
import { type Replaced, replacedTables } from './late-grants.js';
import type { NodeLedger } from './node-ledger.js';
import type { PublishItem } from './publish-script.js';
import { publish, type PublishOptions } from './publish.js';
import type { RunSession } from './run-session.js';

/** A node that took longer than this is worth a round trip more: what was built survives a publish that must be tried again. */
const smallMs = 250;

/** Up to 30,000 pages, ANALYZE reads the whole table and counts it exactly; this is less, in bytes. */
const sampledBytes = 200_000_000;

/** Builds members of publish groups in the workbench, checks groups, and publishes or holds them. */
export class GroupFinisher {
  readonly #context: RunContext;
  readonly #run: RunSession;
  readonly #plan: BuildPlan;
  readonly #state: BuildState;
  readonly #ledger: NodeLedger;
  readonly #target: Placement;
  readonly #positions: ReadonlyMap<NodeId, number>;
  readonly #publishOptions: PublishOptions;
  /** Views that did not fit a table that was published, as `schema.name`, with what hung on them: they are built anew later. */
  readonly #droppedViews = new Map<string, Attached | undefined>();

  constructor(context: RunContext, run: RunSession, plan: BuildPlan, state: BuildState, ledger: NodeLedger) {
    this.#context = context;
    this.#run = run;
    this.#plan = plan;
    this.#state = state;
    this.#ledger = ledger;
    this.#target = targetPlacement(context.project);
    this.#positions = new Map([...plan.nodes.keys()].map((id, index) => [id, index]));
    const viewModels = new Map([...plan.nodes.values()].map(({ node }) => [`${node.physicalSchema}.${node.name}`, node.id]));
    const workbenches = [...context.project.schemas.values()].map(workbenchOf);
    this.#publishOptions = {
      runId: run.runId,
      guarded: true,
      trashOf: (schema) => trashOf(schema, run.runId),
      ownIndexes: state.ownIndexes,
      isRebuiltLater: (view) => {
        const id = viewModels.get(view);
        // What an earlier run left in a workbench is dbl's, and nobody's loss.
        return workbenches.some((workbench) => view.startsWith(`${workbench}.`)) || (id !== undefined && !ledger.ended.has(id));
      },
      signal: context.signal,
      replaced: [],
    };
  }

  /** The tables that were replaced so far. */
  get replaced(): readonly Replaced[] {
    return this.#publishOptions.replaced;
  }

  /** Builds a model in the workbench. Throws NodeFailure. */
  async build(session: Session, planned: PlannedNode): Promise<void> {
    this.#ledger.setBuilt(planned.node.id, await buildModel(session, planned, this.#placement(planned.group), this.#workbenchOptions(planned)));
  }

  /**
   * Builds, checks and publishes a small model in one round trip. False: it is not one, or it did not work this way; nothing was changed, and
   * the ordinary way is to be gone. Throws NodeFailure where the model itself is at fault.
   */
  async finishAtOnce(session: Session, planned: PlannedNode, group: PublishGroup): Promise<boolean> {
    if (!this.#isSmall(planned, group)) return false;
    const { id } = planned.node;
    const checks = group.checks.flatMap((check) => (check.kind === 'query' ? [check.query(this.#placement(group.index))] : []));
    const outcomes = group.checks.map((check) => passed(check, this.#run.runId));
    const item = this.#item(id, insertChecks(outcomes.map(({ record }) => record)), true);
    const started = performance.now();
    const options = { ...this.#workbenchOptions(planned), runId: this.#run.runId, trashOf: this.#publishOptions.trashOf };
    const built = await buildAtOnce(session, planned, this.#placement(group.index), checks, item, options);
    if (built === undefined) return false;
    this.#publishOptions.replaced.push(...replacedTables([item], this.#publishOptions.trashOf));
    this.#ledger.setBuilt(id, built);
    if ((built.bytes ?? 0) > sampledBytes) await this.#ledger.write(session, correctRows(this.#run.runId, id, built.rows ?? 0));
    for (const { event } of outcomes) this.#run.announcer.tell({ ...event, duration_ms: 0 });
    this.#tellPublished([item], performance.now() - started);
    return true;
  }

  /** Checks a group of which every member is built. Gives the statement that writes down what the checks came to. */
  async check(session: Session, group: PublishGroup): Promise<{ readonly outcomes: readonly CheckOutcome[]; readonly failed: boolean; readonly record: string | undefined }> {
    const outcomes = group.checks.length === 0 ? [] : await runChecks(session, group.checks, {
      announcer: this.#run.announcer,
      place: this.#placement(group.index),
      earlier: (check) => this.#earlier(check),
      searchPath: this.#searchPath(group.members),
      address: this.#run.address,
      folder: this.#context.project.config.folder,
      signal: this.#context.signal,
    });
    this.#context.signal.throwIfAborted();
    this.#run.announcer.report(outcomes.flatMap(({ diagnostic }) => diagnostic ?? []));
    return { outcomes, failed: gateFails(outcomes), record: insertChecks(outcomes.map(({ record }) => record)) };
  }

  /** Publishes a checked group in one transaction. Throws NodeFailure, with nothing changed. */
  async publish(session: Session, group: PublishGroup, checks: string | undefined): Promise<void> {
    const started = performance.now();
    const items = group.members.map((id, index) => this.#item(id, index === 0 ? checks : undefined));
    try {
      const dropped = await publish(session, items, this.#publishOptions);
      for (const { attached, name, schema } of dropped) this.#droppedViews.set(`${schema}.${name}`, attached);
      this.#run.announcer.report(dropped.map(({ name, schema }) => this.#droppedView(`${schema}.${name}`, group)));
    } catch (problem) {
      if (problem instanceof NodeFailure && checks !== undefined) await this.#ledger.write(session, checks);
      throw problem;
    }
    this.#tellPublished(items, performance.now() - started);
  }

  /** Leaves a checked group in the workbench for `dbl publish`. */
  async hold(session: Session, group: PublishGroup, checks: string | undefined): Promise<void> {
    const statements = group.members.flatMap((id) => {
      const { node } = this.#ledger.planned(id);
      const { physicalSchema: schema, name, fingerprint, materialized: kind } = node;
      const definition = kind === 'view' ? placedSql(node.sql, this.#target).text : undefined;
      const held = {
        schema,
        name,
        node: id,
        kind,
        fingerprint,
        runId: this.#run.runId,
        workbench: workbenchOf(schema),
        position: this.#positions.get(id) ?? 0,
        rows: this.#ledger.built(id)?.rows,
        definition,
      };
      return [insertNodeRun(this.#ledger.record(id, 'held')), recordHeld(held)];
    });
    try {
      await session.batch(['BEGIN', ...(checks === undefined ? [] : [checks]), ...statements, 'COMMIT'].join(';\n'));
    } catch (problem) {
      if (session.isOpen) await session.rollback();
      throw problem;
    }
    for (const id of group.members) this.#ledger.tellEnd(id, 'held', null, this.#ledger.workbenchName(id));
  }

  /** Whether a group was published or held after all by a session that was lost before its answer came. Tells it then. */
  async wentThrough(lost: Session, group: PublishGroup): Promise<boolean> {
    const ended = await this.#run.afterLoss(lost, (session) => readEndedWell(session, this.#run.runId, group.members));
    if (ended === undefined || ended.size < group.members.length) return false;
    for (const [id, { bytes, rows, status }] of ended) {
      const { physicalSchema, name } = this.#ledger.planned(id).node;
      this.#ledger.setBuilt(id, { rows, bytes });
      this.#ledger.tellEnd(id, status, null, status === 'held' ? this.#ledger.workbenchName(id) : relationName(physicalSchema, name));
    }
    return true;
  }

  #tellPublished(items: readonly PublishItem[], duration: number): void {
    for (const schema of new Set(items.map((item) => item.schema))) {
      const nodes = items.filter((item) => item.schema === schema).map(({ node }) => node);
      this.#run.announcer.tell({ event: 'publish', nodes, schema, duration_ms: duration });
    }
    for (const { node, schema, name } of items) this.#ledger.tellEnd(node, 'success', null, relationName(schema, name));
  }

  /** One transaction must be cheap to repeat, and its checks such that the server can judge them: the properties' own queries, all of which must pass. */
  #isSmall({ node, existing }: PlannedNode, { checks, members }: PublishGroup): boolean {
    if (this.#plan.hold || members.length > 1) return false;
    if (!checks.every((check) => check.kind === 'query' && check.file === undefined && check.severity === 'error')) return false;
    const expected = this.#state.expected.get(node.id);
    // Without history, only what cannot fail after it is built: nothing to check, and nothing to replace.
    return expected === undefined ? checks.length === 0 && existing === undefined : expected < smallMs;
  }

  #workbenchOptions({ existing, group }: PlannedNode): Parameters<typeof buildModel>[3] {
    const members = this.#plan.groups[group]?.members ?? [];
    return {
      searchPath: this.#searchPath(members),
      comments: this.#context.project.config.comments,
      attached: existing === undefined ? undefined : this.#state.attached.get(existing.oid),
    };
  }

  /** The search path of authors' SQL, for `SET LOCAL search_path`. */
  #searchPath(members: readonly NodeId[]): string {
    const schemas = [...new Set(members.map((id) => this.#ledger.planned(id).node.physicalSchema))];
    return [...schemas.map(workbenchOf), ...schemas, ...this.#context.project.config.searchPath, 'public'].map(quoteIdentifier).join(', ');
  }

  /** @param measured whether rows and bytes are to be read from the catalog: in one round trip nobody else knows them yet */
  #item(id: NodeId, checks: string | undefined, measured = false): PublishItem {
    const { node, existing } = this.#ledger.planned(id);
    const { physicalSchema: schema, name, fingerprint, materialized } = node;
    const isDropped = this.#droppedViews.has(`${schema}.${name}`);
    const comments = this.#context.project.config.comments ? commentStatements(node, schema) : [];
    const view = materialized === 'view' ? placedSql(node.sql, this.#target).text : undefined;
    return {
      node: id,
      file: node.file,
      schema,
      name,
      fingerprint,
      view,
      existing: isDropped ? undefined : existing,
      attached: isDropped ? this.#droppedViews.get(`${schema}.${name}`) : existing && this.#state.attached.get(existing.oid),
      defaultGrants: { ofSchema: this.#state.defaultGrants.get(schema) ?? [], everywhere: this.#state.defaultGrants.get('') ?? [] },
      described: new Set(comments.map(({ column }) => column)),
      alongside: [
        ...(view === undefined ? [] : comments.map(({ statement }) => statement)),
        forgetHeld(schema, [name]),
        insertNodeRun(this.#ledger.record(id, 'success'), measured && view === undefined ? relationName(schema, name) : undefined),
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
    const { node, existing } = this.#ledger.planned(check.node);
    const production = this.#state.relations.get(node.schema, node.name);
    const found = check.kind === 'row_count_ratio' && check.against === 'production' ? production : (existing ?? production);
    return found && { schema: found.schema, name: found.name };
  }

  #droppedView(view: string, group: PublishGroup): Diagnostic {
    const names = group.members.map((id) => `"${id.slice('model.'.length)}"`).join(', ');
    const message = `the view "${view}" did not fit the new ${names} and was dropped; this run builds it anew`;
    return warning('DBL2405', message, this.#ledger.planned(group.members[0] ?? '').node.file);
  }
}
