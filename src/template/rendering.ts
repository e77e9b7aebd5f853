import { error, failed, ok, type Result, type SourceFile } from '../diagnostics/index.js';
import type { Rendering, Surroundings } from './activation.js';
import { evaluate } from './expressions.js';
import { OutputBuffer } from './output.js';
import type { Rendered } from './rendered.js';
import { FileScope, Scope } from './scopes.js';
import { execute } from './statements.js';
import type { Template } from './template.js';
import { TemplateError } from './template-error.js';

const interpreter = { evaluate, execute };

/** Stops at the first mistake; a template that is included and broken brings all of its own. */
export function render({ file, root }: Template, surroundings: Surroundings): Result<Rendered> {
  if (root === undefined) return ok(verbatim(file));
  const rendering: Rendering = { ...surroundings, interpreter, moduleScopes: new Map(), depth: 0 };
  const output = new OutputBuffer(file);
  try {
    execute(root, { rendering, file, fileScope: new FileScope(), scope: new Scope(undefined, false, true), output });
  } catch (thrown) {
    if (thrown instanceof TemplateError) return failed(...thrown.toDiagnostics());
    if (isStackOverflow(thrown)) return failed(error('DBL1214', 'the template is nested too deeply', file.place(0)));
    throw thrown;
  }
  return ok(output);
}

/** A file without tags: its text is what it renders to. */
function verbatim(file: SourceFile): Rendered {
  return { text: file.text, locate: (offset) => [file.place(offset)] };
}

/** An expression of thousands of operators, say. */
function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message.includes('call stack');
}
