import { setTimeout as sleep } from 'node:timers/promises';
import { error, hasErrors } from '../diagnostics/index.js';
import { planPromote, type PromoteChanges, type PromotePlan, trashOf } from '../plan/index.js';
import { isRetryable, ServerError, type Session } from '../postgres/index.js';
import { exitCodes, type RunContext, type RunOutcome } from './context.js';
import { toDatabaseFailure } from './failure.js';
import { moveIndex } from './move-index.js';
import { promoteScript } from './promote-script.js';
import { noCounts, Refusal, type RunSession, withRun } from './run-session.js';
import { emptyTrash } from './trash.js';

export interface PromoteOptions {
  /** Tell what would change, and change nothing. */
  readonly dryRun: boolean;
}

/** What promoting did or would do; undefined where it did not come to that. */
export type PromoteOutcome = RunOutcome & { readonly changes: PromoteChanges | undefined };

const lockTimeoutMs = 300;
const giveUpAfterMs = 300_000;

/** Puts a whole target in production's place, in one transaction. Production is kept as `<schema>__previous`. */
export async function promote(context: RunContext, options: PromoteOptions): Promise<PromoteOutcome> {
  const { project } = context;
  const schemas = [...project.schemas].flat().toSorted();
  let changes: PromoteChanges | undefined;
  const description = { command: 'promote', schemas: [...new Set(schemas)], arguments: { dryRun: options.dryRun } };
  const outcome = await withRun(context, description, async (run) => {
    const plan = await planPromote(run.control, project);
    changes = options.dryRun ? plan.changes : undefined;
    run.announcer.report(plan.diagnostics);
    const good = { status: 'success', exitCode: exitCodes.good, counts: noCounts } as const;
    if (options.dryRun) return hasErrors(plan.diagnostics) ? { ...good, status: 'failed', exitCode: exitCodes.failed } : good;
    if (hasErrors(plan.diagnostics)) throw new Refusal([], exitCodes.failed);
    run.announcer.tell({
      event: 'run_start',
      command: 'promote',
      project: project.config.name,
      target: project.config.target.name,
      schemas: plan.schemas.map(({ logical }) => logical),
      total: 0,
      threads: 1,
      expected_ms: {},
    });
    await makeIndexes(run.control, plan);
    const started = performance.now();
    const done = await exchange(context, run, plan);
    const duration = performance.now() - started;
    for (const { logical, previous } of done.schemas) {
      const kept = done.rights.has(logical) ? previous : null;
      run.announcer.tell({ event: 'promote', schema: logical, previous_schema: kept, duration_ms: duration });
    }
    await emptyTrash(run.control, done.schemas.map(({ logical }) => logical));
    return good;
  });
  return { ...outcome, changes };
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
          const message = `the index "${attachment.name}", which somebody made on "${logical}.${old.name}", cannot be made on the new table`;
          throw new Refusal([toDatabaseFailure('DBL2401', problem, message, undefined).diagnostic], exitCodes.failed);
        }
      }
    }
  }
}

/** Carries the plan out; where something changed meanwhile or a lock was not to be had, plans and tries again. */
async function exchange(context: RunContext, { control, runId }: RunSession, plan: PromotePlan): Promise<PromotePlan> {
  const started = Date.now();
  const stop = (): void => void control.cancel();
  context.signal.addEventListener('abort', stop);
  try {
    for (let current = plan; ; ) {
      const problem = await attempt(control, current, runId);
      if (problem === undefined) return current;
      if (context.signal.aborted || !mayPass(problem)) throw problem;
      if (Date.now() - started > giveUpAfterMs) throw new Refusal([await blocked(control, current)], exitCodes.failed);
      await sleep(500 + Math.random() * 500, undefined, { signal: context.signal }).catch(() => undefined);
      current = await planPromote(control, context.project);
      if (hasErrors(current.diagnostics)) throw new Refusal(current.diagnostics, exitCodes.failed);
    }
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}

async function attempt(control: Session, plan: PromotePlan, runId: string): Promise<ServerError | undefined> {
  try {
    await control.batch(promoteScript(plan, { runId, lockTimeoutMs, trashOf: (schema) => trashOf(schema, runId) }));
    return undefined;
  } catch (problem) {
    if (!(problem instanceof ServerError)) throw problem;
    await control.query('ROLLBACK');
    return problem;
  }
}

function mayPass(problem: ServerError): boolean {
  return isRetryable(problem) || ['22012', '42P01', '3F000'].includes(problem.sqlstate);
}

async function blocked(control: Session, plan: PromotePlan): Promise<ReturnType<typeof error>> {
  const { rows } = await control.query(
    `SELECT DISTINCT a.pid, a.usename FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.granted AND l.pid <> pg_backend_pid() AND l.relation = ANY ($1::oid[]) ORDER BY a.pid`,
    [plan.views.map(({ oid }) => oid)],
  );
  const holders = rows.map((row) => `process ${row['pid']} (${row['usename']})`).join(', ') || 'they have gone by now';
  const hint = 'Wait for them or end them, then promote again. Nothing was changed.';
  return error('DBL2402', `promoting gave up after ${giveUpAfterMs / 60_000} minutes, since others hold locks that it needs: ${holders}`, undefined, { hint });
}
