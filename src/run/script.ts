import type { ServerError } from '../postgres/index.js';

/** What statements are appended to. */
export interface ScriptWriter<Part> {
  add(statement: string, part: Part, textOffset?: number): unknown;
}

/** Several statements that go to the server in one round trip, and which part of them an error's offset falls into. */
export class Script<Part> implements ScriptWriter<Part> {
  #text = '';
  readonly #parts: { readonly part: Part; readonly start: number; readonly textOffset: number }[] = [];

  /** Appends one statement. `textOffset`: where in it the text begins that `part` knows about. */
  add(statement: string, part: Part, textOffset = 0): this {
    this.#parts.push({ part, start: this.#text.length, textOffset });
    this.#text += `${statement};\n`;
    return this;
  }

  get text(): string {
    return this.#text;
  }

  /** The statements one by one. */
  statements(): readonly { readonly statement: string; readonly part: Part }[] {
    return this.#parts.map(({ part, start }, index) => ({ part, statement: this.#text.slice(start, this.#parts[index + 1]?.start) }));
  }

  /** The part that an error of the whole script is about, and the offset within the part's own text where the server gives one. */
  failed({ completed, offset }: Pick<ServerError, 'completed' | 'offset'>): { readonly part: Part; readonly offset: number | undefined } | undefined {
    const found = offset === undefined ? this.#parts[completed] : this.#parts.findLast(({ start }) => start <= offset);
    return found && { part: found.part, offset: offset === undefined ? undefined : offset - found.start - found.textOffset };
  }
}
