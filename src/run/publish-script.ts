import { mustHoldLocks, recordPublished } from '../audit/index.js';
import type { NodeId } from '../graph/index.js';
import { workbenchOf } from '../plan/index.js';
import { type Attached, type Attachment, type Relation, verify, verifyView } from '../postgres/index.js';
import { createView, dropView, relationName, setSchema } from '../sql/index.js';
import { carriedOver, lockView, restoreView, type View, withoutGrants } from './carry-over.js';
import { Script, type ScriptWriter } from './script.js';

/** One relation on its way from the workbench into the target. */
export interface PublishItem {
  readonly node: NodeId;
  /** Path of the model's file, where failures are reported. */
  readonly file: string;
  readonly schema: string;
  readonly name: string;
  readonly fingerprint: string;
  /** A view's query, reading the target; undefined for a table. */
  readonly view: string | undefined;
  /** What it replaces; undefined where its name is free. */
  readonly existing: Pick<Relation, 'oid' | 'kind'> | undefined;
  /** What hangs on that; read anew where it has changed meanwhile. Without `existing`: what hung on a view that this run dropped. */
  readonly attached: Attached | undefined;
  /** Grants that a new relation gets from default privileges: those of its schema, which tables made in the workbench lack, and those of all schemas. */
  readonly defaultGrants: { readonly ofSchema: readonly Attachment[]; readonly everywhere: readonly Attachment[] };
  /** Columns, and undefined for the relation itself, that the model describes: older comments on them are not carried over. */
  readonly described: ReadonlySet<string | undefined>;
  /** Further statements that commit with the publish: rows of the audit schema, a view's comments. */
  readonly alongside: readonly string[];
}

/** What a statement of a publish is about, for the sake of errors. */
export type PublishPart =
  | { readonly kind: 'step' }
  /** Fails where the run has lost its locks. */
  | { readonly kind: 'guard' }
  /** Fails where a column is gone. */
  | { readonly kind: 'lock columns' }
  /** Fails where others hung something on a view in the workbench. */
  | { readonly kind: 'clear workbench' }
  | { readonly kind: 'restore view'; readonly view: View }
  | { readonly kind: 'replace view'; readonly item: PublishItem };

/** What is known so far about how the transaction must go. */
export interface PublishAttempt {
  readonly runId: string;
  /** Whether another session holds the run's locks, so that they may be lost without this one. */
  readonly guarded: boolean;
  /** The schema that replaced tables of a physical schema are moved to. */
  readonly trashOf: (schema: string) => string;
  readonly lockTimeoutMs: number;
  /** Views that do not fit what is published and are built anew later, with all those that read them. */
  readonly dropped: ReadonlyMap<number, View>;
  /** View models that cannot be replaced in place. */
  readonly recreated: ReadonlySet<NodeId>;
}

/** The transaction that publishes all items. */
export function publishScript(items: readonly PublishItem[], attempt: PublishAttempt): Script<PublishPart> {
  const step: PublishPart = { kind: 'step' };
  const script = new Script<PublishPart>().add('BEGIN', step);
  addPublish(script, items, attempt);
  return script.add('COMMIT', step);
}

