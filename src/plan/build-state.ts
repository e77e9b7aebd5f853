import { appliedMigrations, type HeldRow, readExpectedDurations, readHeld, readRecorded, type RecordedRelation } from '../audit/index.js';
import type { CompiledProject } from '../compile/index.js';
import type { NodeId } from '../graph/index.js';
import { type Attached, type Attachment, readAttached, readDefaultGrants, readRelations, type Relation, type Session } from '../postgres/index.js';
import { workbenchOf } from './schemas.js';

/** What the database says about a project's schemas: all that planning needs to know of it. */
export interface BuildState {
  /** Relations in the target, the workbenches, production, and the schemas of sources and of the search path. */
  readonly relations: RelationIndex;
  /** Relations in the target that dbl made, by oid; whatever else has a model's name there is somebody else's. */
  readonly recorded: ReadonlyMap<number, RecordedRelation>;
  /** Indexes that dbl made on them. */
  readonly ownIndexes: ReadonlySet<number>;
  readonly held: readonly HeldRow[];
  /** What hangs on the relations that models have in the target, by oid. */
  readonly attached: ReadonlyMap<number, Attached>;
  /** What a new table gets from the default privileges of its schema, by schema, and under '' what it gets in every schema. */
  readonly defaultGrants: ReadonlyMap<string, readonly Attachment[]>;
  /** Milliseconds that nodes needed before. */
  readonly expected: ReadonlyMap<NodeId, number>;
}

/** Relations by schema and name. */
export class RelationIndex {
  readonly #bySchema = new Map<string, Map<string, Relation>>();

  constructor(relations: readonly Relation[]) {
    for (const relation of relations) {
      const names = this.#bySchema.get(relation.schema);
      if (names === undefined) this.#bySchema.set(relation.schema, new Map([[relation.name, relation]]));
      else names.set(relation.name, relation);
    }
  }

  get(schema: string, name: string): Relation | undefined {
    return this.#bySchema.get(schema)?.get(name);
  }

  in(schema: string): readonly Relation[] {
    return [...(this.#bySchema.get(schema)?.values() ?? [])];
  }
}

/** Reads it in a handful of round trips, however large the project is. */
export async function readBuildState(session: Session, project: CompiledProject): Promise<BuildState> {
  const physical = [...project.schemas.values()];
  const sources = [...project.graph.values()].flatMap((node) => (node.kind === 'source' ? [node.schema] : []));
  const undeclared = [...project.graph.values()].flatMap((node) =>
    node.kind === 'source' ? [] : node.sql.undeclared.flatMap(({ schema }) => (schema === undefined ? [] : [schema])),
  );
  const schemas = new Set([
    ...physical,
    ...physical.map(workbenchOf),
    ...project.schemas.keys(),
    ...sources,
    ...undeclared,
    ...project.config.searchPath,
    'public',
  ]);
  const relations = new RelationIndex(await readRelations(session, [...schemas]));
  // A dry run may come before the first run, which makes the audit schema.
  const hasHistory = (await appliedMigrations(session)) > 0;
  const recorded = hasHistory ? await readRecorded(session, physical) : [];
  const ownIndexes = new Set(recorded.flatMap(({ indexes }) => indexes));
  const replaced = [...project.graph.values()].flatMap((node) => {
    const relation = node.kind === 'model' ? relations.get(node.physicalSchema, node.name) : undefined;
    return relation === undefined ? [] : [relation.oid];
  });
  return {
    relations,
    recorded: new Map(recorded.flatMap((known): [number, RecordedRelation][] => (known.relid === undefined ? [] : [[known.relid, known]]))),
    ownIndexes,
    held: hasHistory ? await readHeld(session, physical) : [],
    attached: await readAttached(session, replaced, ownIndexes),
    defaultGrants: await readDefaultGrants(session, physical),
    expected: hasHistory ? await readExpectedDurations(session, project.config.target.name) : new Map(),
  };
}
