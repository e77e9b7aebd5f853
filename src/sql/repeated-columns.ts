import { nodeAt, nodesAt, stringAt, tagged, untag } from './ast.js';
import { type OutputColumn, outputColumns } from './output-columns.js';
import type { AstNode, ParsedSql } from './parsed-sql.js';

/**
 * The columns of a text's only query whose name an earlier one has, the first of each name: no table can be made of such a query.
 * None where a star hides what the columns are.
 */
export function repeatedColumns(sql: ParsedSql): readonly OutputColumn[] {
  const [statement] = sql.statements;
  if (statement === undefined || !mayRepeat(statement.node)) return [];
  const seen = new Map<string, number>();
  return (outputColumns(sql, () => undefined) ?? []).filter(({ name }) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 2;
  });
}

/** Tells of most queries without working out their columns, which takes a while, that no name occurs twice. */
function mayRepeat(query: AstNode): boolean {
  let first = query;
  for (let arm = nodeAt(first, 'larg'); arm !== undefined; arm = nodeAt(arm, 'larg')) first = arm;
  const names = new Set<string>();
  for (const target of nodesAt(first, 'targetList')) {
    const name = plainName(untag(target, 'ResTarget') ?? target);
    if (name === undefined || names.has(name)) return true;
    names.add(name);
  }
  return false;
}

/** An alias, or the name of a column; undefined where the name follows from an expression. */
function plainName(target: AstNode): string | undefined {
  const alias = stringAt(target, 'name');
  if (alias !== undefined) return alias;
  const [tag, node] = tagged(target['val']) ?? [];
  const field = tag === 'ColumnRef' && node !== undefined ? nodesAt(node, 'fields').at(-1) : undefined;
  return field === undefined ? undefined : stringAt(untag(field, 'String') ?? {}, 'sval');
}
