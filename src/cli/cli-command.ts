import type { Command } from 'commander';
import type { Output } from './output.js';
import type { Settings } from './settings.js';

/** What a module in `commands/` gives. */
export interface CliCommand {
  /** Adds the description, arguments, options and examples of the command. */
  readonly define: (command: Command) => void;
  /** Does the work; returns the exit code. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** A command as it was typed. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: CommandOptions;
  readonly settings: Settings;
  readonly output: Output;
  /** dbl's own. */
  readonly version: string;
}

/** The options of one command, by the names that commander gives them: `--fail-fast` is `failFast`. */
export class CommandOptions {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** undefined where the option is not given. */
  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** The words of an option that takes several; empty where it is not given. */
  words(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** A whole number; `undefined` where the option is not given. Its form was checked when the command line was read. */
  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }
}
