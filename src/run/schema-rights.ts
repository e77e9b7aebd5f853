import type { SchemaGrant, SchemaRights } from '../postgres/index.js';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';

/** Gives a schema that was just made the owner, the comment, the grants and the default privileges of another. */
export function giveRights(schema: string, { comment, grants, owner }: SchemaRights): readonly string[] {
  return [...(comment === undefined ? [] : [commentOnSchema(schema, comment)]), ...grants.map((grant) => give(schema, grant)), ownedBy(schema, owner)];
}

/** Gives a schema exactly what another has, and takes from it what only the schema itself has; `own`: what it has now. */
export function replaceRights(schema: string, own: SchemaRights | undefined, wanted: SchemaRights): readonly string[] {
  const keep = new Set(wanted.grants.map(keyOf));
  const there = new Set(own?.grants.map(keyOf));
  return [
    ...(own?.comment === wanted.comment ? [] : [commentOnSchema(schema, wanted.comment)]),
    ...(own?.grants ?? []).filter((grant) => !keep.has(keyOf(grant))).map((grant) => take(schema, grant)),
    ...wanted.grants.filter((grant) => !there.has(keyOf(grant))).map((grant) => give(schema, grant)),
    ...(own?.owner === wanted.owner ? [] : [ownedBy(schema, wanted.owner)]),
  ];
}

function keyOf({ on, objects, creator, privilege, grantee, grantable }: SchemaGrant): string {
  return JSON.stringify([on, objects, creator, privilege, grantee, grantable]);
}

function give(schema: string, grant: SchemaGrant): string {
  return `${subject(schema, grant)} GRANT ${what(schema, grant)} TO ${roleOf(grant)}${grant.grantable ? ' WITH GRANT OPTION' : ''}`.trimStart();
}

function take(schema: string, grant: SchemaGrant): string {
  return `${subject(schema, grant)} REVOKE ${what(schema, grant)} FROM ${roleOf(grant)} CASCADE`.trimStart();
}

function subject(schema: string, { on, creator }: SchemaGrant): string {
  return on === 'schema' ? '' : `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoteIdentifier(creator)} IN SCHEMA ${quoteIdentifier(schema)}`;
}

function what(schema: string, { on, objects, privilege }: SchemaGrant): string {
  return `${privilege} ON ${on === 'schema' ? `SCHEMA ${quoteIdentifier(schema)}` : objects}`;
}

function roleOf({ grantee }: SchemaGrant): string {
  return grantee === undefined ? 'PUBLIC' : quoteIdentifier(grantee);
}

function ownedBy(schema: string, owner: string): string {
  return `ALTER SCHEMA ${quoteIdentifier(schema)} OWNER TO ${quoteIdentifier(owner)}`;
}

function commentOnSchema(schema: string, comment: string | undefined): string {
  return `COMMENT ON SCHEMA ${quoteIdentifier(schema)} IS ${comment === undefined ? 'NULL' : quoteLiteral(comment)}`;
}
