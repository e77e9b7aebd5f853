import type { ModelNode, Placement, PlacedSql } from '../compile/index.js';
import { placedSql } from '../compile/index.js';
import { error, unreachable } from '../diagnostics/index.js';
import { type PlannedNode, workbenchOf } from '../plan/index.js';
import { type Attached, isRetryable, type QueryResult, ServerError, type Session } from '../postgres/index.js';
import { analyze, createIndex, createTableAs, createView, quoteIdentifier, quoteLiteral, relationName } from '../sql/index.js';
import { commentStatements } from './comment-statements.js';
import { NodeFailure, toDatabaseFailure, toFailure } from './failure.js';
import { moveIndex } from './move-index.js';
import { Script } from './script.js';

/** What a build left in the workbench. */
export interface Built {
  /** undefined for a view. */
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
}

/** What a statement of the script is about, for the sake of errors. */
type Part =
  | { readonly kind: 'setup' }
  | { readonly kind: 'query'; readonly placed: PlacedSql }
  | { readonly kind: 'index'; readonly columns: string }
  | { readonly kind: 'carried index'; readonly name: string }
  | { readonly kind: 'comment'; readonly column: string | undefined }
  | { readonly kind: 'size' };

export interface WorkbenchOptions {
  readonly searchPath: readonly string[];
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
  const script = buildScript(planned, placed, options);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const results = await session.batch(script.text);
      return builtOf(node, results);
    } catch (problem) {
      if (session.isOpen) await session.query('ROLLBACK');
      if (problem instanceof ServerError && problem.sqlstate === '57014') throw problem;
      if (isRetryable(problem) && attempt < 3) continue;
      throw explain(problem, script, node, placed);
    }
  }
}

function buildScript({ node }: PlannedNode, placed: PlacedSql, options: WorkbenchOptions): Script<Part> {
  const schema = workbenchOf(node.physicalSchema);
  const { name } = node;
  const path = [...new Set([schema, node.physicalSchema, ...options.searchPath, 'public'])].map(quoteIdentifier).join(', ');
  const setup: Part = { kind: 'setup' };
  const script = new Script<Part>()
    .add('BEGIN', setup)
    // Nothing counts before it is published or recorded as held, and that commit flushes this one with it.
    .add('SET LOCAL synchronous_commit = off', setup)
    .add(`SET LOCAL search_path = ${path}`, setup);
  const create = node.materialized === 'view' ? createView : createTableAs;
  const { text, queryOffset } = create({ schema, name, query: placed.text });
  script.add(text, { kind: 'query', placed }, queryOffset);
  if (node.materialized === 'table') addIndexes(script, node, schema, options.attached);
  if (options.comments) {
    for (const { statement, column } of commentStatements(node, schema)) script.add(statement, { kind: 'comment', column });
  }
  if (node.materialized === 'table') {
    script.add(analyze({ schema, name }), setup);
    script.add(`SELECT pg_catalog.pg_table_size(${quoteLiteral(relationName(schema, name))}::pg_catalog.regclass) AS bytes`, { kind: 'size' });
  }
  return script.add('COMMIT', setup);
}

function addIndexes(script: Script<Part>, node: ModelNode, schema: string, attached: Attached | undefined): void {
  for (const { columns, unique, method } of node.indexes) {
    const statement = createIndex({ schema, table: node.name, keys: columns.map((column) => ({ column })), unique, method });
    script.add(statement, { kind: 'index', columns: columns.join(', ') });
  }
  for (const attachment of attached?.attachments ?? []) {
    if (attachment.kind !== 'index') continue;
    script.add(moveIndex(attachment.definition, schema), { kind: 'carried index', name: attachment.name });
  }
}

function builtOf(node: ModelNode, results: readonly QueryResult[]): Built {
  if (node.materialized === 'view') return { rows: undefined, bytes: undefined };
  const bytes = results.at(-2)?.rows[0]?.['bytes'];
  const created = results.find((result) => result.command === 'SELECT' && result.columns.length === 0);
  return { rows: created?.rowCount, bytes: bytes == null ? undefined : Number(bytes) };
}

function explain(problem: unknown, script: Script<Part>, node: ModelNode, placed: PlacedSql): NodeFailure {
  const sent = { sql: node.sql, placed };
  const at = script.at(problem instanceof ServerError ? problem.offset : undefined);
  if (at === undefined) return toFailure(problem, sent, undefined);
  const { part, offset } = at;
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
