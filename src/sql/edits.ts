import type { Edit } from './parsed-sql.js';

export interface EditedText {
  readonly text: string;
  /** The offset in the text before the edits; what lies inside a replacement goes to the start of what was replaced. */
  toOriginal(offset: number): number;
}

/** Applies edits that do not overlap, in whatever order they come. Throws where two overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): EditedText {
  const ordered = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  /** Where each replacement begins and ends in the new text. */
  const placed: { readonly edit: Edit; readonly start: number; readonly end: number }[] = [];
  for (const edit of ordered) {
    if (edit.start < at) throw new Error(`edits overlap at offset ${edit.start}`);
    result += text.slice(at, edit.start);
    const start = result.length;
    result += edit.replacement;
    placed.push({ edit, start, end: result.length });
    at = edit.end;
  }
  result += text.slice(at);
  return {
    text: result,
    toOriginal(offset) {
      const last = placed.findLast(({ start }) => start <= offset);
      if (last === undefined) return offset;
      return offset < last.end ? last.edit.start : last.edit.end + offset - last.end;
    },
  };
}
