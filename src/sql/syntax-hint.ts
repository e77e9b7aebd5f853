import { contentEnd } from './lexer.js';

const backtickName = /`[^`\n]*`/;
const bracketName = /(?<![\w\])"])\[[a-z_][^\]\n]*\]/i;
const topClause = /\btop\s*\(?$/i;

/** What the author probably meant, from what stands at and before the place of a syntax error; undefined where that is anybody's guess. */
export function syntaxHint(text: string, offset: number, message: string): string | undefined {
  if (message.startsWith('LIMIT #,#')) return 'Write "LIMIT count OFFSET start".';
  if (!message.startsWith('syntax error')) return undefined;
  const before = text.slice(0, contentEnd(text, 0, offset));
  const line = lineAround(text, offset);
  if (before.endsWith(',')) return 'Is the comma before it one too many?';
  if (text[offset] === '\\') return 'Commands of psql, which begin with "\\", are not SQL.';
  if (text[offset] === ':' && text[offset + 1] !== ':') return 'A variable is written {{ var(\'name\') }}.';
  if (topClause.test(before)) return 'Write "LIMIT count" at the end of the query.';
  return backtickName.test(line) || bracketName.test(line) ? 'A name that needs quotes is written in double quotes.' : undefined;
}

/** The line of a place, or as much of it as is near. */
function lineAround(text: string, offset: number): string {
  const near = text.slice(Math.max(0, offset - 200), offset + 200);
  const middle = Math.min(offset, 200);
  const end = near.indexOf('\n', middle);
  return near.slice(near.lastIndexOf('\n', middle - 1) + 1, end < 0 ? undefined : end);
}
