import { type Diagnostic, SourceFile, toRecord } from '../../../src/diagnostics/index.js';
import type { Dependency, Graph, GraphNode, NodeId } from '../../../src/graph/index.js';

/** `model.staging.a` and the like, by what they read; a dependency's place is line `n` of the node's file, `n` from 1. */
export function graphOf(edges: Readonly<Record<NodeId, readonly NodeId[]>>, more: Readonly<Record<NodeId, Partial<GraphNode>>> = {}): Graph {
  return new Map(Object.entries(edges).map(([id, reads]) => [id, { ...nodeOf(id, reads), ...more[id] }]));
}

function nodeOf(id: NodeId, reads: readonly NodeId[]): GraphNode {
  const [kind = '', schema = '', ...rest] = id.split('.');
  const name = rest.join('.');
  if (kind === 'test') return { id, kind, schema: '', name: id.slice('test.'.length), file: `tests/${schema}.sql`, tags: [], dependsOn: dependencies(reads, `tests/${schema}.sql`) };
  if (kind === 'source') return { id, kind, schema, name, sourceName: schema, file: 'models/sources.yaml', tags: [], dependsOn: [] };
  const file = `models/${schema}/POPULATE-${schema}-${name}.sql`;
  return { id, kind: 'model', schema, name, file, tags: [], dependsOn: dependencies(reads, file) };
}

function dependencies(reads: readonly NodeId[], path: string): Dependency[] {
  const file = new SourceFile(path, reads.map((id) => `${id}\n`).join(''));
  return reads.map((id, line) => ({ id, via: 'ref', at: file.place(file.offsetAt(line, 0)) }));
}

/** Numbers from 0 up to 1, the same for the same seed (Lehmer's generator). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export interface RandomGraph {
  readonly ids: readonly NodeId[];
  readonly graph: Graph;
  readonly edges: readonly { readonly from: NodeId; readonly to: NodeId }[];
}

export function randomGraph(seed: number): RandomGraph {
  const random = randomNumbers(seed);
  const ids = Array.from({ length: 2 + Math.floor(random() * 14) }, (_, at) => `model.s.${String.fromCharCode(97 + at)}`);
  const density = random() * 0.3;
  const reads = Object.fromEntries(ids.map((id) => [id, ids.filter(() => random() < density)]));
  const shuffled = ids.map((id) => ({ id, order: random() })).toSorted((a, b) => a.order - b.order);
  const graph = graphOf(Object.fromEntries(shuffled.map(({ id }) => [id, reads[id] ?? []])));
  const edges = ids.flatMap((to) => (reads[to] ?? []).map((from) => ({ from, to })));
  return { ids, graph, edges };
}

/** Everything that can be reached from each node over at least one edge, by Warshall's algorithm. */
export function reachable({ ids, edges }: RandomGraph): (from: NodeId, to: NodeId) => boolean {
  const pairs = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  for (const middle of ids) {
    for (const from of ids) {
      if (!pairs.has(`${from} ${middle}`)) continue;
      for (const to of ids) if (pairs.has(`${middle} ${to}`)) pairs.add(`${from} ${to}`);
    }
  }
  return (from, to) => pairs.has(`${from} ${to}`);
}

export function linesOf(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.flatMap((diagnostic) => {
    const { code, severity, message, hint } = toRecord(diagnostic);
    return [`${code}${severity === 'warning' ? ' warning' : ''} ${message}`, ...(hint === null ? [] : [`  ${hint}`])];
  });
}
