/** A position for people: both count from 1, `column` in code points (so an emoji is one column). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A stretch of a source file, as UTF-16 offsets into `file.text`; `end` is exclusive and may equal `start`. */
export interface Place {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** A text file of the user's, and the arithmetic between offsets and positions in it. */
export class SourceFile {
  /** Relative to the project's folder, with `/` on every platform. */
  readonly path: string;
  /** The content without a byte-order mark. */
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /** UTF-16 offset at which each line begins; computed on first use, since most files never need it. */
  get lineStarts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }

  /** Offset of a line and a UTF-16 column, both counted from 0, as Nunjucks and YAML give them. */
  offsetAt(line: number, column: number): number {
    const start = this.lineStarts[line] ?? this.text.length;
    return Math.min(start + column, this.text.length);
  }

  position(offset: number): Position {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const before = this.text.slice(starts[low] ?? 0, offset);
    return { line: low + 1, column: countCodePoints(before) + 1 };
  }

  /** The text of a line counted from 1, without its line break; empty where there is no such line. */
  line(number: number): string {
    const start = this.lineStarts[number - 1];
    if (start === undefined) return '';
    const next = this.lineStarts[number];
    return this.text.slice(start, next === undefined ? undefined : next - 1).replace(/\r$/, '');
  }

  place(start: number, end: number = start): Place {
    return { file: this, start, end: Math.max(start, end) };
  }
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
