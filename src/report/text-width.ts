/** How many columns of a terminal a text takes, and texts fitted to columns. */

/** One user-perceived character: where it is in its text, and the columns it takes. */
export interface Glyph {
  readonly text: string;
  /** UTF-16 offset in the text that it comes from. */
  readonly start: number;
  readonly columns: number;
}

const plainAscii = /^[\x20-\x7e]*$/;
const takesNoColumn = /^[\p{Mark}\p{Control}\p{Default_Ignorable_Code_Point}]+$/u;
const emoji = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[0-9#*]\ufe0f\u20e3|\p{Regional_Indicator}{2}/u;
/** The ranges of East_Asian_Width W and F that matter in text; emoji are told by their own property. */
const eastAsianWide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{20000}-\u{3fffd}]/u;

let segmenter: Intl.Segmenter | undefined;

export function glyphs(text: string): Glyph[] {
  if (plainAscii.test(text)) return Array.from(text, (character, start) => ({ text: character, start, columns: 1 }));
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return [...segmenter.segment(text)].map(({ segment, index }) => ({
    text: segment,
    start: index,
    columns: columnsOf(segment),
  }));
}

export function displayWidth(text: string): number {
  if (plainAscii.test(text)) return text.length;
  return glyphs(text).reduce((sum, glyph) => sum + glyph.columns, 0);
}

/** The text itself where it fits, else its beginning and an ellipsis, together at most `columns` wide. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let used = 0;
  let kept = '';
  for (const glyph of glyphs(text)) {
    if (used + glyph.columns > columns - 1) break;
    used += glyph.columns;
    kept += glyph.text;
  }
  return `${kept}…`;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text;
}

function columnsOf(grapheme: string): number {
  if (takesNoColumn.test(grapheme)) return 0;
  return emoji.test(grapheme) || eastAsianWide.test(grapheme) ? 2 : 1;
}
