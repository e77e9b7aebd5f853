import { recordPromotion, renameRecordedSchema } from '../audit/index.js';
import type { PromotedSchema, PromotePlan } from '../plan/index.js';
import { type SchemaGrant, type SchemaRights, verifyAll, verifySchema } from '../postgres/index.js';
import { createSchema, quoteIdentifier, renameSchema } from '../sql/index.js';
import { carriedOver, lockView, restoreView } from './carry-over.js';

export interface PromoteScriptOptions {
  readonly runId: string;
  readonly lockTimeoutMs: number;
  /** Where an old `__previous` goes until it is dropped. */
  readonly trashOf: (schema: string) => string;
}

/** The transaction that puts the target in production's place. */
export function promoteScript(plan: PromotePlan, { runId, lockTimeoutMs, trashOf }: PromoteScriptOptions): string {
  const { attached, relations, rights, schemas, views } = plan;
  const before = schemas.filter(({ logical }) => rights.has(logical));
  const production = before.flatMap(({ logical }) => relations.in(logical)).flatMap(({ oid }) => attached.get(oid) ?? []);
  const statements = [
    'BEGIN',
    `SET LOCAL lock_timeout = ${lockTimeoutMs}`,
    'SET LOCAL synchronous_commit = on',
    'SET LOCAL search_path = pg_catalog',
    `SET LOCAL idle_in_transaction_session_timeout = '10s'`,
    ...views.map(lockView),
    ...schemas.flatMap(({ logical, target }) => [rights.get(logical), rights.get(target)]).flatMap((known) => (known === undefined ? [] : [verifySchema(known)])),
    ...(production.length === 0 ? [] : [verifyAll(production)]),
    ...before.flatMap(({ logical, previous }) => [
      ...(rights.has(previous) ? [renameSchema({ schema: previous, to: trashOf(logical) })] : []),
      renameSchema({ schema: logical, to: previous }),
    ]),
    ...schemas.flatMap(({ logical, target }) => [renameSchema({ schema: target, to: logical }), createSchema({ schema: target })]),
    ...schemas.flatMap((schema) => schemaRights(schema, rights)),
    ...before.flatMap(({ logical, target }) => relationRights(logical, target, plan)),
    ...views.map(restoreView),
    ...before.flatMap(({ logical, previous }) => [renameRecordedSchema(logical, previous)]),
    ...schemas.flatMap(({ logical, target, previous }) => [
      renameRecordedSchema(target, logical),
      recordPromotion({ runId, kind: 'promote', schema: logical, previousSchema: rights.has(logical) ? previous : undefined }),
    ]),
    'COMMIT',
  ];
  return statements.join(';\n');
}

/** The new production gets what was granted on the old one; the new, empty target what was granted on the old target. */
function schemaRights({ logical, target }: PromotedSchema, rights: ReadonlyMap<string, SchemaRights>): readonly string[] {
  const production = rights.get(logical);
  const old = rights.get(target);
  return [
    ...(production === undefined ? [] : [...production.grants.map((grant) => grantOnSchema(logical, grant)), ownerOf(logical, production)]),
    ...(old === undefined ? [] : [...old.grants.map((grant) => grantOnSchema(target, grant)), ownerOf(target, old)]),
  ];
}

function ownerOf(schema: string, { owner }: SchemaRights): string {
  return `ALTER SCHEMA ${quoteIdentifier(schema)} OWNER TO ${quoteIdentifier(owner)}`;
}

function grantOnSchema(schema: string, { on, objects, creator, privilege, grantee, grantable }: SchemaGrant): string {
  const to = grantee === undefined ? 'PUBLIC' : quoteIdentifier(grantee);
  const option = grantable ? ' WITH GRANT OPTION' : '';
  if (on === 'schema') return `GRANT ${privilege} ON SCHEMA ${quoteIdentifier(schema)} TO ${to}${option}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(creator)} IN SCHEMA ${quoteIdentifier(schema)} GRANT ${privilege} ON ${objects} TO ${to}${option}`;
}

/** Grants and the like of each old table of production go to its successor; a table without a forerunner gets the default privileges. */
function relationRights(logical: string, target: string, { attached, relations, rights }: PromotePlan): readonly string[] {
  return relations.in(target).filter(({ kind }) => kind === 'table' || kind === 'view').flatMap((relation) => {
    const old = relations.get(logical, relation.name);
    const name = { schema: logical, name: relation.name, kind: relation.kind === 'view' ? 'view' : 'table' } as const;
    if (old !== undefined) {
      const described = new Set((attached.get(relation.oid)?.attachments ?? []).flatMap((own) => (own.kind === 'comment' ? [own.column] : [])));
      const carried = (attached.get(old.oid)?.attachments ?? []).filter((one) => one.kind !== 'comment' || !described.has(one.column));
      return carriedOver(name, carried);
    }
    const defaults = (rights.get(logical)?.grants ?? []).filter(({ on, objects, creator }) => on === 'default' && objects === 'TABLES' && creator === relation.owner);
    return carriedOver(name, defaults.map(({ privilege, grantee, grantable }) => ({ kind: 'grant', privilege, grantee, column: undefined, grantable })));
  });
}

