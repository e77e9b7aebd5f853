import { quoteIdentifier, quoteLiteral, relationName } from '../quoting.js';

export interface CommentOn {
  readonly kind: 'table' | 'view' | 'column';
  readonly schema: string;
  /** The relation's, for a column too. */
  readonly name: string;
  /** Only with the kind `column`. */
  readonly column?: string | undefined;
  /** undefined takes the comment away. */
  readonly comment: string | undefined;
}

/** https://www.postgresql.org/docs/current/sql-comment.html */
export function commentOn({ kind, schema, name, column, comment }: CommentOn): string {
  const relation = relationName(schema, name);
  const object = column === undefined ? relation : `${relation}.${quoteIdentifier(column)}`;
  return `comment on ${kind} ${object} is ${comment === undefined ? 'null' : quoteLiteral(comment)}`;
}
