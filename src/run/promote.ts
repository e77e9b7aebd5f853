import { setTimeout as sleep } from 'node:timers/promises';
import { readPromoted } from '../audit/index.js';
import { type Diagnostic, error, hasErrors, warning } from '../diagnostics/index.js';
import { misfit, planPromote, type PromoteChanges, type PromotePlan, trashOf } from '../plan/index.js';
import { changedSqlstate, ConnectionLost, isRetryable, ServerError, type Session } from '../postgres/index.js';
import { cancellable } from './cancellable.js';
import { Announcer, exitCodes, type RunContext, type RunOutcome } from './context.js';
import { isCancelled, toDatabaseFailure } from './failure.js';
import { moveIndex } from './move-index.js';
import { type PromotePart, promoteScript } from './promote-script.js';
import { noCounts, Refusal, type RunSession, withRun, withSession } from './run-session.js';
import { emptyTrash } from './trash.js';

export interface PromoteOptions {
  /** Tell what would change, and change nothing. */
  readonly dryRun: boolean;
}

/** What promoting would do; undefined where it was done, or could not be told. */
export type PromoteOutcome = RunOutcome & { readonly changes: PromoteChanges | undefined };

/** Readers of a view outside queue behind a waiting promotion for at most this long. */
const lockTimeoutMs = 300;
/** After this time the user is told what a promotion waits for. */
const silentMs = 2000;
const giveUpAfterMs = 300_000;

/** Puts a whole target in production's place, in one transaction. Production is kept as `<schema>__previous`. */
export async function promote(context: RunContext, options: PromoteOptions): Promise<PromoteOutcome> {
  return options.dryRun ? dryRun(context) : { ...(await carryOut(context)), changes: undefined };
}

async function dryRun({ project, signal, sink }: RunContext): Promise<PromoteOutcome> {
  let changes: PromoteChanges | undefined;
  const outcome = await withSession({ config: project.config, signal }, new Announcer(sink, undefined), async (session) => {
    const plan = await planPromote(session, project);
    changes = plan.changes;
    return hasErrors(plan.diagnostics) ? { status: 'failed', exitCode: exitCodes.failed } : { status: 'success', exitCode: exitCodes.good };
  });
  return { ...outcome, changes };
}

async function carryOut(context: RunContext): Promise<RunOutcome> {
  const { config, schemas } = context.project;
  const description = { command: 'promote', schemas: [...new Set([...schemas].flat())].toSorted(), arguments: {} };
  return withRun(context, description, async (run) => {
    run.announcer.tell({
      event: 'run_start',
      command: 'promote',
      project: config.name,
      target: config.target.name,
      schemas: [...schemas.keys()].toSorted(),
      total: 0,
      threads: 1,
      expected_ms: {},
    });
    const started = performance.now();
    const done = await cancellable(run.control, context.signal, () => exchange(context, run));
    const duration = performance.now() - started;
    for (const { logical, previous } of done.schemas) {
      const kept = done.rights.has(logical) ? previous : null;
      run.announcer.tell({ event: 'promote', schema: logical, previous_schema: kept, duration_ms: duration });
    }
    if (run.control.isOpen) await emptyTrash(run.control, done.schemas.map(({ logical }) => logical), context.signal);
    return { status: 'success', exitCode: exitCodes.good, counts: noCounts };
  });
}

/** Plans and promotes; where something changed meanwhile or a lock was not to be had, plans and tries again. */
async function exchange({ project, signal }: RunContext, run: RunSession): Promise<PromotePlan> {
  const { announcer, control } = run;
  const started = Date.now();
  let told = false;
  for (;;) {
    const plan = await planPromote(control, project);
    if (hasErrors(plan.diagnostics)) throw new Refusal(plan.diagnostics, exitCodes.failed);
    await makeIndexes(control, plan);
    const problem = await attempt(run, plan);
    if (problem === undefined) return plan;
    if (signal.aborted || isCancelled(problem.error)) throw problem.error;
    if (!mayPass(problem.error)) throw new Refusal([refusal(problem)], exitCodes.failed);
    if (Date.now() - started > giveUpAfterMs) throw new Refusal([await blocked(control, plan)], exitCodes.failed);
    if (!told && Date.now() - started > silentMs) announcer.report([await waiting(control, plan)]);
    told ||= Date.now() - started > silentMs;
    await sleep(500 + Math.random() * 500, undefined, { signal });
  }
}

