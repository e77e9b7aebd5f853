import { isNode, nodesAt, numberAt, tagged } from './ast.js';
import { parseDeep } from './deep-parse.js';
import { contentEnd, skipTrivia } from './lexer.js';
import type { AstNode, ParsedSql, SqlSyntaxError, Statement } from './parsed-sql.js';
import { loadInstances, type RawParse, tryParse } from './parser-instance.js';
import { byteOffsets, codePointOffset } from './positions.js';

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
  if (nul >= 0) return { ok: false, error: { message: 'SQL cannot hold a NUL character', offset: nul } };
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

function syntaxError(text: string, raw: Exclude<RawParse, { readonly json: string }>): SqlSyntaxError {
  if (raw.position <= 0) return { message: raw.message, offset: Math.min(skipTrivia(text, 0), text.length) };
  const offset = codePointOffset(text, raw.position - 1);
  const atEnd = raw.message.endsWith('at end of input');
  return { message: raw.message, offset: atEnd ? contentEnd(text, 0, text.length) : offset };
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
