import type { ParsedSql } from './parsed-sql.js';

const tables = new WeakMap<ParsedSql, (byte: number) => number>();

/** The way from the byte offsets of the parser's tree to UTF-16 offsets of the text; worked out once for each text. */
export function byteOffsets(sql: ParsedSql): (byte: number) => number {
  let toOffset = tables.get(sql);
  if (toOffset === undefined) tables.set(sql, (toOffset = byteOffsetsOf(sql.text)));
  return toOffset;
}

function byteOffsetsOf(text: string): (byte: number) => number {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length) return (byte) => byte;
  const offsets = new Uint32Array(bytes + 1);
  let byte = 0;
  let offset = 0;
  for (const character of text) {
    const width = utf8Width(character.codePointAt(0) ?? 0);
    offsets.fill(offset, byte, byte + width);
    byte += width;
    offset += character.length;
  }
  offsets[byte] = text.length;
  return (at) => offsets[at] ?? text.length;
}

function utf8Width(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** The UTF-16 offset of a code point counted from 0, as Postgres counts the position of an error. */
export function codePointOffset(text: string, codePoints: number): number {
  let offset = 0;
  for (let left = codePoints; left > 0 && offset < text.length; left -= 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}
