import { error } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { type Attached, readAttached, ServerError, type Session } from '../postgres/index.js';
import type { View } from './carry-over.js';
import { NodeFailure, toDatabaseFailure } from './failure.js';
import type { PublishItem, PublishPart } from './publish-script.js';
import type { Script } from './script.js';

/** A view that is gone until this run builds it anew, and what hung on it. */
export type DroppedView = View & { readonly attached: Attached | undefined };

/** What may be done, and has been done so far, to make fit what does not. */
export interface Room {
  /** Whether a view, given as `schema.name`, is dbl's own and built later by this run. */
  readonly isRebuiltLater: (view: string) => boolean;
  readonly dropped: Map<number, DroppedView>;
  readonly recreated: Set<NodeId>;
}

/** A new definition does not fit: columns that are gone or have another type, operators that lack for it. */
export const misfits: ReadonlySet<string> = new Set(['42P16', '42703', '42883', '42804', '42846', '42725']);

/** Finds another way to publish what does not fit as it is; false: there is none. */
export async function makeRoom(session: Session, part: PublishPart, { dropped, isRebuiltLater, recreated }: Room): Promise<boolean> {
  if (part.kind === 'replace view') {
    if (part.item.existing?.kind !== 'view' || recreated.has(part.item.node) || obstaclesOn(part.item).length > 0) return false;
    recreated.add(part.item.node);
    return true;
  }
  if (part.kind !== 'restore view') return false;
  const found: DroppedView[] = [];
  const pending = [part.view];
  for (let view = pending.pop(); view !== undefined; view = pending.pop()) {
    if (!isRebuiltLater(`${view.schema}.${view.name}`)) return false;
    const attached = (await readAttached(session, [view.oid])).get(view.oid);
    found.push({ ...view, attached });
    for (const attachment of attached?.attachments ?? []) {
      if (attachment.kind === 'obstacle') return false;
      if (attachment.kind === 'view') pending.push(attachment);
    }
  }
  for (const view of found) dropped.set(view.oid, view);
  return true;
}

/** Why nothing is published: every view for which no room can be made, not only the one that `problem` is about. */
export async function misfitFailure(
  session: Session,
  problem: { readonly error: ServerError; readonly part: PublishPart },
  script: Script<PublishPart>,
  items: readonly PublishItem[],
  room: Room,
): Promise<NodeFailure> {
  const { error: first, part } = problem;
  const [file] = items.map((item) => item.file);
  if (part.kind === 'replace view') {
    const { name, schema } = part.item;
    const list = obstaclesOn(part.item).join('; ');
    const message = `the view "${schema}.${name}" cannot be given its new columns in place (${first.message}), nor be made anew, since this hangs on it: ${list}`;
    if (list !== '') return new NodeFailure(error('DBL2401', message, part.item.file, { hint: 'Drop it, build, and create it again.' }), first.sqlstate);
  }
  if (part.kind !== 'restore view') return toDatabaseFailure('DBL2403', first, 'publishing failed', file);
  const all = await everyMisfit(session, script);
  const stuck: string[] = [];
  for (const { error: reason, view } of all.length === 0 ? [{ error: first, view: part.view }] : all) {
    if (await makeRoom(session, { kind: 'restore view', view }, room)) continue;
    stuck.push(`${view.schema}.${view.name} (${reason.message})`);
  }
  const relations = items.map(({ schema, name }) => `"${schema}.${name}"`).join(', ');
  const these = stuck.length === 1 ? 'this view does' : 'these views do';
  const message = `${relations} cannot be replaced, since ${these} not fit the new ${items.length === 1 ? 'one' : 'ones'}: ${stuck.join('; ')}`;
  const hint = 'Keep the columns that are used, or drop the view and create it again; a view that is a model is built along by --select name+.';
  return new NodeFailure(error('DBL2401', message, file, { hint }), first.sqlstate);
}

/** Tries the transaction again, step by step, and goes on after each view that does not fit; changes nothing. */
async function everyMisfit(session: Session, script: Script<PublishPart>): Promise<readonly { readonly error: ServerError; readonly view: View }[]> {
  const found: { error: ServerError; view: View }[] = [];
  try {
    for (const { part, statement } of script.statements()) {
      if (part.kind !== 'restore view') {
        // What comes after the views needs them.
        if (found.length > 0) break;
        await session.query(statement);
        continue;
      }
      await session.query('SAVEPOINT dbl');
      try {
        await session.query(statement);
      } catch (problem) {
        if (!(problem instanceof ServerError) || !misfits.has(problem.sqlstate)) throw problem;
        await session.query('ROLLBACK TO dbl');
        found.push({ error: problem, view: part.view });
      }
    }
  } catch (problem) {
    // A lock that is not to be had this time: what is known so far must do.
    if (!(problem instanceof ServerError)) throw problem;
  }
  await session.rollback();
  return found;
}

function obstaclesOn({ attached }: PublishItem): readonly string[] {
  return (attached?.attachments ?? []).flatMap((one) => (one.kind === 'obstacle' ? [`${one.type} ${one.identity}`] : []));
}
