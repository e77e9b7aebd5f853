/** Names inside a file while it is rendered: the file itself, a loop, a macro's body. */
export class Scope {
  readonly #values = new Map<string, unknown>();

  constructor(
    readonly parent?: Scope,
    /** True where an assignment never reaches the scopes around it: an include, the body of a call. */
    readonly isolated = false,
    /** True for what a file sets outside of macros and loops: its macros see it, and it is exported. */
    readonly topLevel = false,
  ) {}

  get(name: string): unknown {
    const value = this.#values.get(name);
    return value === undefined ? this.parent?.get(name) : value;
  }

  declare(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  /** Changes the nearest variable of that name that may be changed from here; declares one where there is none. */
  assign(name: string, value: unknown): void {
    (this.#ownerOf(name) ?? this).#values.set(name, value);
  }

  *names(): Iterable<string> {
    yield* this.#values.keys();
    if (this.parent !== undefined) yield* this.parent.names();
  }

  #ownerOf(name: string): Scope | undefined {
    if (this.#values.get(name) !== undefined) return this;
    return this.isolated || this.parent === undefined ? undefined : this.parent.#ownerOf(name);
  }
}

/** What a file sets and defines at its top level: seen by its own macros, and by what it includes. */
export class FileScope {
  readonly #values = new Map<string, unknown>();
  readonly #exported = new Set<string>();

  constructor(readonly parent?: FileScope) {}

  get(name: string): unknown {
    const value = this.#values.get(name);
    return value === undefined ? this.parent?.get(name) : value;
  }

  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }

  /** Names with a leading underscore stay in the file. */
  export(name: string, value: unknown): void {
    this.#values.set(name, value);
    if (!name.startsWith('_')) this.#exported.add(name);
  }

  exports(): Record<string, unknown> {
    return Object.fromEntries([...this.#exported].map((name) => [name, this.#values.get(name)]));
  }

  *names(): Iterable<string> {
    yield* this.#values.keys();
    if (this.parent !== undefined) yield* this.parent.names();
  }
}
