import type { CompiledProject, ModelNode, UndeclaredRelation } from '../compile/index.js';
import { type Diagnostic, didYouMean, error } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import type { BuildState } from './build-state.js';

/** Parents of a selected model that are neither selected nor in the target: the command cannot be carried out. */
export function missingParents(
  node: ModelNode,
  chosen: ReadonlyMap<NodeId, ModelNode>,
  heldBefore: ReadonlySet<NodeId>,
  project: CompiledProject,
  state: BuildState,
): readonly Diagnostic[] {
  return node.dependsOn.flatMap(({ id, at }) => {
    const parent = project.graph.get(id);
    if (parent?.kind !== 'model' || chosen.has(id) || heldBefore.has(id)) return [];
    if (state.relations.get(parent.physicalSchema, parent.name) !== undefined) return [];
    const message = `"${label(node)}" reads "${label(parent)}", which is not in "${parent.physicalSchema}"`;
    return [error('DBL2101', message, at ?? node.file, { hint: `Build what it reads as well: --select +${node.name}` })];
  });
}

/** Why a model cannot be built or published, as far as that can be told before anything is built. */
export function blocker(node: ModelNode, project: CompiledProject, state: BuildState): Diagnostic | undefined {
  return foreignRelation(node, state) ?? obstacles(node, state) ?? missingRelation(node, project, state);
}

/** Something has the table's name in the target that dbl did not make: it is not dbl's to replace. */
function foreignRelation(node: ModelNode, state: BuildState): Diagnostic | undefined {
  const { physicalSchema: schema, name } = node;
  const existing = state.relations.get(schema, name);
  if (existing === undefined) return undefined;
  if (state.ownOids.has(existing.oid)) return undefined;
  return error('DBL2102', `"${schema}.${name}" is a ${existing.kind} that dbl did not make, so it is not replaced`, node.file, {
    hint: 'Rename it, move it to another schema or drop it; then build again.',
  });
}

/** Something hangs on the old table that cannot be carried over to the new one. */
function obstacles(node: ModelNode, state: BuildState): Diagnostic | undefined {
  const existing = state.relations.get(node.physicalSchema, node.name);
  const attached = existing === undefined ? undefined : state.attached.get(existing.oid);
  const found = (attached?.attachments ?? []).flatMap((attachment) => (attachment.kind === 'obstacle' ? [attachment] : []));
  if (found.length === 0) return undefined;
  const list = found.map(({ type, identity }) => `${type} ${identity}`).join('; ');
  return error('DBL2401', `"${node.physicalSchema}.${node.name}" cannot be replaced, since this hangs on it: ${list}`, node.file, {
    hint: 'dbl did not make it and does not drop it. Drop it, build, and create it again.',
  });
}

/** A source, or a relation that nobody declared, is not in the database. */
function missingRelation(node: ModelNode, project: CompiledProject, state: BuildState): Diagnostic | undefined {
  for (const { id, at } of node.dependsOn) {
    const parent = project.graph.get(id);
    if (parent?.kind !== 'source' || state.relations.get(parent.schema, parent.identifier) !== undefined) continue;
    const names = state.relations.in(parent.schema).map((relation) => relation.name);
    const nearest = didYouMean(parent.identifier, names);
    const nothing = names.length === 0 ? `The schema "${parent.schema}" is empty or does not exist.` : undefined;
    const message = `the source "${parent.schema}.${parent.identifier}" is not in the database`;
    return error('DBL2203', message, at ?? node.file, { hint: nearest ?? nothing ?? `Declared in ${parent.file}.` });
  }
  const missing = node.sql.undeclared.find((relation) => !exists(relation, node, project, state));
  if (missing === undefined) return undefined;
  const name = missing.schema === undefined ? missing.name : `${missing.schema}.${missing.name}`;
  const [at, ...calledFrom] = node.sql.locate(missing.start);
  return error('DBL2103', `"${name}" is neither a model nor a table of the database`, at, { calledFrom });
}

function exists(relation: UndeclaredRelation, node: ModelNode, project: CompiledProject, state: BuildState): boolean {
  const path = [node.physicalSchema, ...project.config.searchPath, 'public'];
  const schemas = relation.schema === undefined ? path : [relation.schema];
  return schemas.some((schema) => state.relations.get(schema, relation.name) !== undefined);
}

function label(node: ModelNode): string {
  return `${node.schema}.${node.name}`;
}
