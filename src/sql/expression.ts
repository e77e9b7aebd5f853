import { nodesAt } from './ast.js';
import { contentEnd } from './lexer.js';
import type { ParsedSql, References, SqlSyntaxError } from './parsed-sql.js';
import { parseSql, type SqlParse } from './parse-sql.js';
import { references } from './references.js';

const opening = 'select (';

export type ExpressionParse =
  | { readonly ok: true; /** What the expression's subqueries read; offsets into the expression. */ readonly references: References }
  | { readonly ok: false; readonly error: SqlSyntaxError };

/**
 * Checks that a text is one SQL expression, so that it can be put between parentheses and mean what it says. Two readings see to that:
 * without parentheses none of its own can close what it did not open (`1) union select (2`), and within them it can be nothing but an
 * expression (`a from b`). Whoever uses the text must put a line break after it, since it may end in a comment.
 */
export function parseExpression(text: string): ExpressionParse {
  const bare = parseWithin('select ', text, '');
  if (!bare.ok) return bare;
  const enclosed = parseWithin(opening, text, '\n)');
  if (!enclosed.ok) return enclosed;
  if (targetCount(bare.sql) !== 1) return { ok: false, error: { message: 'this is more than one expression', offset: 0, end: 0, hint: undefined } };
  const { tables, columns, ctes } = references(enclosed.sql);
  return { ok: true, references: { tables: tables.map(moveBack), columns: columns.map(moveBack), ctes } };
}

function moveBack<T extends { readonly start: number; readonly end: number }>(found: T): T {
  return { ...found, start: found.start - opening.length, end: found.end - opening.length };
}

function parseWithin(before: string, text: string, after: string): SqlParse {
  const parse = parseSql(before + text + after);
  if (parse.ok) return parse;
  const { message, hint } = parse.error;
  const offset = Math.max(0, parse.error.offset - before.length);
  const end = contentEnd(text, 0, text.length);
  const within = Math.max(offset, Math.min(parse.error.end - before.length, end));
  // What follows the text is ours: nobody should read of a parenthesis that he did not write.
  if (offset <= end && !message.endsWith('at end of input')) return { ok: false, error: { message, offset, end: within, hint } };
  return { ok: false, error: { message: 'syntax error at end of input', offset: end, end, hint: undefined } };
}

function targetCount(sql: ParsedSql): number {
  const [statement] = sql.statements;
  return sql.statements.length === 1 && statement !== undefined ? nodesAt(statement.node, 'targetList').length : 0;
}
