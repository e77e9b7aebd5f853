import type { Diagnostic } from '../diagnostics/index.js';
import { TemplateError } from './template-error.js';

/** So often may one render go on after a mistake: a loop can repeat one without an end. */
const mostMistakes = 1000;

/** The mistakes of one render. It goes on after one in an expression that is only printed, to find what else is wrong. */
export class MistakeList {
  readonly #errors: TemplateError[] = [];

  /** Throws again what is no mistake of the author's, or one too many. */
  add(thrown: unknown): void {
    if (!(thrown instanceof TemplateError) || this.#errors.length >= mostMistakes) throw thrown;
    this.#errors.push(thrown);
  }

  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  /** Each mistake once, though a loop has made it often. */
  toDiagnostics(): readonly Diagnostic[] {
    const found = new Map<string, Diagnostic>();
    for (const diagnostic of this.#errors.flatMap((error) => error.toDiagnostics())) {
      const { at, code, message } = diagnostic;
      const place = at instanceof Object ? [at.file.path, at.start] : [at];
      const key = JSON.stringify([...place, code, message]);
      if (!found.has(key)) found.set(key, diagnostic);
    }
    return [...found.values()];
  }
}
