import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface DblOptions {
  readonly cwd: string;
  /** On top of a cleaned environment: without PG*, DBL_*, npm_* and what the test runner sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the command reads on stdin; undefined: nothing is there to be read. */
  readonly input?: string;
}

export interface DblResult {
  /** null where a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningDbl {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  /** Resolves when stdout or stderr holds the text; rejects when the process ends without. */
  readonly printed: (text: string) => Promise<void>;
  readonly ended: Promise<DblResult>;
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const foreign = /^(?:PG|DBL_|VITEST|NODE_|npm_|FORCE_COLOR|CI$)/;

/** Runs the built command and waits for its end. */
export function runDbl(args: readonly string[], options: DblOptions): Promise<DblResult> {
  return spawnDbl(args, options).ended;
}

/** Starts the built command, for tests that signal or kill it midway. */
export function spawnDbl(args: readonly string[], { cwd, env, input }: DblOptions): RunningDbl {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdin?.end(input);
  const ended = new Promise<DblResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout.includes(text) || stderr.includes(text)) resolve();
      };
      child.stdout?.on('data', look);
      child.stderr?.on('data', look);
      child.on('close', () => reject(new Error(`dbl ended without printing ${JSON.stringify(text)}:\n${stdout}${stderr}`)));
      look();
    });
  return { process: child, output: () => ({ stdout, stderr }), printed, ended };
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
