import { appliedMigrations, type HeldRow, readHeld, readRecorded, type RecordedRelation } from '../audit/index.js';
import type { CompiledProject, ModelNode } from '../compile/index.js';
import { type Diagnostic, error } from '../diagnostics/index.js';
import {
  type Attached,
  type Attachment,
  type Column,
  readAttached,
  readColumns,
  readRelations,
  readSchemaObjects,
  readSchemaRights,
  type Relation,
  type SchemaObject,
  type SchemaRights,
  type Session,
} from '../postgres/index.js';
import { RelationIndex } from './build-state.js';
import { type View, viewsThatDoNotFit } from './promoted-views.js';
import { previousOf } from './schemas.js';

/** One logical schema that is promoted: three physical schemas that exchange their names. */
export interface PromotedSchema {
  readonly logical: string;
  readonly target: string;
  readonly previous: string;
}

/** Everything that promoting will do, before it does anything. */
export interface PromotePlan {
  readonly schemas: readonly PromotedSchema[];
  readonly rights: ReadonlyMap<string, SchemaRights>;
  readonly relations: RelationIndex;
  /** What hangs on production's relations, and on the target's. */
  readonly attached: ReadonlyMap<number, Attached>;
  /** The columns of all these. */
  readonly columns: ReadonlyMap<number, readonly Column[]>;
  /** Views outside that read production, and that will read the new one. */
  readonly views: readonly View[];
  readonly changes: PromoteChanges;
  /** Why it is refused; empty: it is not. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What `dbl promote --dry-run --output json` prints. Relations are named as in production; rows are the planner's estimates. */
export interface PromoteChanges {
  readonly added: readonly { readonly name: string; readonly rows: number | null }[];
  readonly removed: readonly { readonly name: string; readonly rows: number | null }[];
  readonly changed: readonly { readonly name: string; readonly rows_before: number | null; readonly rows_after: number | null; readonly changes: readonly string[] }[];
  readonly unchanged: readonly { readonly name: string; readonly rows_before: number | null; readonly rows_after: number | null }[];
  /** What stands in the way, one line each. */
  readonly blockers: readonly string[];
  /** Views outside that will be pointed at the new production. */
  readonly repaired: readonly string[];
}

/** Reads what the database holds and works out what promoting would do. Changes nothing. */
export async function planPromote(session: Session, project: CompiledProject): Promise<PromotePlan> {
  const schemas = [...project.schemas].map(([logical, target]) => ({ logical, target, previous: previousOf(logical) }));
  const names = schemas.flatMap(({ logical, target, previous }) => [logical, target, previous]);
  const rights = await readSchemaRights(session, names);
  const relations = new RelationIndex(await readRelations(session, names));
  // A dry run may come before the first run, which makes the audit schema.
  const hasHistory = (await appliedMigrations(session)) > 0;
  const recorded = hasHistory ? await readRecorded(session, names) : [];
  const held = hasHistory ? await readHeld(session, [...project.schemas.values()]) : [];
  // What was production before is dropped, once what is production now takes its name.
  const touched = schemas.flatMap(({ logical, target, previous }) => [logical, target, ...(rights.has(logical) ? [previous] : [])]);
  const objects = await readSchemaObjects(session, touched);
  const current = schemas.flatMap(({ logical, target }) => [...relations.in(logical), ...relations.in(target)]).filter(isTableOrView);
  const attached = await readAttached(session, current.map(({ oid }) => oid), new Set(recorded.flatMap(({ indexes }) => indexes)));
  const columns = await readColumns(session, current.map(({ oid }) => oid));
  const views = outsideViews(schemas, relations, attached);
  const keepTheirNames = neverRenamed(project, schemas);
  const diagnostics = [
    ...keepTheirNames.values(),
    ...notReady(project, relations, recorded, held),
    ...foreignObjects(objects.filter(({ schema }) => !keepTheirNames.has(schema)), recorded),
    ...obstacles(schemas, relations, attached),
    ...(await viewsThatDoNotFit(session, views, new Map(schemas.map(({ logical, target }) => [logical, target])), relations)),
  ];
  const blockers = diagnostics.map(({ message }) => message);
  const changes = { ...compareSchemas(schemas, relations, columns), blockers, repaired: views.map(({ schema, name }) => `${schema}.${name}`) };
  return { schemas, rights, relations, attached, columns, views, changes, diagnostics };
}

/** Why schemas keep their names, by schema: their contents are nobody's business here. */
function neverRenamed(project: CompiledProject, schemas: readonly PromotedSchema[]): ReadonlyMap<string, Diagnostic> {
  const sources = new Map([...project.graph.values()].flatMap((node): [string, string][] => (node.kind === 'source' ? [[node.schema, node.id]] : [])));
  const reasons = new Map<string, Diagnostic>();
  for (const { logical, target } of schemas) {
    if (logical === target) {
      const message = `"${target}" is production already: the target "${project.config.target.name}" builds in place`;
      reasons.set(target, error('DBL2503', message, undefined, { hint: 'There is nothing to promote.' }));
      continue;
    }
    for (const schema of [logical, target]) {
      const source = sources.get(schema);
      const message = `the schema "${schema}" is never renamed`;
      if (schema === 'public') reasons.set(schema, error('DBL2503', message, undefined, { hint: 'Put the models into a schema of their own.' }));
      else if (source !== undefined) {
        const hint = `It holds the source ${source}. Put models and sources into different schemas.`;
        reasons.set(schema, error('DBL2503', message, undefined, { hint }));
      }
    }
  }
  return reasons;
}

/** Every model must be in the target as the project has it now. */
function notReady(
  project: CompiledProject,
  relations: RelationIndex,
  recorded: readonly RecordedRelation[],
  held: readonly HeldRow[],
): readonly Diagnostic[] {
  const known = new Map(recorded.map((relation) => [JSON.stringify([relation.schema, relation.name]), relation]));
  const { name: target } = project.config.target;
  const physical = [...project.schemas.values()];
  if (held.length === 0 && physical.every((schema) => relations.in(schema).length === 0 && !recorded.some((relation) => relation.schema === schema))) {
    const message = `the target "${target}" is empty: nothing was built in it since it was made`;
    return [error('DBL2501', message, undefined, { hint: `Build it: dbl build --target ${target}` })];
  }
  return [...project.graph.values()].flatMap((node) => {
    if (node.kind !== 'model') return [];
    if (held.some(({ schema, name }) => schema === node.physicalSchema && name === node.name)) {
      const message = `"${node.physicalSchema}.${node.name}" is held in the workbench and not published`;
      return [error('DBL2501', message, node.file, { hint: `Publish it: dbl publish --target ${target}` })];
    }
    const reason = whyNotReady(node, relations, known.get(JSON.stringify([node.physicalSchema, node.name])));
    if (reason === undefined) return [];
    const hint = `Build it: dbl build --target ${target} --select ${node.name}`;
    return [error('DBL2501', `"${node.physicalSchema}.${node.name}" ${reason}`, node.file, { hint })];
  });
}

function whyNotReady(node: ModelNode, relations: RelationIndex, known: RecordedRelation | undefined): string | undefined {
  const relation = relations.get(node.physicalSchema, node.name);
  if (known !== undefined && known.lastStatus !== 'success') {
    const what = known.lastStatus === 'failed' ? 'failed' : known.lastStatus === 'held' ? 'was withheld with its publish group' : `was ${known.lastStatus}`;
    if (known.lastStatus === 'crashed') return 'was not finished by the last run that was to build it, which crashed';
    return `${what} in the last run that was to build it`;
  }
  if (relation === undefined || known?.relid !== relation.oid) return 'has not been built';
  return known.fingerprint === node.fingerprint ? undefined : 'was built from other SQL than the project now holds';
}

/** What dbl did not make in a schema to be renamed would be carried off with it, and in the end be dropped. */
function foreignObjects(objects: readonly SchemaObject[], recorded: readonly RecordedRelation[]): readonly Diagnostic[] {
  const own = new Set(recorded.flatMap(({ relid }) => relid ?? []));
  return objects
    .filter(({ isRelation, oid }) => !isRelation || !own.has(oid))
    .map(({ schema, type, identity }) =>
      error('DBL2502', `the schema "${schema}" holds something that dbl did not make: ${type} ${identity}`, undefined, {
        hint: 'Move it to another schema or drop it; then promote again.',
      }),
    );
}

/** What hangs on production and cannot be carried over, and views on one side that read the other or, from outside, the target. */
function obstacles(schemas: readonly PromotedSchema[], relations: RelationIndex, attached: ReadonlyMap<number, Attached>): readonly Diagnostic[] {
  const inTheWay = new Map<string, string[]>();
  for (const { relation, attachment, side, from } of hanging(schemas, relations, attached)) {
    const stays = attachment.kind === 'view' && side === 'production' && from === 'outside';
    if (attachment.kind !== 'obstacle' && (attachment.kind !== 'view' || stays || side === from)) continue;
    const what = attachment.kind === 'view' ? `view ${attachment.schema}.${attachment.name}` : `${attachment.type} ${attachment.identity}`;
    const name = `"${relation.schema}.${relation.name}"`;
    inTheWay.set(name, [...(inTheWay.get(name) ?? []), what]);
  }
  return [...inTheWay].map(([name, list]) => {
    const hint = list.length === 1 ? 'Drop it, promote, and create it again.' : 'Drop them, promote, and create them again.';
    const what = list.length === 1 ? 'this hangs' : 'these hang';
    return error('DBL2401', `${name} cannot be renamed away, since ${what} on it: ${list.join('; ')}`, undefined, { hint });
  });
}

/** Views in schemas that keep their names, over production's relations. */
function outsideViews(schemas: readonly PromotedSchema[], relations: RelationIndex, attached: ReadonlyMap<number, Attached>): readonly View[] {
  const views = new Map<number, View>();
  for (const { attachment, side, from } of hanging(schemas, relations, attached)) {
    if (attachment.kind === 'view' && side === 'production' && from === 'outside') views.set(attachment.oid, attachment);
  }
  return [...views.values()].toSorted((a, b) => a.oid - b.oid);
}

type Side = 'production' | 'target' | 'outside';

interface Hanging {
  readonly relation: Relation;
  readonly attachment: Attachment;
  /** Where the relation is. */
  readonly side: Side;
  /** Where a view is that reads it; for anything else, the relation's own side. */
  readonly from: Side;
}

function hanging(
  schemas: readonly PromotedSchema[],
  relations: RelationIndex,
  attached: ReadonlyMap<number, Attached>,
): readonly Hanging[] {
  const sides = new Map<string, Side>(schemas.flatMap(({ logical, target }): [string, Side][] => [[target, 'target'], [logical, 'production']]));
  return [...sides].flatMap(([schema, side]) =>
    relations.in(schema).flatMap((relation) =>
      (attached.get(relation.oid)?.attachments ?? []).map((attachment) => ({
        relation,
        attachment,
        side,
        from: attachment.kind === 'view' ? (sides.get(attachment.schema) ?? 'outside') : side,
      })),
    ),
  );
}

function compareSchemas(
  schemas: readonly PromotedSchema[],
  relations: RelationIndex,
  columns: ReadonlyMap<number, readonly Column[]>,
): Pick<PromoteChanges, 'added' | 'removed' | 'changed' | 'unchanged'> {
  const changes = { added: [], removed: [], changed: [], unchanged: [] } as { -readonly [K in 'added' | 'removed' | 'changed' | 'unchanged']: PromoteChanges[K][number][] };
  for (const { logical, target } of schemas) {
    const names = new Set([...relations.in(logical), ...relations.in(target)].filter(isTableOrView).map(({ name }) => name));
    for (const bare of [...names].toSorted()) {
      const before = relations.get(logical, bare);
      const after = relations.get(target, bare);
      const name = `${logical}.${bare}`;
      if (before === undefined) changes.added.push({ name, rows: after?.estimatedRows ?? null });
      else if (after === undefined) changes.removed.push({ name, rows: before.estimatedRows ?? null });
      else {
        const differences = structuralChanges(before, after, columns);
        const both = { name, rows_before: before.estimatedRows ?? null, rows_after: after.estimatedRows ?? null };
        if (differences.length === 0) changes.unchanged.push(both);
        else changes.changed.push({ ...both, changes: differences });
      }
    }
  }
  return changes;
}

function structuralChanges(before: Relation, after: Relation, columns: ReadonlyMap<number, readonly Column[]>): readonly string[] {
  const old = new Map((columns.get(before.oid) ?? []).map((column) => [column.name, column.type]));
  const now = new Map((columns.get(after.oid) ?? []).map((column) => [column.name, column.type]));
  const changes = before.kind === after.kind ? [] : [`${before.kind} becomes ${after.kind}`];
  for (const [name, type] of now) {
    const was = old.get(name);
    if (was === undefined) changes.push(`column "${name}" added (${type})`);
    else if (was !== type) changes.push(`column "${name}" changes from ${was} to ${type}`);
  }
  for (const name of old.keys()) if (!now.has(name)) changes.push(`column "${name}" removed`);
  return changes;
}

function isTableOrView({ kind }: Relation): boolean {
  return kind === 'table' || kind === 'view';
}
