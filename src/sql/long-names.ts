import { skipTrivia, tokenEnd } from './lexer.js';
import { byteLength, maxIdentifierBytes } from './quoting.js';

/** A name that Postgres would cut. Offsets are UTF-16. */
interface LongName {
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

/** No shorter stretch of UTF-16 can have more bytes than a name may: no unit has more than three. */
const suspects = /[\w$\u0080-\uffff]{22,}|"(?:[^"]|""){22,}/g;
const nameStart = /[A-Za-z_"\u0080-\uffff]/;

/** The names of more than 63 bytes in a text that the parser has accepted, but for those in strings and comments. */
export function longNames(text: string): readonly LongName[] {
  if (!mayHoldLongNames(text)) return [];
  const found: LongName[] = [];
  for (let start = skipTrivia(text, 0), end = 0; start < text.length; start = skipTrivia(text, end)) {
    end = tokenEnd(text, start);
    const token = text.slice(start, end);
    if (!nameStart.test(token.charAt(0)) || token.endsWith("'")) continue;
    const bytes = byteLength(token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token);
    if (bytes > maxIdentifierBytes) found.push({ bytes, start, end });
  }
  return found;
}

/** Nearly every text has none, and this tells without looking for where strings begin and end. */
function mayHoldLongNames(text: string): boolean {
  for (const [match] of text.matchAll(suspects)) if (byteLength(match) > maxIdentifierBytes) return true;
  return false;
}
