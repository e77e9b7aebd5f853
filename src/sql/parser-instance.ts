import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** What the parser says of one text: its tree as JSON, or its complaint. */
export type RawParse =
  | { readonly json: string }
  | { readonly message: string; /** Code points, counted from 1; 0 where the parser names no place. */ readonly position: number };

/** The part of the compiled parser's interface that is used here; pointers are offsets into its memory. */
interface ParserInstance {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(text: number): number;
  _wasm_free_parse_result(result: number): void;
  getValue(pointer: number, type: 'i32'): number;
  UTF8ToString(pointer: number): string;
}

interface InstanceOptions {
  instantiateWasm(imports: object, done: (instance: object) => void): void;
}

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  Instance: new (module: object, imports: object) => object;
};

type CreateInstance = (options: InstanceOptions) => Promise<ParserInstance>;

let create: Promise<() => Promise<ParserInstance>> | undefined;
let current: ParserInstance | undefined;
let spare: ParserInstance | undefined;

/**
 * Loads the parser, once. A second instance is kept at hand (it shares the compiled code and costs some 4 ms), since one that ran
 * out of stack is left in a state in which it may hang, and a new one cannot be made without waiting.
 */
export async function loadInstances(): Promise<void> {
  create ??= compile();
  const make = await create;
  current ??= await make();
  spare ??= await make();
}

async function compile(): Promise<() => Promise<ParserInstance>> {
  const module = await WebAssembly.compile(await readFile(require.resolve('libpg-query/wasm/libpg-query.wasm')));
  const createInstance = require('libpg-query/wasm/libpg-query.js') as CreateInstance;
  return () =>
    createInstance({ instantiateWasm: (imports, done) => done(new WebAssembly.Instance(module, imports)) });
}

/** Parses a text; undefined where it nests too deeply for this thread's stack, or is too big for the parser's memory. */
export function tryParse(text: string): RawParse | undefined {
  if (create === undefined) throw new Error('loadParser() was not awaited');
  current ??= takeSpare();
  if (current === undefined) return undefined;
  try {
    return parseWith(current, text);
  } catch {
    current = undefined;
    void loadInstances();
    return undefined;
  }
}

function takeSpare(): ParserInstance | undefined {
  const taken = spare;
  spare = undefined;
  return taken;
}

/** The result is a struct of pointers: tree, stderr, error; the error one of message, function, file, line, position. */
function parseWith(instance: ParserInstance, text: string): RawParse {
  const bytes = Buffer.byteLength(text);
  const input = instance._malloc(bytes + 1);
  if (input === 0) throw new RangeError('the parser is out of memory');
  Buffer.from(instance.HEAPU8.buffer, input, bytes).write(text);
  instance.HEAPU8[input + bytes] = 0;
  const result = instance._wasm_parse_query_raw(input);
  instance._free(input);
  const error = instance.getValue(result + 8, 'i32');
  const answer =
    error === 0
      ? { json: readText(instance, instance.getValue(result, 'i32')) }
      : {
          message: instance.UTF8ToString(instance.getValue(error, 'i32')),
          position: instance.getValue(error + 16, 'i32'),
        };
  instance._wasm_free_parse_result(result);
  return answer;
}

/** Node decodes a long text several times faster than the module's own function. */
function readText(instance: ParserInstance, pointer: number): string {
  const memory = instance.HEAPU8;
  const length = memory.indexOf(0, pointer) - pointer;
  return Buffer.from(memory.buffer, pointer, length).toString('utf8');
}
