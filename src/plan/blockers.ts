import { type CompiledProject, type ModelNode, widen } from '../compile/index.js';
import { type Diagnostic, didYouMean, error, sortDiagnostics } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import type { BuildState } from './build-state.js';

/** What a selected model or its checks read that is neither selected nor in the target: the command cannot be carried out. */
export function missingParents(
  node: ModelNode,
  chosen: ReadonlyMap<NodeId, ModelNode>,
  heldBefore: ReadonlySet<NodeId>,
  project: CompiledProject,
  state: BuildState,
): readonly Diagnostic[] {
  const missing = (id: NodeId): ModelNode | undefined => {
    const parent = project.graph.get(id);
    if (parent?.kind !== 'model' || id === node.id || chosen.has(id) || heldBefore.has(id)) return undefined;
    return state.relations.get(parent.physicalSchema, parent.name) === undefined ? parent : undefined;
  };
  const queried = node.dependsOn.flatMap(({ id, at }) => {
    const parent = missing(id);
    if (parent === undefined) return [];
    const message = `"${label(node)}" reads "${label(parent)}", which is not in "${parent.physicalSchema}"`;
    return [error('DBL2101', message, at ?? node.file, { hint: `Build what it reads as well: --select +${node.name}` })];
  });
  const known = new Set(node.dependsOn.map(({ id }) => id));
  const checked = node.checks.flatMap((check) =>
    check.reads.flatMap((id) => {
      const parent = known.has(id) ? undefined : missing(id);
      if (parent === undefined) return [];
      const message = `the check "${check.id}" reads "${label(parent)}", which is not in "${parent.physicalSchema}"`;
      return [error('DBL2101', message, check.at, { hint: `Build that as well: --select ${node.name} ${parent.name}` })];
    }),
  );
  return [...queried, ...checked];
}

/** Why a model cannot be built or published, as far as that can be told before anything is built; empty where it can. */
export function blockers(node: ModelNode, project: CompiledProject, state: BuildState): readonly Diagnostic[] {
  const inTheWay = publishBlocker(node, state);
  const missing = [...missingSources(node, project, state), ...missingUndeclared(node, project, state)];
  return [...(inTheWay === undefined ? [] : [inTheWay]), ...sortDiagnostics(missing)];
}

/** What is to be published, and where. */
export type Published = Pick<ModelNode, 'physicalSchema' | 'name' | 'materialized' | 'file'>;

/** Why what has the name in the target cannot be replaced. */
export function publishBlocker(node: Published, state: BuildState): Diagnostic | undefined {
  return foreignRelation(node, state) ?? obstacles(node, state);
}

/** Something has the table's name in the target that dbl did not make: it is not dbl's to replace. */
function foreignRelation(node: Published, state: BuildState): Diagnostic | undefined {
  const { physicalSchema: schema, name } = node;
  const existing = state.relations.get(schema, name);
  if (existing === undefined) return undefined;
  if (state.recorded.has(existing.oid)) return undefined;
  return error('DBL2102', `"${schema}.${name}" is ${/^[aeiou]/.test(existing.kind) ? 'an' : 'a'} ${existing.kind} that dbl did not make, so it is not replaced`, node.file, {
    hint: 'Rename it, move it to another schema or drop it; then build again.',
  });
}

/** Something hangs on the old table that cannot be carried over to the new one. A view that stays a view is replaced in place and keeps it. */
function obstacles(node: Published, state: BuildState): Diagnostic | undefined {
  const existing = state.relations.get(node.physicalSchema, node.name);
  if (existing?.kind === 'view' && node.materialized === 'view') return undefined;
  const attached = existing === undefined ? undefined : state.attached.get(existing.oid);
  const found = (attached?.attachments ?? []).flatMap((attachment) => (attachment.kind === 'obstacle' ? [attachment] : []));
  if (found.length === 0) return undefined;
  const list = found.map(({ type, identity }) => `${type} ${identity}`).join('; ');
  return error('DBL2401', `"${node.physicalSchema}.${node.name}" cannot be replaced, since this hangs on it: ${list}`, node.file, {
    hint: 'dbl did not make it and does not drop it. Drop it, build, and create it again.',
  });
}

/** Sources that are not in the database. */
function missingSources(node: ModelNode, project: CompiledProject, state: BuildState): readonly Diagnostic[] {
  return node.dependsOn.flatMap(({ id, at }) => {
    const parent = project.graph.get(id);
    if (parent?.kind !== 'source' || state.relations.get(parent.schema, parent.identifier) !== undefined) return [];
    const names = state.relations.in(parent.schema).map((relation) => relation.name);
    const known = didYouMean(parent.identifier, names) ?? (names.length === 0 ? nothingIn(parent.schema) : undefined);
    const declared = `The source is declared in ${parent.file}.`;
    const message = `the source "${parent.schema}.${parent.identifier}" is not in the database`;
    return [error('DBL2203', message, at ?? node.file, { hint: known === undefined ? declared : `${known} ${declared}` })];
  });
}

/** Relations that nobody declared, and that are not in the database either. */
function missingUndeclared(node: ModelNode, project: CompiledProject, state: BuildState): readonly Diagnostic[] {
  const path = [node.physicalSchema, ...project.config.searchPath, 'public'];
  return node.sql.undeclared.flatMap((missing) => {
    const { schema } = missing;
    const schemas = schema === undefined ? path : [schema];
    if (schemas.some((one) => state.relations.get(one, missing.name) !== undefined)) return [];
    const named = (name: string): string => (schema === undefined ? name : `${schema}.${name}`);
    const names = schemas.flatMap((one) => state.relations.in(one)).map(({ name }) => named(name));
    const hint = didYouMean(named(missing.name), names) ?? (schema === undefined ? lookedIn(path) : names.length === 0 ? nothingIn(schema) : undefined);
    const [innermost, ...calledFrom] = node.sql.locate(missing.start);
    const at = innermost && widen(innermost, missing.end - missing.start);
    return [error('DBL2103', `"${named(missing.name)}" is neither a model nor a table of the database`, at, { calledFrom, hint })];
  });
}

function lookedIn(schemas: readonly string[]): string {
  return `It was looked for in ${[...new Set(schemas)].map((schema) => `"${schema}"`).join(', ')}.`;
}

function nothingIn(schema: string): string {
  return `The schema "${schema}" is empty or does not exist.`;
}

function label(node: ModelNode): string {
  return `${node.schema}.${node.name}`;
}
