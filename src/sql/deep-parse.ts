import { createRequire } from 'node:module';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { RawParse } from './parser-instance.js';

const stackMegabytes = 64;
const patienceMs = 30_000;

/**
 * Runs as text, so that it is the same from source and from the build. It answers on a port and then wakes the waiting thread.
 * In it the package's `parseSync` gives the tree as text: reading it only to write it again takes a time that is quadratic in the depth.
 */
const workerSource = `
const { port, done, text, parser } = require('node:worker_threads').workerData;
const { loadModule, parseSync } = require(parser);
JSON.parse = (json) => json;
loadModule()
  .then(() => ({ json: parseSync(text) }))
  .catch((error) => ({ message: error.message, position: error.sqlDetails && error.sqlDetails.cursorPosition + 1 }))
  .then((answer) => {
    port.postMessage(answer);
    Atomics.store(done, 0, 1);
    Atomics.notify(done, 0);
  });
`;

/**
 * Parses a text that nests too deeply for this thread (10,000 arms of UNION ALL, say) in a thread with a large stack, and waits for it:
 * some 100 ms. undefined where even that is not enough.
 */
export function parseDeep(text: string): RawParse | undefined {
  const { port1, port2 } = new MessageChannel();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const parser = createRequire(import.meta.url).resolve('libpg-query');
  const worker = new Worker(workerSource, {
    eval: true,
    workerData: { port: port2, done, text, parser },
    transferList: [port2],
    resourceLimits: { stackSizeMb: stackMegabytes },
  });
  worker.unref();
  worker.on('error', () => undefined);
  Atomics.wait(done, 0, 0, patienceMs);
  const received: unknown = receiveMessageOnPort(port1)?.message;
  port1.close();
  void worker.terminate();
  return readAnswer(received);
}

function readAnswer(answer: unknown): RawParse | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  if ('json' in answer && typeof answer.json === 'string') return { json: answer.json };
  if (!('message' in answer) || !('position' in answer)) return undefined;
  const { message, position } = answer;
  return typeof message === 'string' && typeof position === 'number' ? { message, position } : undefined;
}
