import type { RecordedRelation } from '../../../src/audit/index.js';
import type { CompiledProject } from '../../../src/compile/index.js';
import type { Diagnostic } from '../../../src/diagnostics/index.js';
import { type NodeId, select } from '../../../src/graph/index.js';
import { type BuildPlan, type BuildState, planBuild, RelationIndex } from '../../../src/plan/index.js';
import type { Relation } from '../../../src/postgres/index.js';
import { compileFiles } from '../compile/project.js';

export interface Planned {
  readonly plan: BuildPlan;
  readonly diagnostics: readonly Diagnostic[];
}

export interface PlanOptions {
  /** What the database holds; a list of names stands for tables of dbl's own in the target. */
  readonly state?: Partial<BuildState> | readonly string[];
  /** Default: everything. */
  readonly select?: readonly string[];
  readonly hold?: boolean;
}

/** Plans the build of models, given by `schema.table`; what has a `/` in its name, or is the configuration, is another file. */
export async function planOf(files: Readonly<Record<string, string>>, options: PlanOptions = {}): Promise<Planned> {
  return planProject(await compileModels(files), options);
}

export async function compileModels(files: Readonly<Record<string, string>>): Promise<CompiledProject> {
  const named = Object.entries(files).map(([name, text]) => [/\/|config/.test(name) ? name : `models/POPULATE-${name.replace('.', '-')}.sql`, text]);
  const { diagnostics, project } = await compileFiles(Object.fromEntries(named) as Record<string, string>);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return project;
}

export function planProject(project: CompiledProject, { hold = false, select: words, state = [] }: PlanOptions = {}): Planned {
  const selected = select(project.graph, { select: words, exclude: undefined });
  const { diagnostics, value } = planBuild(project, new Set(selected.value), 'map' in state ? stateOf(state.map((name) => table(name))) : { ...stateOf([]), ...state }, hold);
  if (value === undefined) throw new Error('no plan');
  return { plan: value, diagnostics };
}

/** A database that holds these relations, all of them dbl's own. */
export function stateOf(relations: readonly Relation[], more: Partial<BuildState> = {}): BuildState {
  return {
    relations: new RelationIndex(relations),
    recorded: new Map(relations.map((relation) => [relation.oid, recorded(relation)])),
    ownIndexes: new Set(),
    held: [],
    attached: new Map(),
    defaultGrants: new Map(),
    expected: new Map(),
    ...more,
  };
}

/** What dbl remembers of a relation that the run `earlier` built from the SQL `f`. */
export function recorded({ name, oid, schema }: Relation): RecordedRelation {
  const node = `model.${schema}.${name}`;
  return { schema, name, node, relid: oid, fingerprint: 'f', publishedBy: 'earlier', lastRun: 'earlier', lastStatus: 'success', indexes: [] };
}

/** A relation, by `schema.name`; the oid is made of the name, so that the same name has the same. */
export function table(name: string, kind: Relation['kind'] = 'table'): Relation {
  const dot = name.indexOf('.');
  const oid = name.split('').reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1_000_003, 7);
  return { schema: name.slice(0, dot), name: name.slice(dot + 1), oid, kind, owner: 'me', comment: undefined, estimatedRows: undefined, bytes: 0 };
}

/** Groups by their members' short names: `[['a'], ['b', 'c']]`. */
export function groupsOf({ groups }: BuildPlan): readonly (readonly string[])[] {
  return groups.map(({ members }) => members.map(short));
}

/** The checks of each group, in the form `a: test.x, staging.a.unique.id`. */
export function checksOf({ groups }: BuildPlan): readonly string[] {
  return groups.flatMap(({ checks, members }) => (checks.length === 0 ? [] : [`${members.map(short).join('+')}: ${checks.map(({ id }) => id).join(', ')}`]));
}

/** What each model waits for: `{ b: ['a'] }`. */
export function parentsOf({ nodes }: BuildPlan): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...nodes.values()].map(({ node, parents }) => [short(node.id), parents.map(short)]));
}

/** `model.staging.a` is `a`. */
export function short(id: NodeId): string {
  return id.split('.').slice(2).join('.');
}
