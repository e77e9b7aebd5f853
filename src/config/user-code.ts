import { Console } from 'node:console';
import { setImmediate as nextRound } from 'node:timers/promises';

/**
 * Runs code of the user's. What goes wrong outside of its promise (in one that nobody awaits, in a callback, in waiting for
 * what never happens) is thrown too, and what it prints goes to standard error, since standard output is for results.
 */
export async function runUserCode<T>(run: () => Promise<T>): Promise<T> {
  const outer = globalThis.console;
  const restore: (() => void)[] = [() => (globalThis.console = outer)];
  globalThis.console = new Console(process.stderr);
  const astray = new Promise<never>((_, reject) => {
    restore.push(
      takeOver('unhandledRejection', reject),
      takeOver('uncaughtException', reject),
      takeOver('beforeExit', () => reject(new Error('it waits for something that never happens'))),
    );
  });
  try {
    return await Promise.race([withRejections(run()), astray]);
  } finally {
    for (const undo of restore) undo();
  }
}

/** A promise that was rejected and left is reported when the round of the event loop ends. */
async function withRejections<T>(result: Promise<T>): Promise<T> {
  const value = await result;
  await nextRound();
  return value;
}

/** Gives an event of the process to one listener alone; returns how to give it back to the others. */
function takeOver(event: string, listener: (problem: unknown) => void): () => void {
  const emitter: NodeJS.EventEmitter = process;
  const others = emitter.rawListeners(event);
  emitter.removeAllListeners(event).on(event, listener);
  return () => {
    emitter.removeListener(event, listener);
    for (const other of others) emitter.on(event, other as (...args: readonly unknown[]) => void);
  };
}

/** Reads every property at any depth: one that is computed may throw, and shall do it here. */
export function readAll(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const key of Object.keys(value)) readAll(Reflect.get(value, key), seen);
}
