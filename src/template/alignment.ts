const blanks = /\s+/g;
const blank = /\s/;
const wordCharacter = /\w/;

/**
 * Where in the text before a filter the character at `offset` of the text after it came from. Exact for filters that change
 * only white space or case (`indent`, `trim`, `upper`); otherwise as near as what the two texts share at their ends, and then
 * the word at the place, tell.
 */
export function align(after: string, before: string, offset: number): number {
  if (after === before) return offset;
  if (withoutBlanks(after) === withoutBlanks(before)) return alignByInk(after, before, offset);
  const found = alignByEnds(after.toLowerCase(), before.toLowerCase(), offset);
  return Math.min(Math.max(found, 0), before.length);
}

function withoutBlanks(text: string): string {
  return text.replace(blanks, '').toLowerCase();
}

/** The texts differ in white space alone: counts the characters that are none. */
function alignByInk(after: string, before: string, offset: number): number {
  let ink = 0;
  for (let at = 0; at < offset; at += 1) if (!blank.test(after.charAt(at))) ink += 1;
  for (let at = 0; at < before.length; at += 1) {
    if (blank.test(before.charAt(at))) continue;
    if (ink === 0) return at;
    ink -= 1;
  }
  return before.length;
}

function alignByEnds(after: string, before: string, offset: number): number {
  const shorter = Math.min(after.length, before.length);
  let prefix = 0;
  while (prefix < shorter && after[prefix] === before[prefix]) prefix += 1;
  if (offset < prefix) return offset;
  let suffix = 0;
  while (suffix < shorter - prefix && after[after.length - 1 - suffix] === before[before.length - 1 - suffix]) suffix += 1;
  if (offset >= after.length - suffix) return offset - after.length + before.length;
  return alignByWord(after, before, offset) ?? prefix;
}

/** The n-th occurrence of the word at `offset` is taken for the n-th one before. */
function alignByWord(after: string, before: string, offset: number): number | undefined {
  let start = offset;
  while (start > 0 && wordCharacter.test(after.charAt(start - 1))) start -= 1;
  let end = offset;
  while (end < after.length && wordCharacter.test(after.charAt(end))) end += 1;
  const word = after.slice(start, Math.max(end, start + 1));
  const index = occurrences(after, word).indexOf(start);
  const candidates = occurrences(before, word);
  const found = index < 0 ? undefined : candidates[Math.min(index, candidates.length - 1)];
  return found === undefined ? undefined : found + offset - start;
}

function occurrences(text: string, word: string): number[] {
  const found: number[] = [];
  if (word === '') return found;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) found.push(at);
  return found;
}
