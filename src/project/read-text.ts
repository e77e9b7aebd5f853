import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, type Result, SourceFile, error, failed, ok } from '../diagnostics/index.js';
import { reasonOf } from './find-files.js';

/** Reads a file that must be UTF-8 text without NUL, since Postgres takes nothing else. */
export function readText(project: string, path: string): Result<SourceFile> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(project, path));
  } catch (failure) {
    return failed(error('DBL1114', `the file cannot be read: ${reasonOf(failure)}`, path));
  }
  const isText = isUtf8(bytes);
  if (isText && !bytes.includes(0)) return ok(new SourceFile(path, bytes.toString('utf8')));
  return failed(isText ? nulCharacter(path, bytes) : notUtf8(path, bytes));
}

function nulCharacter(path: string, bytes: Buffer): Diagnostic {
  const file = new SourceFile(path, bytes.toString('utf8'));
  const at = file.text.indexOf('\0');
  return error('DBL1113', 'the file holds a NUL character, which no text in Postgres can hold', file.place(at, at + 1));
}

function notUtf8(path: string, bytes: Buffer): Diagnostic {
  const message = 'the file is not valid UTF-8';
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return error('DBL1112', message, path, { hint: 'It begins like UTF-16: save it as UTF-8.' });
  }
  if (bytes.includes(0)) return error('DBL1112', message, path, { hint: 'It is no text at all.' });
  const file = new SourceFile(path, validPrefix(bytes).toString('utf8'));
  return error('DBL1112', message, file.place(file.text.length), {
    hint: 'It is perhaps Latin-1 or Windows-1252: save it as UTF-8.',
  });
}

/** The text up to the first byte that is wrong: found by halving, since every shorter prefix is valid up to a cut character. */
function validPrefix(bytes: Buffer): Buffer {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8(bytes.subarray(0, wholeCharacters(bytes, middle)))) good = middle;
    else bad = middle;
  }
  return bytes.subarray(0, wholeCharacters(bytes, good));
}

/** The end of the last character that lies wholly before `end`, where that character is one at all. */
function wholeCharacters(bytes: Buffer, end: number): number {
  let start = end;
  while (start > 0 && end - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
