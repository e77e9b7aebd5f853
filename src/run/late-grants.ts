import { type Attachment, grantLocksSince, ServerError, type Session } from '../postgres/index.js';
import { grant, quoteIdentifier, relationName } from '../sql/index.js';
import type { PublishItem } from './publish-script.js';

type Grant = Extract<Attachment, { readonly kind: 'grant' }>;

/** A table that a publish has moved to the trash, with the grants that it had at that moment. */
export interface Replaced {
  readonly schema: string;
  readonly name: string;
  readonly trash: string;
  readonly grants: readonly Grant[];
}

/** What the publish of these items has moved to the trash and left there. */
export function replacedTables(items: readonly PublishItem[], trashOf: (schema: string) => string): readonly Replaced[] {
  return items.flatMap(({ attached, existing, name, schema }) => {
    if (attached === undefined || existing === undefined || existing.kind === 'view') return [];
    const grants = attached.attachments.filter((attachment) => attachment.kind === 'grant');
    return [{ schema, name, trash: trashOf(schema), grants }];
  });
}

/**
 * Does on the new tables what GRANT and REVOKE did to the old ones after these were replaced: where such a statement takes no lock, it may have found
 * the old table by its name just before the publish committed. To be called when no statement runs any more that began before that.
 */
export async function carryLateGrants(session: Session, replaced: readonly Replaced[]): Promise<void> {
  if (session.serverVersion >= grantLocksSince || replaced.length === 0) return;
  const found = await readGrants(session, [...new Set(replaced.map(({ trash }) => trash))]);
  for (const { grants, name, schema, trash } of replaced) {
    const now = found.get(keyOf(trash, name)) ?? [];
    const key = (one: Grant): string => JSON.stringify([one.column, one.grantee, one.privilege, one.grantable]);
    const [before, after] = [new Set(grants.map(key)), new Set(now.map(key))];
    const statements = [
      ...grants.filter((one) => !after.has(key(one))).map((one) => revoke(schema, name, one)),
      ...now.filter((one) => !before.has(key(one))).map((one) => grant({ schema, name, ...one })),
    ];
    for (const statement of statements) await tryOut(session, statement);
  }
}

/** Where the new table lacks the column, or is gone by now, there is nothing to carry. */
async function tryOut(session: Session, statement: string): Promise<void> {
  try {
    await session.query(statement);
  } catch (problem) {
    if (!(problem instanceof ServerError)) throw problem;
  }
}

async function readGrants(session: Session, schemas: readonly string[]): Promise<ReadonlyMap<string, readonly Grant[]>> {
  const { rows } = await session.query(
    `SELECT n.nspname AS schema, c.relname AS name, acl.attname AS column, CASE g.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(g.grantee) END AS grantee, g.privilege_type AS privilege, g.is_grantable AS grantable
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT NULL::name AS attname, c.relacl AS acl UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped) AS acl
    CROSS JOIN LATERAL aclexplode(acl.acl) AS g
    WHERE n.nspname = ANY ($1::text[]) AND c.relkind = 'r' AND (acl.attname IS NOT NULL OR g.grantee <> c.relowner)
    ORDER BY 1, 2, 3, 4, 5`,
    [schemas],
  );
  const grants = new Map<string, Grant[]>();
  for (const row of rows) {
    const key = keyOf(row['schema'] ?? '', row['name'] ?? '');
    const one: Grant = {
      kind: 'grant',
      privilege: row['privilege'] ?? '',
      grantee: row['grantee'] ?? undefined,
      column: row['column'] ?? undefined,
      grantable: row['grantable'] === 't',
    };
    grants.set(key, [...(grants.get(key) ?? []), one]);
  }
  return grants;
}

function revoke(schema: string, name: string, { column, grantee, privilege }: Grant): string {
  const what = column === undefined ? privilege : `${privilege} (${quoteIdentifier(column)})`;
  return `revoke ${what} on ${relationName(schema, name)} from ${grantee === undefined ? 'public' : quoteIdentifier(grantee)}`;
}

/** Names may hold dots. */
function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
