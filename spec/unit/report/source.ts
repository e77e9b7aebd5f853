import { SourceFile, type Place } from '../../../src/diagnostics/index.js';

/** A file and the place in it that `text` marks with `«` and `»`. */
export function marked(path: string, text: string): Place {
  const start = text.indexOf('«');
  const end = text.indexOf('»') - 1;
  return new SourceFile(path, text.replace('«', '').replace('»', '')).place(start, end);
}

/** Lines as one text: expected output reads better so. */
export function lines(...texts: readonly string[]): string {
  return texts.join('\n');
}
