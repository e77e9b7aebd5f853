import { recordPublished } from '../audit/index.js';
import type { NodeId } from '../graph/index.js';
import { workbenchOf } from '../plan/index.js';
import { type Attached, type Attachment, type Relation, verify } from '../postgres/index.js';
import { createView, dropView, relationName, setSchema } from '../sql/index.js';
import { carriedOver, lockView, restoreView, type View } from './carry-over.js';
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
  /** What hangs on that; read anew where it has changed meanwhile. */
  readonly attached: Attached | undefined;
  /** Grants that a new table gets from the schema's default privileges. */
  readonly defaultGrants: readonly Attachment[];
  /** Further statements that commit with the publish: rows of the audit schema, a view's comments. */
  readonly alongside: readonly string[];
}

/** What a statement of a publish is about, for the sake of errors. */
export type PublishPart =
  | { readonly kind: 'step' }
  | { readonly kind: 'lock view'; readonly view: View }
  | { readonly kind: 'restore view'; readonly view: View }
  | { readonly kind: 'replace view'; readonly item: PublishItem };

/** What is known so far about how the transaction must go. */
export interface PublishAttempt {
  readonly runId: string;
  /** The schema that replaced tables of a physical schema are moved to. */
  readonly trashOf: (schema: string) => string;
  readonly lockTimeoutMs: number;
  /** Views that do not fit what is published and are built anew later; in an order in which they can be dropped. */
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
  // Views before the tables that they read: the order in which their readers lock them. Nothing but the lock comes of this statement.
  for (const view of views) {
    script.add(lockView(view), { kind: 'lock view', view });
  }
  for (const { schema, name, existing } of moved) {
    const kind = existing?.kind === 'view' ? 'view' : 'table';
    script.add(setSchema({ kind, schema, name, to: trashOf(schema) }), step);
  }
  for (const { attached } of moved) if (attached !== undefined) script.add(verify(attached), step);
  for (const view of dropped.values()) script.add(dropView(view), step);
  for (const { schema, name, view } of items) {
    if (view === undefined) script.add(setSchema({ kind: 'table', schema: workbenchOf(schema), name, to: schema }), step);
  }
  for (const view of views) {
    if (!dropped.has(view.oid)) script.add(restoreView(view), { kind: 'restore view', view });
  }
  for (const item of items) addView(script, item, recreated);
  for (const item of items) for (const statement of inheritance(item, recreated)) script.add(statement, step);
  for (const { schema, name, existing } of moved) {
    // An old view goes at once: it would tie tables published later to this run's trash.
    if (existing?.kind === 'view') script.add(dropView({ schema: trashOf(schema), name }), step);
  }
  for (const item of items) {
    script.add(recordPublished({ ...item, runId }), step);
    for (const statement of item.alongside) script.add(statement, step);
  }
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
  script.add(dropView({ schema: workbenchOf(schema), name }), { kind: 'step' });
  const { text, queryOffset } = createView({ schema, name, query: view, orReplace: replacedInPlace(item, recreated) });
  script.add(text, { kind: 'replace view', item }, queryOffset);
}

/** What the new relation gets from the old one. Indexes were made in the workbench. */
function inheritance(item: PublishItem, recreated: ReadonlySet<NodeId>): readonly string[] {
  if (replacedInPlace(item, recreated)) return [];
  const { schema, name, view } = item;
  const fresh = item.existing === undefined && view === undefined;
  const attachments = fresh ? item.defaultGrants : (item.attached?.attachments ?? []);
  return carriedOver({ kind: view === undefined ? 'table' : 'view', schema, name }, attachments);
}
