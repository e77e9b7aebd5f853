import { type Placement, placedSql } from '../compile/index.js';
import { isRetryable, ServerError, type Session } from '../postgres/index.js';
import type { PlannedNode } from '../plan/index.js';
import { addModel, type BuildPart, type Built, builtOf, explain, type WorkbenchOptions } from './build-model.js';
import { addPublish, type PublishAttempt, type PublishItem, type PublishPart } from './publish-script.js';
import { Script } from './script.js';

/** Readers queue behind it for no longer; where the lock is not to be had, the ordinary way tries again. */
const lockTimeoutMs = 150;

type Part = BuildPart | PublishPart | { readonly kind: 'check' };

/**
 * Builds a model, checks it and publishes it in one transaction and one round trip. `checks`: queries whose rows are failures.
 * Undefined: a check did not pass or the publish did not go through, and nothing was changed; only the ordinary way can say more.
 * Throws NodeFailure where the model itself is at fault; ServerError 57014 where it was cancelled.
 */
export async function buildAtOnce(
  session: Session,
  planned: PlannedNode,
  place: Placement,
  checks: readonly string[],
  item: PublishItem,
  options: WorkbenchOptions & Pick<PublishAttempt, 'runId' | 'trashOf'>,
): Promise<Built | undefined> {
  const { node } = planned;
  const placed = placedSql(node.sql, place);
  const step: Part = { kind: 'step' };
  const script = new Script<Part>().add('BEGIN', step).add(`SET LOCAL search_path = ${options.searchPath}`, step);
  addModel(script, planned, placed, options);
  for (const query of checks) {
    // No rows, or a division by zero: the only way for plain SQL to end a transaction on a condition.
    script.add(`SELECT 1 / (CASE WHEN EXISTS (SELECT FROM (${query}\n) AS failures) THEN 0 ELSE 1 END)`, { kind: 'check' });
  }
  const { runId, trashOf } = options;
  addPublish(script, [item], { runId, guarded: true, trashOf, lockTimeoutMs, dropped: new Map(), recreated: new Set() });
  script.add('COMMIT', step);
  try {
    return builtOf(node, await session.batch(script.text));
  } catch (problem) {
    if (!(problem instanceof ServerError)) throw problem;
    await session.rollback();
    if (problem.sqlstate === '57014') throw problem;
    const failed = script.failed(problem);
    if (failed?.part.kind === 'query' && !isRetryable(problem)) throw explain(problem, { part: failed.part, offset: failed.offset }, node, placed);
    return undefined;
  }
}
