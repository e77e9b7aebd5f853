import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { closeCrashedRuns, endOrphans, endSession, finishRun, migrateAudit, readHolder, schemaLock, sessionName, startRun } from '../audit/index.js';
import type { LoadedConfig } from '../config/index.js';
import { type Diagnostic, error, hasErrors } from '../diagnostics/index.js';
import { connect, ConnectionLost, lockHolder, openDatabase, type ServerAddress, ServerError, type Session, tryLock } from '../postgres/index.js';
import { AuditWriter } from './audit-writer.js';
import { cancellable } from './cancellable.js';
import { Announcer, exitCodes, type RunContext, type RunOutcome, stoppedExitCode } from './context.js';
import type { NodeStatus } from './events.js';
import { toDatabaseFailure } from './failure.js';
import { gitCommit } from './git-commit.js';

/** What a command has while its run is open. */
export interface RunSession {
  readonly announcer: Announcer<string>;
  readonly runId: string;
  /** Holds the run's locks; it runs nothing of the author's. */
  readonly control: Session;
  readonly address: ServerAddress;
  /** Opens a further session. Throws Refusal where that does not work. */
  readonly connect: () => Promise<Session>;
  /**
   * Does something in the audit schema, one thing at a time: on the control session, or where that is lost on one made for it.
   * Undefined: the server cannot be reached.
   */
  readonly audit: <T>(work: (session: Session) => Promise<T>) => Promise<T | undefined>;
  /**
   * For a session of the run that was lost in the midst of a transaction: waits until the server has ended it, so that it is decided whether
   * that was committed, and then reads what it wrote. Undefined: the server cannot be reached, or does not let go.
   */
  readonly afterLoss: <T>(lost: Session, read: (session: Session) => Promise<T>) => Promise<T | undefined>;
}

