import { type ParsedSql, parseSql } from '../../../src/sql/index.js';

export function mustParse(text: string): ParsedSql {
  const parse = parseSql(text);
  if (!parse.ok) throw new Error(`${parse.error.message} at ${parse.error.offset}`);
  return parse.sql;
}
