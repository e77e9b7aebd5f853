import type { Session } from '../postgres/index.js';

/** A request that comes between two statements cancels neither, so it is made again. */
export const cancelAgainMs = 200;

/**
 * Does work on a session; when the signal is aborted, whatever the session runs is cancelled, until the work gives up.
 * Afterwards no request is under way that could hit what the session does next.
 */
export async function cancellable<T>(session: Session, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const requests: Promise<void>[] = [];
  let again: NodeJS.Timeout | undefined;
  const cancel = (): void => void requests.push(session.cancel());
  const stop = (): void => {
    cancel();
    again = setInterval(cancel, cancelAgainMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', stop);
    clearInterval(again);
    await Promise.all(requests);
  }
}
