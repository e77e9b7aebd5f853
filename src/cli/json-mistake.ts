/** Where and why a text is not JSON. Offsets are UTF-16, `end` is exclusive. */
export interface JsonMistake {
  readonly message: string;
  readonly offset: number;
  readonly end: number;
}

const token =
  /[ \t\n\r]*(?:([{}[\]:,])|("(?:[^"\\\p{Control}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b))/uy;
const space = /[ \t\n\r]*/y;
/** A run of what people take for one word. */
const word = /[^\s,:{}[\]]+/y;

type Expected = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'comma' | 'end';

const wanted: Readonly<Record<Expected, string>> = {
  value: 'a value',
  'first value': 'a value or "]"',
  name: 'a name in double quotes',
  'first name': 'a name in double quotes or "}"',
  colon: 'a colon',
  comma: 'a comma or the closing bracket',
  end: 'the end',
};

/**
 * The first mistake in a text that should be JSON; undefined where it is JSON. `JSON.parse` tells the place of some mistakes
 * only, and differently from one version of Node to the next.
 */
export function jsonMistake(text: string): JsonMistake | undefined {
  if (isJson(text)) return undefined;
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match: RegExpExecArray | null = token.exec(text);
    const [whole = '', mark, string, scalar] = match ?? [];
    const next: Expected | undefined = match === null ? undefined : step(expected, open, mark, string, scalar);
    if (next === undefined) return mistakeAt(text, at, expected);
    expected = next;
    at += whole.length;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What may follow a token, undefined where the token itself was not to be expected. Changes `open`. */
function step(
  expected: Expected,
  open: ('{' | '[')[],
  mark: string | undefined,
  string: string | undefined,
  scalar: string | undefined,
): Expected | undefined {
  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'comma');
  const close = (bracket: '{' | '['): Expected | undefined => (open.pop() === bracket ? afterValue() : undefined);
  switch (expected) {
    case 'first value':
    case 'value':
      if (mark === '{' || mark === '[') {
        open.push(mark);
        return mark === '{' ? 'first name' : 'first value';
      }
      if (mark === ']' && expected === 'first value') return close('[');
      return string === undefined && scalar === undefined ? undefined : afterValue();
    case 'first name':
    case 'name':
      if (mark === '}' && expected === 'first name') return close('{');
      return string === undefined ? undefined : 'colon';
    case 'colon':
      return mark === ':' ? 'value' : undefined;
    case 'comma':
      if (mark === ',') return open.at(-1) === '{' ? 'name' : 'value';
      return mark === '}' && open.at(-1) === '{' ? close('{') : mark === ']' && open.at(-1) === '[' ? close('[') : undefined;
    case 'end':
      return undefined;
    default:
      return undefined;
  }
}

function mistakeAt(text: string, from: number, expected: Expected): JsonMistake {
  space.lastIndex = from;
  const offset = from + (space.exec(text)?.[0].length ?? 0);
  word.lastIndex = offset;
  const found = word.exec(text)?.[0] ?? text.slice(offset, offset + 1);
  if (found === '') return { message: `it ends where ${wanted[expected]} should follow`, offset, end: offset };
  return { message: `${JSON.stringify(found)} where ${wanted[expected]} should be`, offset, end: offset + found.length };
}
