import { recordPromotion, renameRecordedSchema } from '../audit/index.js';
import type { PromotedSchema, PromotePlan, View } from '../plan/index.js';
import { type Attachment, type Relation, verifyAll, verifySchema, verifyUnread } from '../postgres/index.js';
import { createSchema, quoteIdentifier, relationName, renameSchema } from '../sql/index.js';
import { carriedOver, lockView, restoreView } from './carry-over.js';
import { giveRights, replaceRights } from './schema-rights.js';
import { Script } from './script.js';

export interface PromoteScriptOptions {
  readonly runId: string;
  readonly lockTimeoutMs: number;
  /** Where an old `__previous` goes until it is dropped. */
  readonly trashOf: (schema: string) => string;
}

/** What a statement of a promotion is about, for the sake of errors. */
export type PromotePart = { readonly kind: 'step' } | { readonly kind: 'lock view' | 'restore view'; readonly view: View };

/** The transaction that puts the target in production's place. */
export function promoteScript(plan: PromotePlan, { runId, lockTimeoutMs, trashOf }: PromoteScriptOptions): Script<PromotePart> {
  const { attached, relations, rights, schemas, views } = plan;
  const before = schemas.filter(({ logical }) => rights.has(logical));
  const production = before.flatMap(({ logical }) => relations.in(logical)).flatMap(({ oid }) => attached.get(oid) ?? []);
  const script = new Script<PromotePart>();
  const add = (...statements: readonly string[]): void => {
    for (const statement of statements) script.add(statement, { kind: 'step' });
  };
  add(
    'BEGIN',
    `SET LOCAL lock_timeout = ${lockTimeoutMs}`,
    'SET LOCAL synchronous_commit = on',
    'SET LOCAL search_path = pg_catalog',
    `SET LOCAL idle_in_transaction_session_timeout = '10s'`,
  );
  for (const view of views) script.add(lockView(view), { kind: 'lock view', view });
  add(...schemas.flatMap(({ logical, previous, target }) => [logical, target, previous].map((name) => rights.get(name))).flatMap((known) => (known === undefined ? [] : [verifySchema(known)])));
  if (production.length > 0) add(verifyAll(production));
  for (const { logical, previous } of before) {
    if (rights.has(previous)) add(renameSchema({ schema: previous, to: trashOf(logical) }));
    add(renameSchema({ schema: logical, to: previous }));
  }
  for (const { logical, target } of schemas) add(renameSchema({ schema: target, to: logical }), createSchema({ schema: target }));
  for (const { logical, target } of schemas) {
    const production = rights.get(logical);
    const built = rights.get(target);
    if (production !== undefined) add(...replaceRights(logical, built, production));
    if (built !== undefined) add(...giveRights(target, built));
  }
  for (const schema of before) add(...relationRights(schema, plan));
  for (const view of views) script.add(restoreView(view), { kind: 'restore view', view });
  if (production.length > 0) add(verifyUnread(production, before.map(({ previous }) => previous)));
  for (const { logical, previous } of before) add(renameRecordedSchema(logical, previous));
  for (const { logical, target, previous } of schemas) {
    add(renameRecordedSchema(target, logical), recordPromotion({ runId, kind: 'promote', schema: logical, previousSchema: rights.has(logical) ? previous : undefined }));
  }
  return script.add('COMMIT', { kind: 'step' });
}

/**
 * The rights, and what else hung on them, of production's old relations go to their successors, in the place of what these had in the target;
 * a relation without a forerunner gets the default privileges of production.
 */
function relationRights({ logical, target }: PromotedSchema, { attached, columns, relations, rights }: PromotePlan): readonly string[] {
  const built = relations.in(target).filter(({ kind }) => kind === 'table' || kind === 'view');
  return built.flatMap((relation) => {
    const own = attached.get(relation.oid)?.attachments ?? [];
    const old = relations.get(logical, relation.name);
    const name = { schema: logical, name: relation.name, kind: relation.kind === 'view' ? 'view' : 'table' } as const;
    if (old === undefined) return [...revoked(name, own), ...carriedOver(name, defaultGrants(rights.get(logical)?.grants ?? [], relation))];
    const described = new Set(own.flatMap((one) => (one.kind === 'comment' ? [one.column] : [])));
    const present = new Set(columns.get(relation.oid)?.map((column) => column.name));
    const carried = (attached.get(old.oid)?.attachments ?? []).filter((one) => {
      // What hung on a column that is not there any more goes with the column.
      if ((one.kind === 'grant' || one.kind === 'comment') && one.column !== undefined && !present.has(one.column)) return false;
      return one.kind !== 'comment' || !described.has(one.column);
    });
    const ours = own.some(({ kind }) => kind === 'owner') && !carried.some(({ kind }) => kind === 'owner');
    return [...revoked(name, own), ...(ours ? [`ALTER ${name.kind} ${relationName(logical, name.name)} OWNER TO CURRENT_USER`] : []), ...carriedOver(name, carried)];
  });
}

function revoked({ schema, name }: { readonly schema: string; readonly name: string }, attachments: readonly Attachment[]): readonly string[] {
  const grantees = new Set(attachments.flatMap((one) => (one.kind === 'grant' ? [one.grantee === undefined ? 'PUBLIC' : quoteIdentifier(one.grantee)] : [])));
  return grantees.size === 0 ? [] : [`REVOKE ALL ON ${relationName(schema, name)} FROM ${[...grantees].join(', ')} CASCADE`];
}

function defaultGrants(grants: NonNullable<ReturnType<PromotePlan['rights']['get']>>['grants'], relation: Relation): readonly Attachment[] {
  return grants
    .filter(({ on, objects, creator }) => on === 'default' && objects === 'TABLES' && creator === relation.owner)
    .map(({ privilege, grantee, grantable }) => ({ kind: 'grant', privilege, grantee, column: undefined, grantable }));
}
