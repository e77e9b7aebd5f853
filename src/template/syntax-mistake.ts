import { type Diagnostic, error, type Place, type SourceFile } from '../diagnostics/index.js';
import type { Token } from './nunjucks-internals.js';
import { placeOfToken } from './places.js';

/** Leaves the parser with a mistake of the author's. */
export class SyntaxMistake extends Error {
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.name = 'SyntaxMistake';
  }
}

/** What people write who know another language. */
const habits: ReadonlyMap<unknown, string> = new Map([
  ['=', 'Write "==" to compare.'],
  ['&&', 'Write "and".'],
  ['&', 'Write "and".'],
  ['|', 'Write "or" for a choice, or a filter\'s name after one "|".'],
  ['?', 'Write "a if condition else b".'],
  ['!', 'Write "not".'],
]);

/** `expected "}}", found "y"`; `token` is null at the end of the file. */
export function expected(what: string, token: Token | null, file: SourceFile, hint?: string): SyntaxMistake {
  if (token === null) return expectedAt(what, 'the end of the file', file.place(file.text.length));
  return expectedAt(what, show(token), placeOfToken(file, token), hint ?? habits.get(token.value));
}

export function expectedAt(what: string, found: string, place: Place, hint?: string): SyntaxMistake {
  return new SyntaxMistake(error('DBL1201', `expected ${what}, found ${found}`, place, hint === undefined ? {} : { hint }));
}

export function habit(found: string): string | undefined {
  return habits.get(found);
}

function show(token: Token): string {
  if (token.type === 'string') return 'a string';
  if (token.type === 'regex') return 'a regular expression';
  return `"${String(token.value)}"`;
}
