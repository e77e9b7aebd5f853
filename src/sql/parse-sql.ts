import { isNode, nodesAt, numberAt, tagged } from './ast.js';
import { parseDeep } from './deep-parse.js';
import { contentEnd, skipTrivia } from './lexer.js';
import type { AstNode, ParsedSql, SqlSyntaxError, Statement } from './parsed-sql.js';
import { loadInstances, type RawParse, tryParse } from './parser-instance.js';
import { byteOffsets, codePointOffset } from './positions.js';
import { syntaxHint } from './syntax-hint.js';

export type SqlParse =
  | { readonly ok: true; readonly sql: ParsedSql }
  | { readonly ok: false; readonly error: SqlSyntaxError };

const tooDeep = 'the SQL nests too deeply for the parser';

/** Loads Postgres's parser (WASM, some 20 ms). Must be awaited before the first `parseSql`; later calls cost nothing. */
export function loadParser(): Promise<void> {
  return loadInstances();
}

/** Reads a text of SQL as Postgres 18 does. A text without a statement (empty, only comments) is good, with none. */
export function parseSql(text: string): SqlParse {
  const nul = text.indexOf('\0');
  if (nul >= 0) return { ok: false, error: { message: 'SQL cannot hold a NUL character', offset: nul, end: nul + 1, hint: undefined } };
  const raw = tryParse(text) ?? parseDeep(text) ?? { message: tooDeep, position: 0 };
  if (!('json' in raw)) return { ok: false, error: syntaxError(text, raw) };
  const tree: unknown = JSON.parse(raw.json);
  const statements: Statement[] = [];
  const sql: ParsedSql = { text, statements };
  for (const node of isNode(tree) ? nodesAt(tree, 'stmts') : []) {
    const statement = readStatement(sql, node);
    if (statement !== undefined) statements.push(statement);
  }
  return { ok: true, sql };
}

const nearToken = / at or near "([^]*)"$/;
/** What opens a string, a name or a comment that is never closed. */
const opener = /\/\*|\$\w*\$|[eEbBxXnN]?'|"/y;

function syntaxError(text: string, raw: Exclude<RawParse, { readonly json: string }>): SqlSyntaxError {
  const { message, position } = raw;
  const found = position > 0 ? codePointOffset(text, position - 1) : Math.min(skipTrivia(text, 0), text.length);
  const offset = position > 0 && message.endsWith('at end of input') ? contentEnd(text, 0, text.length) : found;
  const plain = message.replace(nearToken, '');
  // What is not closed goes on to the end of the file: too much to repeat.
  if (message.startsWith('unterminated')) return { message: plain, offset, end: openerEnd(text, offset), hint: undefined };
  if (message.startsWith('memory exhausted')) return { message: tooDeep, offset, end: offset, hint: undefined };
  const token = nearToken.exec(message)?.[1] ?? '';
  const end = text.startsWith(token, offset) ? offset + token.length : offset;
  return { message, offset, end, hint: syntaxHint(text, offset, message) };
}

function openerEnd(text: string, offset: number): number {
  opener.lastIndex = offset;
  return opener.test(text) ? opener.lastIndex : offset;
}

/** The parser's length of a statement may hold trailing comments; the last one has none when no semicolon follows. */
function readStatement(sql: ParsedSql, raw: AstNode): Statement | undefined {
  const { text } = sql;
  const toOffset = byteOffsets(sql);
  const [kind, node] = tagged(raw['stmt']) ?? [];
  if (kind === undefined || node === undefined) return undefined;
  const location = numberAt(raw, 'stmt_location');
  const length = numberAt(raw, 'stmt_len');
  const start = skipTrivia(text, toOffset(location));
  const limit = length === 0 ? text.length : toOffset(location + length);
  return { kind, node, start, end: contentEnd(text, start, limit) };
}
