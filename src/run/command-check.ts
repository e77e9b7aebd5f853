import { spawn } from 'node:child_process';
import type { Check } from '../compile/index.js';
import type { ServerAddress } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import type { CheckContext, Verdict } from './checks.js';

/** How much of a program's output is kept for the message. */
const keptOutput = 4000;
const shownLines = 5;
/** A command of more characters is shown by its program alone. */
const longestName = 60;

/**
 * Runs a program that judges a table: it finds the database in `PG*` and the table in `DBL_RELATION`. An exit code other than 0 fails.
 * Killed, with its children, when the run is stopped.
 */
export async function runCommandCheck(
  check: Extract<Check, { readonly kind: 'command' }>,
  { address, announcer, folder, place, signal }: CheckContext,
): Promise<Verdict> {
  const { schema, name } = place(check.node);
  const env = {
    ...process.env,
    ...libpqEnvironment(address),
    DBL_RUN_ID: announcer.runId,
    DBL_NODE: check.node,
    DBL_SCHEMA: schema,
    DBL_RELATION: relationName(schema, name),
  };
  const [program = '', ...args] = check.command;
  const { code, output } = await run(program, args, folder, env, signal);
  // What was killed has not failed.
  signal.throwIfAborted();
  const told = endOf(withoutPassword(output, address.password));
  const message = code === 0 ? `passed${told}` : `${nameOf(check.command)} ${typeof code === 'number' ? `exited with ${code}` : code}${told}`;
  return { passed: code === 0, failures: undefined, message, sql: undefined, sample: null };
}

/** What a program said at its end: the last line, in which most give their reason, and below it the last few together. */
function endOf(output: string): string {
  const lines = output.trim().split('\n').slice(-shownLines);
  const last = lines.at(-1) ?? '';
  if (last === '') return '';
  return `: ${last}${lines.length === 1 ? '' : `\n${lines.map((line) => `  ${line}`).join('\n')}`}`;
}

/** Programs print more than they should: the password that they were given must get neither onto the screen nor into the audit schema. */
function withoutPassword(output: string, password: string | undefined): string {
  return password === undefined || password === '' ? output : output.replaceAll(password, '***');
}

/** The command as it was written; of a long one the program, since the place that is shown beside it has the rest. */
function nameOf(command: readonly string[]): string {
  const whole = command.join(' ');
  return whole.length <= longestName && !whole.includes('\n') ? whole : `${command[0]} …`;
}

/** What libpq and its like read: how a child reaches the same database. */
function libpqEnvironment(address: ServerAddress): NodeJS.ProcessEnv {
  const { host, port, user, password, database, ssl } = address;
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    ...(ssl === false ? {} : { PGSSLMODE: ssl === true || ssl.rejectUnauthorized ? 'verify-full' : 'require' }),
  };
}

function whyNotStarted(problem: NodeJS.ErrnoException, program: string, folder: string): string {
  if (problem.code === 'ENOENT') return /[/\\]/.test(program) ? `there is no such file in ${folder}` : 'no such program is in PATH';
  return problem.code === 'EACCES' ? 'it is not executable for this user' : problem.message;
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ readonly code: number | string; readonly output: string }> {
  return new Promise((resolve) => {
    // A group of its own, so that what the program starts can be stopped with it.
    const child = spawn(program, args, { cwd, env, detached: process.platform !== 'win32', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const kill = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // It ended in the meantime.
      }
    };
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    const done = (code: number | string): void => {
      signal.removeEventListener('abort', kill);
      resolve({ code, output });
    };
    child.on('error', (problem) => done(`could not be started: ${whyNotStarted(problem, program, cwd)}`));
    child.on('close', (code, killedBy) => done(code ?? `was ended by ${killedBy}`));
  });
}
