import { existsSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place } from '../diagnostics/index.js';
import { type ConfigFile, readSource } from './find-config-file.js';
import { preludeOf } from './module-prelude.js';

const frame = /(?:file:\/\/)?\/[^\s()]*?:\d+:\d+/g;
const frameParts = /^(.*?)(?:\?\d+)?:(\d+):(\d+)$/;
const inlineMap = /^\/\/# sourceMappingURL=data:application\/json;base64,(.*)$/m;

/** A bundle that was run. */
interface RunBundle {
  readonly path: string;
  readonly mapFolder: string;
  readonly text: string;
}

/** The innermost place of a stack that is in the user's own files; undefined: it has none. */
export function originOf(stack: string, bundle: RunBundle, folder: string, file: ConfigFile): Place | undefined {
  for (const [text] of stack.matchAll(frame)) {
    const [, where = '', line, column] = frameParts.exec(text) ?? [];
    const path = where.startsWith('file:') ? fileURLToPath(where) : where;
    const at = { path, line: Number(line) - 1, column: Number(column) - 1 };
    // Node maps the frames itself where it was started with --enable-source-maps.
    const origin = path === bundle.path ? throughMap(bundle, at) : path === file.path ? at : undefined;
    if (origin !== undefined && existsSync(origin.path)) return toPlace(origin, folder, file);
  }
  return undefined;
}

/** Counted from 0. */
interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

function throughMap({ text, mapFolder }: RunBundle, { line, column }: Position): Position | undefined {
  const encoded = inlineMap.exec(text)?.[1];
  if (encoded === undefined) return undefined;
  const entry = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))).findEntry(line, column);
  if (!('originalSource' in entry)) return undefined;
  return { path: resolve(mapFolder, entry.originalSource), line: entry.originalLine, column: entry.originalColumn };
}

function toPlace({ path, line, column }: Position, folder: string, file: ConfigFile): Place {
  const { text, source } = path === file.path ? file : readSource(folder, path);
  const added = line === 0 ? preludeOf(path, text).length : 0;
  return source.place(source.offsetAt(line, Math.max(0, column - added)));
}
