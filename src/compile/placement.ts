import { applyEdits, retarget } from '../sql/index.js';
import type { CompiledProject, CompiledSql, Placement, RelationName } from './compiled-project.js';

/** SQL as it is sent to the server, and the way back to the compiled text. */
export interface PlacedSql {
  readonly text: string;
  /** From an offset of `text` to one of the compiled text. */
  toOriginal(offset: number): number;
}

/** Points every node that the SQL reads at the relation that `place` gives for it. */
export function placedSql(sql: Pick<CompiledSql, 'text' | 'references'>, place: Placement): PlacedSql {
  const edits = sql.references.map(({ id, start, end }) => {
    const { schema, name } = place(id);
    return retarget(sql.text, { start, end, name }, schema);
  });
  return applyEdits(sql.text, edits);
}

/** Every model in its target's schema, every source where it is. */
export function targetPlacement(project: CompiledProject): Placement {
  return placement(project, (logical) => project.schemas.get(logical) ?? logical);
}

/** Every model in production. */
export function productionPlacement(project: CompiledProject): Placement {
  return placement(project, (logical) => logical);
}

function placement(project: CompiledProject, schemaOf: (logical: string) => string): Placement {
  return (id): RelationName => {
    const node = project.graph.get(id);
    if (node === undefined || node.kind === 'test') throw new Error(`${id} has no relation`);
    if (node.kind === 'source') return { schema: node.schema, name: node.identifier };
    return { schema: schemaOf(node.schema), name: node.name };
  };
}
