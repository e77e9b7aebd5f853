import { writeError } from './output.js';

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type Stopping = keyof typeof exitCodes;

/** What listens for Ctrl-C and SIGTERM while a command works in the database. The name of the signal is the reason of the abort. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

/** The first signal asks the command to stop, the second ends the process at once. `tell` shows a line to the user. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const handle = (name: Stopping): void => {
    if (controller.signal.aborted) {
      writeError('left at once: the server may need a moment to notice\n');
      process.exit(exitCodes[name]);
    }
    const again = name === 'SIGINT' ? '; press Ctrl-C again to leave at once' : '';
    tell(`stopping: cancelling what runs in the database${again}`);
    controller.abort(new Error(name));
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
