import type { Place, SourceFile } from '../diagnostics/index.js';
import type { LoadedConfig } from '../config/index.js';
import type { Graph, GraphNode, NodeId } from '../graph/index.js';

/** A project as it stands for one target: what planning and running start from. */
export interface CompiledProject {
  readonly config: LoadedConfig;
  readonly graph: Graph<ProjectNode>;
  /** The physical schema of every logical schema that holds a model. */
  readonly schemas: ReadonlyMap<string, string>;
}

export type ProjectNode = SourceNode | ModelNode | TestNode;

export interface SourceNode extends GraphNode {
  readonly kind: 'source';
  /** The table's name in the database, where `schema` is. */
  readonly identifier: string;
  readonly sourceName: string;
  readonly description: string | undefined;
}

export interface ModelNode extends GraphNode {
  readonly kind: 'model';
  readonly physicalSchema: string;
  readonly materialized: 'table' | 'view';
  readonly sql: CompiledSql;
  readonly description: string | undefined;
  readonly columns: readonly ModelColumn[];
  readonly indexes: readonly ModelIndex[];
  /** The checks that its properties declare; files in `tests/` are nodes of their own. */
  readonly checks: readonly Check[];
  /** SHA-256 of what it is built from, its parents' fingerprints included. */
  readonly fingerprint: string;
}

interface ModelColumn {
  readonly name: string;
  readonly description: string | undefined;
  readonly at: Place;
}

export interface ModelIndex {
  readonly columns: readonly string[];
  readonly unique: boolean;
  /** An access method: btree, hash, gin, … */
  readonly method: string;
}

export interface TestNode extends GraphNode {
  readonly kind: 'test';
  readonly sql: CompiledSql;
  readonly severity: 'error' | 'warn';
  readonly description: string | undefined;
}

/** Rendered SQL with every relation in it that is a node, so that each can be read from wherever a run has it. */
export interface CompiledSql {
  readonly file: SourceFile;
  readonly text: string;
  readonly references: readonly NodeReference[];
  /** Relations that are no node and that the database must have; see `undeclaredSources`. */
  readonly undeclared: readonly UndeclaredRelation[];
  /** From an offset of `text` to the source, innermost first. */
  locate(offset: number): readonly Place[];
}

/** `text.slice(start, end)` names a node's relation, as `schema.name` or as `name`. */
export interface NodeReference {
  readonly id: NodeId;
  readonly start: number;
  readonly end: number;
}

export interface UndeclaredRelation {
  readonly schema: string | undefined;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** What a model must fulfil before it is published. `id` is stable from run to run. */
export type Check = CheckBase &
  (
    | {
        readonly kind: 'query';
        readonly query: CheckQuery;
        /** The file below `tests/` that holds the query; undefined for a check from properties. */
        readonly file: CompiledSql | undefined;
      }
    | { readonly kind: 'row_count'; readonly min: number | undefined; readonly max: number | undefined }
    | {
        readonly kind: 'row_count_ratio';
        readonly min: number | undefined;
        readonly max: number | undefined;
        readonly against: 'published' | 'production';
      }
    | { readonly kind: 'command'; readonly command: readonly string[] }
  );

export interface CheckBase {
  readonly id: string;
  /** The model whose publishing it gates. */
  readonly node: NodeId;
  readonly severity: 'error' | 'warn';
  readonly description: string | undefined;
  /** Other nodes that it reads. */
  readonly reads: readonly NodeId[];
  readonly at: Place;
}

/** Gives the query whose rows are the failures, for relations where `place` says they are. */
export type CheckQuery = (place: Placement) => string;

/** Where a node's relation is read from. */
export type Placement = (id: NodeId) => RelationName;

export interface RelationName {
  readonly schema: string;
  readonly name: string;
}
