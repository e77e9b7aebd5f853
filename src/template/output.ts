import type { Place, SourceFile } from '../diagnostics/index.js';
import { align } from './alignment.js';
import type { TreeNode } from './nunjucks-internals.js';
import { placeOf, startOfText } from './places.js';

/** A text that knows where it came from: what a macro, an include or a set block wrote, or what a filter made of that. */
export type Origin = OutputBuffer | FilteredText;

interface Mark {
  /** Offset in the buffer's text. */
  readonly start: number;
  readonly node: TreeNode;
  /** Of the value that was printed; undefined where it is text of the template or a computed value. */
  readonly origin: Origin | undefined;
}

/** What a template has written so far, and which node wrote it. Nothing more is computed until a place is asked for. */
export class OutputBuffer {
  text = '';
  readonly #marks: Mark[] = [];

  constructor(readonly file: SourceFile) {}

  append(node: TreeNode, text: string, origin?: Origin): void {
    this.#marks.push({ start: this.text.length, node, origin });
    this.text += text;
  }

  /** Innermost first; see `Rendered.locate`. */
  locate(offset: number): Place[] {
    const mark = this.#markAt(offset);
    if (mark === undefined) return [this.file.place(0)];
    const { node, origin, start } = mark;
    if (node.typename === 'TemplateData') return [this.file.place(startOfText(this.file, node) + offset - start)];
    const place = placeOf(this.file, node);
    if (origin === undefined) return [place];
    const inner = origin.locate(offset - start);
    const outermost = inner.at(-1);
    // `{{ a() ~ b }}`: the output and the operation begin at the same place.
    return outermost?.file === place.file && outermost.start === place.start ? inner : [...inner, place];
  }

  #markAt(offset: number): Mark | undefined {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#marks[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#marks[low];
  }
}

/** A filter's or a method's result. */
export class FilteredText {
  constructor(
    readonly text: string,
    readonly before: Origin,
  ) {}

  locate(offset: number): Place[] {
    return this.before.locate(align(this.text, this.before.text, offset));
  }
}

/** A value of a template that is a text with an origin. Never empty, so that it is as true as its text. */
export class Traced {
  constructor(
    readonly text: string,
    readonly origin: Origin,
  ) {}

  toString(): string {
    return this.text;
  }
}

export function traced(text: string, origin: Origin): Traced | '' {
  return text === '' ? '' : new Traced(text, origin);
}