/** The statements of that transaction, without its beginning and end. */
export function addPublish(script: ScriptWriter<PublishPart>, items: readonly PublishItem[], attempt: PublishAttempt): void {
  const { dropped, recreated, trashOf, runId } = attempt;
  const step: PublishPart = { kind: 'step' };
  script.add(`SET LOCAL lock_timeout = ${attempt.lockTimeoutMs}`, step);
  script.add('SET LOCAL search_path = pg_catalog', step);
  const moved = items.filter((item) => item.existing !== undefined && !replacedInPlace(item, recreated));
  const views = viewsOver(moved, items);
  const inPlace = items.filter((item) => replacedInPlace(item, recreated));
  // Views before the tables that they read: the order in which their readers lock them. Nothing but the lock comes of this statement.
  const locked = [...views, ...inPlace.map(({ schema, name, existing, attached }) => ({ schema, name, oid: existing?.oid ?? 0, owner: ownerOf(attached) }))];
  for (const view of locked.toSorted((a, b) => a.oid - b.oid)) script.add(lockView(view), step);
  for (const { schema, name, existing, attached } of moved) {
    const kind = existing?.kind === 'view' ? 'view' : 'table';
    script.add(setSchema({ kind, schema, name, to: trashOf(schema) }), step);
    const { columnLock = '' } = attached ?? {};
    if (columnLock !== '') script.add(`ALTER TABLE ${relationName(trashOf(schema), name)} ${columnLock}`, { kind: 'lock columns' });
  }
  for (const { attached } of moved) if (attached !== undefined) script.add(verify(attached), step);
  for (const { existing, attached } of inPlace) if (existing !== undefined) script.add(verifyView(existing.oid, optionsOf(attached)), step);
  if (dropped.size > 0) script.add(`drop view ${[...dropped.values()].map(({ schema, name }) => relationName(schema, name)).join(', ')}`, step);
  for (const { schema, name, view } of items) {
    if (view === undefined) script.add(setSchema({ kind: 'table', schema: workbenchOf(schema), name, to: schema }), step);
  }
  const workbenchViews = items.filter(({ view }) => view !== undefined).map(({ schema, name }) => relationName(workbenchOf(schema), name));
  // All in one statement: one may read another.
  if (workbenchViews.length > 0) script.add(`drop view ${workbenchViews.join(', ')}`, { kind: 'clear workbench' });
  for (const item of items) addView(script, item, recreated);
  for (const view of views) {
    if (!dropped.has(view.oid)) script.add(restoreView(view), { kind: 'restore view', view });
  }
  for (const item of items) for (const statement of inheritance(item, recreated)) script.add(statement, step);
  for (const { schema, name, existing } of moved) {
    // An old view goes at once: it would tie tables published later to this run's trash.
    if (existing?.kind === 'view') script.add(dropView({ schema: trashOf(schema), name }), step);
  }
  for (const item of items) {
    script.add(recordPublished({ ...item, runId, foreignIndexes: indexNames(item.attached) }), step);
    for (const statement of item.alongside) script.add(statement, step);
  }
  if (attempt.guarded) script.add(mustHoldLocks(runId), { kind: 'guard' });
}

/** A view over a view of the same name keeps its OID, and with it whatever hangs on it. */
function replacedInPlace(item: PublishItem, recreated: ReadonlySet<NodeId>): boolean {
  return item.view !== undefined && item.existing?.kind === 'view' && !recreated.has(item.node);
}

/** Views on the relations that move away, each once; a view that is published in the same transaction gets its new query anyway. */
function viewsOver(moved: readonly PublishItem[], items: readonly PublishItem[]): readonly View[] {
  const published = new Set(items.filter(({ view }) => view !== undefined).map(({ schema, name }) => relationName(schema, name)));
  const views = new Map<number, View>();
  for (const { attached } of moved) {
    for (const attachment of attached?.attachments ?? []) {
      if (attachment.kind === 'view' && !published.has(relationName(attachment.schema, attachment.name))) views.set(attachment.oid, attachment);
    }
  }
  return [...views.values()].toSorted((a, b) => a.oid - b.oid);
}

function addView(script: ScriptWriter<PublishPart>, item: PublishItem, recreated: ReadonlySet<NodeId>): void {
  const { schema, name, view } = item;
  if (view === undefined) return;
  const { text, queryOffset } = createView({ schema, name, query: view, orReplace: replacedInPlace(item, recreated) });
  script.add(text, { kind: 'replace view', item }, queryOffset);
}

/** What the new relation gets from the old one. Indexes were made in the workbench. */
function inheritance(item: PublishItem, recreated: ReadonlySet<NodeId>): readonly string[] {
  const { attached, defaultGrants, view } = item;
  const relation = { kind: view === undefined ? 'table' : 'view', schema: item.schema, name: item.name } as const;
  // CREATE OR REPLACE VIEW keeps all but the options.
  if (replacedInPlace(item, recreated)) return carriedOver(relation, (attached?.attachments ?? []).filter(({ kind }) => kind === 'options'));
  if (attached === undefined) return view === undefined ? carriedOver(relation, defaultGrants.ofSchema) : [];
  const given = [...defaultGrants.everywhere, ...(view === undefined ? [] : defaultGrants.ofSchema)];
  const carried = attached.attachments.filter((attachment) => attachment.kind !== 'comment' || !item.described.has(attachment.column));
  return [...withoutGrants(relation, given), ...carriedOver(relation, carried)];
}

function ownerOf(attached: Attached | undefined): string | undefined {
  return attached?.attachments.find((attachment) => attachment.kind === 'owner')?.owner;
}

function optionsOf(attached: Attached | undefined): string {
  return attached?.attachments.find((attachment) => attachment.kind === 'options')?.options ?? '';
}

function indexNames(attached: Attached | undefined): readonly string[] {
  return (attached?.attachments ?? []).flatMap((attachment) => (attachment.kind === 'index' ? [attachment.name] : []));
}
