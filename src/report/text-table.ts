import type { Look } from './look.js';
import { cutToWidth, displayWidth, padEnd, padStart } from './text-width.js';

/** Rows of a query, every value as the server prints it. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const numeric = /^[+-]?(\d[\d,]*(\.\d*)?|\.\d+)(e[+-]?\d+)?%?$/i;
const escapable = /[\p{Control}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** Columns are not cut to less than this before whole columns are left out. */
const narrowest = 12;

/**
 * Rows as psql would print them: numbers to the right, NULL spelled out, line breaks and control characters escaped.
 * What is wider than `look.width` has its widest cells cut, and then its last columns left out.
 */
export function formatTable({ columns, rows }: Rows, look: Look): string {
  const cells = rows.map((row) => columns.map((_, index) => show(row[index] ?? null)));
  const titles = columns.map(show);
  const natural = titles.map((title, index) =>
    Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[index] ?? ''))),
  );
  const widths = fit(natural, look.width);
  const right = columns.map((_, index) => isNumeric(rows, index));
  const line = (texts: readonly string[], paint: (text: string, index: number) => string): string =>
    widths
      .map((width, index) => {
        const text = cutToWidth(texts[index] ?? '', width);
        return ` ${paint(right[index] === true ? padStart(text, width) : padEnd(text, width), index)} `;
      })
      .join('|')
      .trimEnd();
  const lines = [
    line(titles, (text) => look.paint.bold(text)),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...cells.map((row, at) => line(row, (text, index) => (rows[at]?.[index] == null ? look.paint.dim(text) : text))),
  ];
  const leftOut = columns.slice(widths.length).map(show);
  if (leftOut.length > 0) lines.push(`(not shown, for want of width: ${leftOut.join(', ')})`);
  return lines.join('\n');
}

/** A list in columns, each as wide as its widest cell, with two blanks between; the last is not padded. */
export function formatColumns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, index) =>
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), 0),
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => (right.includes(index) ? padStart : padEnd)(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function show(value: string | null): string {
  if (value === null) return 'NULL';
  return value.replaceAll(escapable, (character) => escapes[character] ?? `\\u${hex(character)}`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
}

function isNumeric(rows: Rows['rows'], index: number): boolean {
  const values = rows.map((row) => row[index] ?? null).filter((value) => value !== null);
  return values.length > 0 && values.every((value) => numeric.test(value));
}

/** The widths of as many columns as `available` holds; the widest give way first. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, width) => sum + width + 3, -1);
  while (total() > available) {
    const widest = Math.max(...widths);
    if (widest > narrowest) {
      const rivals = widths.filter((width) => width < widest);
      const floor = Math.max(narrowest, ...rivals);
      const sharers = widths.length - rivals.length;
      const cut = Math.min(widest - floor, Math.max(1, Math.ceil((total() - available) / sharers)));
      for (const [index, width] of widths.entries()) if (width === widest) widths[index] = width - cut;
    } else if (widths.length > 1) widths.pop();
    else break;
  }
  return widths;
}