export interface RunDescription {
  readonly command: string;
  /** Physical schemas that the run writes to, and that no other run may write to meanwhile. */
  readonly schemas: readonly string[];
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface RunResult {
  readonly status: 'success' | 'failed' | 'cancelled';
  readonly exitCode: number;
  readonly counts: Readonly<Record<NodeStatus, number>>;
}

export const noCounts: Readonly<Record<NodeStatus, number>> = { success: 0, failed: 0, skipped: 0, unchanged: 0, held: 0, cancelled: 0 };

/** Refuses to go on, with what the user is told. Thrown by the body of a run. */
export class Refusal extends Error {
  constructor(
    readonly diagnostics: readonly Diagnostic[],
    readonly exitCode: number = exitCodes.wrong,
  ) {
    super(diagnostics.map(({ message }) => message).join('\n'));
    this.name = 'Refusal';
  }
}

/**
 * Opens the database, brings the audit schema up to date, closes runs that died, takes the locks, writes the run's row, does the work, and
 * closes everything again, whatever happens. What goes wrong on the way is told to the sink; nothing is thrown but a bug in dbl.
 */
export async function withRun(context: RunContext, description: RunDescription, body: (run: RunSession) => Promise<RunResult>): Promise<RunOutcome> {
  const announcer = new Announcer(context.sink, randomUUID());
  const { config } = context.project;
  const { signal } = context;
  const commit = await gitCommit(config.folder);
  return onSession({ config, signal }, announcer, async (control, address) => {
    await cancellable(control, signal, async () => {
      await migrateAudit(control);
      await closeCrashedRuns(control);
      const refused = (await takeLocks(control, description.schemas)) ?? (await settleOrphans(control));
      if (refused !== undefined) throw new Refusal([refused], exitCodes.held);
    });
    await startRun(control, {
      runId: announcer.runId,
      project: config.name,
      target: config.target.name,
      command: description.command,
      schemas: description.schemas,
      osUser: osUser(),
      host: hostname(),
      pid: process.pid,
      dblVersion: context.version,
      gitCommit: commit,
      arguments: description.arguments,
    });
    const started = performance.now();
    const name = sessionName(description.command, announcer.runId);
    const writer = new AuditWriter(control, address, controlName(announcer.runId));
    const finish = async (result: RunResult): Promise<RunOutcome> => {
      await writer.write((session) => finishRun(session, announcer.runId, result.status, result.exitCode));
      announcer.tell({ event: 'run_end', status: result.status, exit_code: result.exitCode, counts: result.counts, duration_ms: performance.now() - started });
      return result;
    };
    const open = async (): Promise<Session> => {
      const session = await connect(address, { applicationName: name });
      if (session.value === undefined) throw new Refusal(session.diagnostics, exitCodes.noConnection);
      return session.value;
    };
    const run: RunSession = {
      announcer,
      runId: announcer.runId,
      control,
      address,
      connect: open,
      audit: (work) => writer.write(work),
      afterLoss: (lost, read) =>
        writer.write(async (session) => {
          const sentAs = lost === control ? controlName(announcer.runId) : name;
          return (await endSession(session, lost.pid, sentAs)) ? read(session) : undefined;
        }),
    };
    try {
      return await finish(await body(run));
    } catch (problem) {
      const { diagnostics, exitCode, status } = understand(problem, signal);
      announcer.report(diagnostics);
      return await finish({ status, exitCode, counts: noCounts });
    } finally {
      await writer.end();
    }
  });
}

function controlName(runId: string | undefined): string {
  return runId === undefined ? 'dbl' : `dbl ${runId}`;
}

interface Where {
  readonly config: Pick<LoadedConfig, 'connection'>;
  readonly signal: AbortSignal;
}

/** A session for a command that writes nothing down: `show`, `history`, `doctor`. What it runs is cancelled when the signal is aborted. */
export async function withSession(where: Where, announcer: Announcer, body: (session: Session) => Promise<RunOutcome>): Promise<RunOutcome> {
  return onSession(where, announcer, (session) => cancellable(session, where.signal, () => body(session)));
}

async function onSession(
  { config, signal }: Where,
  announcer: Announcer,
  body: (session: Session, address: ServerAddress) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const database = await openDatabase(config.connection);
  announcer.report(database.diagnostics);
  if (database.value === undefined || hasErrors(database.diagnostics)) return { status: 'failed', exitCode: exitCodes.noConnection };
  const { value: opened } = database;
  const { address } = opened;
  try {
    const session = await connect(address, { applicationName: controlName(announcer.runId) });
    announcer.report(session.diagnostics);
    if (session.value === undefined) return { status: 'failed', exitCode: exitCodes.noConnection };
    try {
      return await body(session.value, address);
    } catch (problem) {
      const { diagnostics, exitCode, status } = understand(problem, signal);
      announcer.report(diagnostics);
      return { status, exitCode };
    } finally {
      await session.value.end();
    }
  } finally {
    await opened.close();
  }
}

function understand(problem: unknown, signal: AbortSignal): { readonly diagnostics: readonly Diagnostic[]; readonly exitCode: number; readonly status: 'failed' | 'cancelled' } {
  if (signal.aborted) return { diagnostics: [], exitCode: stoppedExitCode(signal), status: 'cancelled' };
  if (problem instanceof Refusal) return { diagnostics: problem.diagnostics, exitCode: problem.exitCode, status: 'failed' };
  if (problem instanceof ConnectionLost) {
    const hint = 'Nothing half done is left behind. When the server can be reached again, run the command again.';
    return { diagnostics: [error('DBL2202', problem.message, undefined, { hint })], exitCode: exitCodes.noConnection, status: 'failed' };
  }
  if (problem instanceof ServerError) {
    const rights = problem.sqlstate === '42501' ? '"dbl doctor" tells which rights the role lacks, and how it gets them.' : undefined;
    const { diagnostic } = toDatabaseFailure('DBL2204', problem, 'the server refused', undefined, problem.hint ?? rights);
    return { diagnostics: [diagnostic], exitCode: exitCodes.failed, status: 'failed' };
  }
  throw problem;
}

/** Takes the lock of every schema, in a fixed order; gives the reason where another run has one of them. */
async function takeLocks(control: Session, schemas: readonly string[]): Promise<Diagnostic | undefined> {
  for (const schema of [...schemas].toSorted()) {
    if (await tryLock(control, schemaLock(schema))) continue;
    const backend = await lockHolder(control, schemaLock(schema));
    const holder = backend === undefined ? undefined : await readHolder(control, backend.pid);
    const who =
      holder === undefined
        ? 'another run'
        : `"dbl ${holder.command}" of ${holder.osUser} on ${holder.host} (process ${holder.pid}), since ${holder.since}`;
    return error('DBL2601', `the schema "${schema}" is held by ${who}`, undefined, { hint: 'Wait until it has ended, then run the command again.' });
  }
  return undefined;
}

/** What runs that died left running must be gone before this one begins; gives the reason where it does not go. */
async function settleOrphans(control: Session): Promise<Diagnostic | undefined> {
  const [first, ...others] = await endOrphans(control);
  if (first === undefined) return undefined;
  const who = [first, ...others].join(', ');
  const message = `a run that died is still at work in the database (${others.length === 0 ? 'process' : 'processes'} ${who}), and this role cannot end it`;
  return error('DBL2601', message, undefined, { hint: 'Wait until it has ended, or end it with pg_terminate_backend; then run the command again.' });
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in many containers.
    return String(process.getuid?.() ?? 'unknown');
  }
}
