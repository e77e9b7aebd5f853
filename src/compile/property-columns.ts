import { type Diagnostic, didYouMean, warning } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { outputColumns, parseSql } from '../sql/index.js';
import type { ModelNode, ProjectNode } from './compiled-project.js';
import type { NameLookup } from './name-lookup.js';

/**
 * Warns of properties of a column that its model does not have. Only where the query tells its columns: what a `*` over
 * a source gives is known to the database alone. Parsed again here, since few models describe columns and trees are large.
 */
export function reportUnknownColumns(
  graph: ReadonlyMap<NodeId, ProjectNode>,
  lookup: NameLookup,
  report: (diagnostic: Diagnostic) => void,
): void {
  const known = new Map<NodeId, readonly string[] | undefined>();
  for (const node of graph.values()) {
    if (node.kind !== 'model' || node.columns.length === 0) continue;
    const names = columnsOf(node, graph, lookup, known);
    if (names === undefined) continue;
    for (const { name, at } of node.columns) {
      if (names.includes(name)) continue;
      const hint = didYouMean(name, names) ?? `It has ${names.map((column) => `"${column}"`).join(', ')}.`;
      report(warning('DBL1402', `"${node.schema}.${node.name}" has no column "${name}"`, at, { hint }));
    }
  }
}

function columnsOf(
  node: ModelNode,
  graph: ReadonlyMap<NodeId, ProjectNode>,
  lookup: NameLookup,
  known: Map<NodeId, readonly string[] | undefined>,
): readonly string[] | undefined {
  if (known.has(node.id)) return known.get(node.id);
  known.set(node.id, undefined);
  const parsed = node.sql.text === '' ? undefined : parseSql(node.sql.text);
  if (parsed === undefined || !parsed.ok || parsed.sql.statements.length !== 1) return undefined;
  const columns = outputColumns(parsed.sql, ({ schema, name }) => {
    const found = lookup.relation(schema, name, node.schema);
    const parent = found.kind === 'node' ? graph.get(found.id) : undefined;
    return parent?.kind === 'model' ? columnsOf(parent, graph, lookup, known) : undefined;
  });
  const names = columns?.map((column) => column.name);
  known.set(node.id, names);
  return names;
}
