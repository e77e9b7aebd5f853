import { trashOf, workbenchOf } from '../plan/index.js';
import { createSchema } from '../sql/index.js';
import type { RunSession } from './run-session.js';

/** Makes, where they are missing, the physical schemas that a run publishes into, and beside each its workbench and the run's trash. */
export async function makeSchemas({ control, runId }: Pick<RunSession, 'control' | 'runId'>, schemas: readonly string[]): Promise<void> {
  const needed = schemas.flatMap((schema) => [schema, workbenchOf(schema), trashOf(schema, runId)]);
  if (needed.length > 0) await control.batch(needed.map((schema) => createSchema({ schema, ifNotExists: true })).join(';\n'));
}
