import { unreachable } from '../diagnostics/index.js';
import type { Attachment } from '../postgres/index.js';
import { commentOn, grant, quoteIdentifier, relationName } from '../sql/index.js';

export type View = Extract<Attachment, { readonly kind: 'view' }>;

/** Takes the lock that replacing a view needs, and changes nothing; `LOCK TABLE` on a view would lock what it reads as well. */
export function lockView({ schema, name, owner }: Pick<View, 'schema' | 'name'> & { /** undefined: we. */ readonly owner: string | undefined }): string {
  return `ALTER VIEW ${relationName(schema, name)} OWNER TO ${owner === undefined ? 'CURRENT_USER' : quoteIdentifier(owner)}`;
}

/** Takes back from a relation newly made what default privileges have given to others. */
export function withoutGrants({ schema, name }: Pick<View, 'schema' | 'name'>, grants: readonly Attachment[]): readonly string[] {
  const grantees = new Set(grants.flatMap((one) => (one.kind === 'grant' ? [one.grantee === undefined ? 'PUBLIC' : quoteIdentifier(one.grantee)] : [])));
  return grantees.size === 0 ? [] : [`REVOKE ALL ON ${relationName(schema, name)} FROM ${[...grantees].join(', ')}`];
}

/** Points a view at whatever now has the names that it reads. Keeps its OID, and with it grants, comments and views on it. */
export function restoreView({ schema, name, options, query }: View): string {
  return `CREATE OR REPLACE VIEW ${relationName(schema, name)}${options === '' ? '' : ` WITH (${options})`} AS ${query}`;
}

/** Puts owner, options, grants and comments of an old relation on a new one. Views and indexes are dealt with elsewhere. */
export function carriedOver(
  { kind, schema, name }: { readonly kind: 'table' | 'view'; readonly schema: string; readonly name: string },
  attachments: readonly Attachment[],
): readonly string[] {
  const relation = relationName(schema, name);
  // The owner last: only who owns the relation now may grant on it.
  const ordered = attachments.toSorted((a, b) => Number(a.kind === 'owner') - Number(b.kind === 'owner'));
  return ordered.flatMap((attachment): readonly string[] => {
    switch (attachment.kind) {
      case 'grant':
        return [grant({ schema, name, ...attachment })];
      case 'comment':
        return attachment.column === undefined
          ? [commentOn({ kind, schema, name, comment: attachment.text })]
          : [commentOn({ kind: 'column', schema, name, column: attachment.column, comment: attachment.text })];
      case 'options':
        return [`ALTER ${kind} ${relation} SET (${attachment.options})`];
      case 'owner':
        return [`ALTER ${kind} ${relation} OWNER TO ${quoteIdentifier(attachment.owner)}`];
      case 'view':
      case 'index':
      case 'obstacle':
        return [];
      default:
        return unreachable(attachment);
    }
  });
}
