import type { Place } from '../diagnostics/index.js';

/** `model.staging.arrests`: kind, schema (of a source: the source's name), name. A test is `test.<name>`. */
export type NodeId = string;

type NodeKind = 'source' | 'model' | 'test';

/** How one node came to depend on another: `ref()` or `source()`, or a plain name in SQL. */
type Via = 'ref' | 'name';

export interface Dependency {
  readonly id: NodeId;
  readonly via: Via;
  /** The place that says so; undefined where it cannot be told (a computed name). */
  readonly at: Place | undefined;
}

/** What the graph knows of a node. Rooms below extend it. */
export interface GraphNode {
  readonly id: NodeId;
  readonly kind: NodeKind;
  /** A model's logical schema, a source's schema in the database, '' for a test. */
  readonly schema: string;
  readonly name: string;
  /** Path of the file that declares it, relative to the project. */
  readonly file: string;
  readonly tags: readonly string[];
  /** What its own text reads. Sorted by id, one entry for each id. */
  readonly dependsOn: readonly Dependency[];
  /** The name under which a source is declared; undefined for other kinds. */
  readonly sourceName?: string | undefined;
  /** What a model becomes (`table`, `view`), for the selector `type:`. */
  readonly materialized?: string | undefined;
}

export type Graph<N extends GraphNode = GraphNode> = ReadonlyMap<NodeId, N>;
