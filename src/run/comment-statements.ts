import type { ModelNode } from '../compile/index.js';
import { commentOn, quoteLiteral } from '../sql/index.js';

/** The descriptions of a model as COMMENTs; `column` undefined: that of the relation. A column that is not there is passed over: compiling warns of it where it can. */
export function commentStatements(
  { name, materialized, description, columns }: ModelNode,
  schema: string,
): readonly { readonly statement: string; readonly column: string | undefined }[] {
  const described = columns.filter((column) => column.description !== undefined);
  const own = description === undefined ? [] : [{ statement: commentOn({ kind: materialized, schema, name, comment: description }), column: undefined }];
  return [
    ...own,
    ...described.map((column) => ({
      statement: ifColumnExists(commentOn({ kind: 'column', schema, name, column: column.name, comment: column.description })),
      column: column.name,
    })),
  ];
}

function ifColumnExists(statement: string): string {
  return `DO ${quoteLiteral(`BEGIN ${statement}; EXCEPTION WHEN undefined_column THEN NULL; END`)}`;
}