/** Makes on the target's tables the indexes that others added to production's, before anything is locked. */
async function makeIndexes(control: Session, { attached, relations, schemas }: PromotePlan): Promise<void> {
  for (const { logical, target } of schemas) {
    for (const old of relations.in(logical)) {
      const successor = relations.get(target, old.name);
      if (successor?.kind !== 'table') continue;
      for (const attachment of attached.get(old.oid)?.attachments ?? []) {
        if (attachment.kind !== 'index' || relations.get(target, attachment.name) !== undefined) continue;
        try {
          await control.query(moveIndex(attachment.definition, target));
        } catch (problem) {
          if (isCancelled(problem) || !(problem instanceof ServerError)) throw problem;
          const message = `the index "${attachment.name}", which somebody made on "${logical}.${old.name}", cannot be made on the new table`;
          const hint = 'Drop it, promote, and create it again.';
          throw new Refusal([toDatabaseFailure('DBL2401', problem, message, undefined, hint).diagnostic], exitCodes.failed);
        }
      }
    }
  }
}

interface Problem {
  readonly error: ServerError;
  readonly part: PromotePart | undefined;
}

/** Tries the transaction once; undefined when it is committed. */
async function attempt({ afterLoss, control, runId }: RunSession, plan: PromotePlan): Promise<Problem | undefined> {
  const script = promoteScript(plan, { runId, lockTimeoutMs, trashOf: (schema) => trashOf(schema, runId) });
  try {
    await control.batch(script.text);
    return undefined;
  } catch (problem) {
    if (problem instanceof ConnectionLost) {
      const promoted = await afterLoss(control, (session) => readPromoted(session, runId));
      if (promoted === undefined) throw new Refusal([unknownOutcome(problem)], exitCodes.noConnection);
      if (promoted.size > 0) return undefined;
    }
    if (!(problem instanceof ServerError)) throw problem;
    await control.rollback();
    return { error: problem, part: script.failed(problem)?.part };
  }
}

function unknownOutcome({ reason }: ConnectionLost): Diagnostic {
  const message = `the connection to the server was lost in the midst of promoting, and whether that went through cannot be told: ${reason}`;
  return error('DBL2202', message, undefined, { hint: 'All of it did or nothing of it. When the server can be reached again, dbl history tells.' });
}

/** Something changed since it was planned, or a lock was not to be had. */
function mayPass(problem: ServerError): boolean {
  return isRetryable(problem) || [changedSqlstate, '42P01', '3F000'].includes(problem.sqlstate);
}

function refusal({ error: problem, part }: Problem): Diagnostic {
  if (part?.kind === 'restore view') return misfit(part.view, problem.message);
  if (part?.kind === 'lock view') {
    const message = `the view "${part.view.schema}.${part.view.name}" reads production and cannot be pointed at the new one: ${problem.message}`;
    return error('DBL2401', message, undefined, { hint: 'Promote as a role that owns it, or drop it, promote, and create it again.' });
  }
  return toDatabaseFailure('DBL2504', problem, 'the server refused to promote', undefined).diagnostic;
}

async function waiting(control: Session, plan: PromotePlan): Promise<Diagnostic> {
  const hint = `Readers go on meanwhile. dbl tries for ${giveUpAfterMs / 60_000} minutes.`;
  return warning('DBL2402', `promoting waits for others who hold locks that it needs: ${await holders(control, plan)}`, undefined, { hint });
}

async function blocked(control: Session, plan: PromotePlan): Promise<Diagnostic> {
  const hint = 'Wait for them or end them, then promote again. Nothing was changed.';
  const message = `promoting gave up after ${giveUpAfterMs / 60_000} minutes, since others hold locks that it needs: ${await holders(control, plan)}`;
  return error('DBL2402', message, undefined, { hint });
}

/** Who is at the views that must be replaced, or puts something into the schemas that must be renamed. */
async function holders(control: Session, { rights, schemas, views }: PromotePlan): Promise<string> {
  const renamed = schemas.flatMap(({ logical, target }) => [logical, target]).filter((schema) => rights.has(schema));
  const { rows } = await control.query(
    `SELECT DISTINCT a.pid, a.usename, a.application_name FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.relation = ANY ($1::oid[]) OR (l.classid = 'pg_namespace'::regclass AND l.objid IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($2::text[]))))
    ORDER BY a.pid`,
    [views.map(({ oid }) => oid), renamed],
  );
  return rows.map((row) => `process ${row['pid']} (${[row['usename'], row['application_name']].filter(Boolean).join(', ')})`).join(', ') || 'they have gone by now';
}
