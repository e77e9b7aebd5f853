import { error, failed, ok, type Result, type SourceFile } from '../diagnostics/index.js';
import type { Rendering, Surroundings } from './activation.js';
import { evaluate } from './expressions.js';
import { MistakeList } from './mistake-list.js';
import { OutputBuffer } from './output.js';
import type { Rendered } from './rendered.js';
import { FileScope, Scope } from './scopes.js';
import { execute } from './statements.js';
import type { Template } from './template.js';
import { TemplateError } from './template-error.js';

const interpreter = { evaluate, execute };

/**
 * Without a value where there are mistakes, though they may have been reported before. One in an expression that is only printed does not end the render, any other does;
 * a template that is included and broken brings all of its own.
 */
export function render({ file, root }: Template, surroundings: Surroundings): Result<Rendered> {
  if (root === undefined) return ok(verbatim(file));
  const mistakes = new MistakeList();
  const rendering: Rendering = { ...surroundings, interpreter, moduleScopes: new Map(), depth: 0, mistakes };
  const output = new OutputBuffer(file);
  try {
    execute(root, { rendering, file, fileScope: new FileScope(), scope: new Scope(undefined, false, true), output });
  } catch (thrown) {
    if (isStackOverflow(thrown)) return failed(error('DBL1214', 'the template is nested too deeply', file.place(0)));
    if (!(thrown instanceof TemplateError)) throw thrown;
    return failed(...mistakes.toDiagnostics(), ...thrown.toDiagnostics());
  }
  return mistakes.isEmpty ? ok(output) : failed(...mistakes.toDiagnostics());
}

/** A file without tags: its text is what it renders to. */
function verbatim(file: SourceFile): Rendered {
  return { text: file.text, locate: (offset) => [file.place(offset)] };
}

/** An expression of thousands of operators, say. */
function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message.includes('call stack');
}
