/**
 * As much of Postgres's lexical rules as is needed to find where names, comments and statements begin and end in a text
 * that the parser has accepted. All offsets are UTF-16.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */

const space = /[ \t\n\r\f\v]*/y;
const lineComment = /[^\n\r]*/y;
const commentMark = /\/\*|\*\//g;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number = /\d[\w.]*/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const uescape = /uescape/iy;

/** The first offset from `at` on that is neither white space nor comment; the text's length where there is none. */
export function skipTrivia(text: string, at: number): number {
  let position = at;
  for (;;) {
    position = matchEnd(space, text, position);
    if (text.startsWith('--', position)) position = matchEnd(lineComment, text, position);
    else if (text.startsWith('/*', position)) position = blockCommentEnd(text, position);
    else return position;
  }
}

/** Where the name that begins at `at` ends, an UESCAPE clause included; undefined where no name begins. */
export function identifierEnd(text: string, at: number): number | undefined {
  if (text[at] === '"') return quotedEnd(text, at);
  if (/^u&"/i.test(text.slice(at, at + 3))) {
    const end = quotedEnd(text, at + 2);
    const clause = skipTrivia(text, end);
    const afterWord = matchEnd(uescape, text, clause);
    return afterWord === clause ? end : quotedEnd(text, skipTrivia(text, afterWord));
  }
  const end = matchEnd(word, text, at);
  return end === at ? undefined : end;
}

/** Where the text from `start` to `end` stops saying anything: trailing white space and comments are left out. */
export function contentEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && isSpace(text.charCodeAt(last - 1))) last -= 1;
  const line = Math.max(start, text.lastIndexOf('\n', last - 1) + 1, text.lastIndexOf('\r', last - 1) + 1);
  const mayEndInComment = text.endsWith('*/', last) || text.slice(line, last).includes('--');
  return mayEndInComment ? lastTokenEnd(text, start, last) : last;
}

function lastTokenEnd(text: string, start: number, end: number): number {
  let last = start;
  for (let at = skipTrivia(text, start); at < end; at = skipTrivia(text, last)) last = tokenEnd(text, at);
  return Math.min(last, end);
}

/** Where the string, name, number or single character ends that begins at `at`. */
export function tokenEnd(text: string, at: number): number {
  switch (text.charAt(at)) {
    case "'":
    case '"':
      return quotedEnd(text, at);
    case '$': {
      const open = matchEnd(dollarTag, text, at);
      if (open === at) return at + 1;
      const close = text.indexOf(text.slice(at, open), open);
      return close < 0 ? text.length : close + open - at;
    }
    case 'e':
    case 'E':
      if (text[at + 1] === "'") return escapedEnd(text, at + 1);
  }
  const end = matchEnd(word, text, at);
  return end > at ? end : Math.max(at + 1, matchEnd(number, text, at));
}

/** Where the string or quoted name ends whose opening quote is at `at`; a doubled quote stands for itself. */
function quotedEnd(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let close = text.indexOf(quote, at + 1); close >= 0; close = text.indexOf(quote, close + 2)) {
    if (text[close + 1] !== quote) return close + 1;
  }
  return text.length;
}

function escapedEnd(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === "'" && text[index + 1] === "'") index += 1;
    else if (text[index] === "'") return index + 1;
  }
  return text.length;
}

/** Block comments nest. */
function blockCommentEnd(text: string, at: number): number {
  let depth = 0;
  commentMark.lastIndex = at;
  for (let mark = commentMark.exec(text); mark !== null; mark = commentMark.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return commentMark.lastIndex;
  }
  return text.length;
}

/** The end of a sticky pattern's match at `at`; `at` itself where it does not match. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Not JavaScript's idea of white space: to Postgres a no-break space is a letter. */
function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
