import type { ModelNode, Placement, PlacedSql } from '../compile/index.js';
import { placedSql } from '../compile/index.js';
import { error, unreachable } from '../diagnostics/index.js';
import { type PlannedNode, workbenchOf } from '../plan/index.js';
import { type Attached, isRetryable, type QueryResult, ServerError, type Session } from '../postgres/index.js';
import { analyze, createIndex, createTableAs, createView, quoteLiteral, relationName } from '../sql/index.js';
import { commentStatements } from './comment-statements.js';
import { NodeFailure, toDatabaseFailure, toFailure } from './failure.js';
import { moveIndex } from './move-index.js';
import { Script, type ScriptWriter } from './script.js';

/** What a build left in the workbench. */
export interface Built {
  /** undefined for a view. */
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
}

/** What a statement of the script is about, for the sake of errors. */
export type BuildPart =
  | { readonly kind: 'setup' }
  | { readonly kind: 'query'; readonly placed: PlacedSql }
  | { readonly kind: 'index'; readonly columns: string }
  | { readonly kind: 'carried index'; readonly name: string }
  | { readonly kind: 'comment'; readonly column: string | undefined }
  | { readonly kind: 'size' };

export interface WorkbenchOptions {
  /** Of the author's SQL, quoted, for `SET LOCAL`. */
  readonly searchPath: string;
  readonly comments: boolean;
  /** What hangs on the table that will be replaced: its indexes are made on the new one too. */
  readonly attached: Attached | undefined;
}

/**
 * Builds a model in the workbench, with indexes, comments and statistics, in one transaction and one round trip.
 * @throws NodeFailure, with everything rolled back; ServerError 57014 where it was cancelled
 */
export async function buildModel(session: Session, planned: PlannedNode, place: Placement, options: WorkbenchOptions): Promise<Built> {
  const { node } = planned;
  const placed = placedSql(node.sql, place);
  const setup: BuildPart = { kind: 'setup' };
  const script = new Script<BuildPart>()
    .add('BEGIN', setup)
    // Nothing counts before it is published or recorded as held, and that commit flushes this one with it.
    .add('SET LOCAL synchronous_commit = off', setup)
    .add(`SET LOCAL search_path = ${options.searchPath}`, setup);
  addModel(script, planned, placed, options);
  script.add('COMMIT', setup);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return builtOf(node, await session.batch(script.text));
    } catch (problem) {
      if (session.isOpen) await session.rollback();
      if (problem instanceof ServerError && problem.sqlstate === '57014') throw problem;
      if (isRetryable(problem) && attempt < 3) continue;
      throw explain(problem, problem instanceof ServerError ? script.failed(problem) : undefined, node, placed);
    }
  }
}

/** The statements that build a model, for a transaction whose search path is set. */
export function addModel(script: ScriptWriter<BuildPart>, { node }: PlannedNode, placed: PlacedSql, options: WorkbenchOptions): void {
  const schema = workbenchOf(node.physicalSchema);
  const { name } = node;
  const create = node.materialized === 'view' ? createView : createTableAs;
  const { text, queryOffset } = create({ schema, name, query: placed.text });
  script.add(text, { kind: 'query', placed }, queryOffset);
  if (node.materialized === 'table') addIndexes(script, node, schema, options.attached);
  if (options.comments) {
    for (const { statement, column } of commentStatements(node, schema)) script.add(statement, { kind: 'comment', column });
  }
  if (node.materialized === 'table') {
    script.add(analyze({ schema, name }), { kind: 'setup' });
    const relation = quoteLiteral(relationName(schema, name));
    script.add(`SELECT pg_catalog.pg_table_size(${relation}::pg_catalog.regclass) AS table_bytes`, { kind: 'size' });
  }
}

function addIndexes(script: ScriptWriter<BuildPart>, node: ModelNode, schema: string, attached: Attached | undefined): void {
  // Those of others first: they keep their names, and Postgres makes up names for ours.
  for (const attachment of attached?.attachments ?? []) {
    if (attachment.kind !== 'index') continue;
    script.add(moveIndex(attachment.definition, schema), { kind: 'carried index', name: attachment.name });
  }
  for (const { columns, unique, method } of node.indexes) {
    const statement = createIndex({ schema, table: node.name, keys: columns.map((column) => ({ column })), unique, method });
    script.add(statement, { kind: 'index', columns: columns.join(', ') });
  }
}

/** What the results of a script that holds `addModel` tell. */
export function builtOf(node: ModelNode, results: readonly QueryResult[]): Built {
  if (node.materialized === 'view') return { rows: undefined, bytes: undefined };
  const created = results.find((result) => result.command === 'SELECT' && result.columns.length === 0);
  const bytes = results.flatMap(({ rows }) => rows).find((row) => row['table_bytes'] !== undefined)?.['table_bytes'];
  return { rows: created?.rowCount, bytes: bytes == null ? undefined : Number(bytes) };
}

/** A problem with a script that builds a model; `failed`: the part that it is about, where that can be told. */
export function explain(
  problem: unknown,
  failed: { readonly part: BuildPart; readonly offset: number | undefined } | undefined,
  node: ModelNode,
  placed: PlacedSql,
): NodeFailure {
  const sent = { sql: node.sql, placed };
  if (failed === undefined) return toFailure(problem, sent, undefined);
  const { part, offset } = failed;
  switch (part.kind) {
    case 'index':
      return toDatabaseFailure('DBL2201', problem, `the index on ${part.columns} cannot be made`, node.file);
    case 'carried index': {
      const hint = 'Somebody made this index on the published table. Drop it there, or keep its columns in the query.';
      return toDatabaseFailure('DBL2401', problem, `the index "${part.name}" cannot be made on the new table`, node.file, hint);
    }
    case 'comment': {
      const column = node.columns.find(({ name }) => name === part.column);
      if (!(problem instanceof ServerError)) return toFailure(problem, sent, undefined);
      return new NodeFailure(error('DBL2201', problem.message, column?.at ?? node.file), problem.sqlstate);
    }
    case 'query':
      return toFailure(problem, sent, offset);
    case 'setup':
    case 'size':
      return toFailure(problem, sent, undefined);
    default:
      return unreachable(part);
  }
}
