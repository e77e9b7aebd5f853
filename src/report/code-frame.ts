import type { Place } from '../diagnostics/index.js';
import type { Look } from './look.js';
import { displayWidth, glyphs } from './text-width.js';

const tabColumns = 4;
/** More lines than this are cut to the first ones: a place as long as a file is known by its beginning. */
const mostLines = 3;
const ellipsis = '…';
/** Characters that would move the cursor, or turn the reading direction, are shown as a replacement character. */
const unprintable = /^[\p{Control}\u202a-\u202e\u2066-\u2069]$/u;

interface ShownLine {
  readonly cells: readonly Cell[];
  readonly width: number;
}

/** A character of a line as it is shown. `end` is the UTF-16 offset in the source's line behind it. */
interface Cell {
  readonly text: string;
  readonly end: number;
  readonly column: number;
  readonly columns: number;
}

/**
 * The lines of source that a place touches, with carets below it; a place of no width has one caret.
 * Lines wider than `look.width` are cut around the place.
 */
export function codeFrame(place: Place, look: Look): string[] {
  const { file, start, end } = place;
  const first = file.position(start).line;
  const last = lastLine(place, first);
  const shownTo = last - first < mostLines ? last : first + mostLines - 2;
  const digits = String(shownTo).length;
  const gutter = (text: string): string => look.paint.cyan(`${text.padStart(digits)} |`);
  const lines = [gutter('')];
  for (let line = first; line <= shownTo; line += 1) {
    const text = file.line(line);
    const lineStart = file.lineStarts[line - 1] ?? 0;
    // What follows the first line begins where its text does: carets below indentation say nothing.
    const from = line === first ? start - lineStart : text.length - text.trimStart().length;
    const to = line === last ? end - lineStart : text.length;
    const { shown, carets } = cutAround(layOut(text), from, Math.max(from, to), look.width - digits - 5);
    lines.push(`${gutter(String(line))} ${shown}`.trimEnd());
    if (line === first || text.trim() !== '') lines.push(`${gutter('')} ${look.paint.red(carets)}`);
  }
  if (shownTo < last) lines.push(look.paint.cyan('...'));
  return lines;
}

/** A place that ends with a line break does not touch the line after it. */
function lastLine({ file, start, end }: Place, first: number): number {
  const { line } = file.position(end);
  return end > start && line > first && file.lineStarts[line - 1] === end ? line - 1 : line;
}

function layOut(text: string): ShownLine {
  let column = 0;
  const cells = glyphs(text).map((glyph) => {
    const end = glyph.start + glyph.text.length;
    const cell =
      glyph.text === '\t'
        ? blank(end, column, tabColumns - (column % tabColumns))
        : unprintable.test(glyph.text)
          ? { text: '\ufffd', end, column, columns: 1 }
          : { text: glyph.text, end, column, columns: glyph.columns };
    column += cell.columns;
    return cell;
  });
  return { cells, width: column };
}

function blank(end: number, column: number, columns: number): Cell {
  return { text: ' '.repeat(columns), end, column, columns };
}

/** The line and its carets, with what does not fit into `width` left out at either side of UTF-16 offset `from`. */
function cutAround(line: ShownLine, from: number, to: number, width: number): { shown: string; carets: string } {
  const caretFrom = columnAt(line, from);
  const caretTo = Math.max(caretFrom + 1, columnAt(line, to));
  if (line.width <= width) {
    return { shown: line.cells.map((cell) => cell.text).join(''), carets: carets(caretFrom, caretTo) };
  }
  const room = Math.max(10, width);
  const wanted = caretTo - caretFrom >= room ? caretFrom - 3 : caretFrom - Math.floor((room - (caretTo - caretFrom)) / 2);
  const windowFrom = Math.max(0, Math.min(wanted, line.width + 1 - room));
  const windowTo = windowFrom + room;
  const leftCut = windowFrom > 0;
  const rightCut = windowTo < line.width;
  const inner = line.cells.filter(
    (cell) =>
      cell.column >= windowFrom + (leftCut ? 1 : 0) && cell.column + cell.columns <= windowTo - (rightCut ? 1 : 0),
  );
  const innerFrom = inner[0]?.column ?? windowFrom;
  const shift = innerFrom - (leftCut ? 1 : 0);
  const shown = `${leftCut ? ellipsis : ''}${inner.map((cell) => cell.text).join('')}${rightCut ? ellipsis : ''}`;
  return { shown, carets: carets(caretFrom - shift, Math.min(caretTo - shift, displayWidth(shown) + 1)) };
}

function carets(from: number, to: number): string {
  return ' '.repeat(Math.max(0, from)) + '^'.repeat(Math.max(1, to - from));
}

/** The column where the character that holds a UTF-16 offset begins; the line's width behind its end. */
function columnAt(line: ShownLine, offset: number): number {
  return line.cells.find((cell) => offset < cell.end)?.column ?? line.width;
}
