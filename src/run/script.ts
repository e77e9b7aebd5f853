/** Several statements that go to the server in one round trip, and which part of them an error's offset falls into. */
export class Script<Part> {
  #text = '';
  readonly #parts: { readonly part: Part; readonly start: number; readonly textOffset: number }[] = [];

  /** Appends a statement. `textOffset`: where in it the text begins that `part` knows about. */
  add(statement: string, part: Part, textOffset = 0): this {
    this.#parts.push({ part, start: this.#text.length, textOffset });
    this.#text += `${statement};\n`;
    return this;
  }

  get text(): string {
    return this.#text;
  }

  /** The statements one by one, for where a batch does not tell which of them failed. */
  statements(): readonly { readonly statement: string; readonly part: Part }[] {
    return this.#parts.map(({ part, start }, index) => ({ part, statement: this.#text.slice(start, this.#parts[index + 1]?.start) }));
  }

  /** The part at an offset of the text, and the offset within the part's own text. */
  at(offset: number | undefined): { readonly part: Part; readonly offset: number } | undefined {
    if (offset === undefined) return undefined;
    const found = this.#parts.findLast(({ start }) => start <= offset);
    return found && { part: found.part, offset: offset - found.start - found.textOffset };
  }
}
