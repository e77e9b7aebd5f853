import type { Graph, NodeId } from '../graph/index.js';
import type { Look } from './look.js';
import { formatColumns } from './text-table.js';

/** What a list tells of a node. */
export interface ListedNode {
  readonly id: NodeId;
  readonly materialized: string | null;
  readonly file: string;
  readonly tags: readonly string[];
}

/** One node a line, under titles. */
export function formatNodes(nodes: readonly ListedNode[], { paint }: Look): string {
  if (nodes.length === 0) return 'nothing to list';
  const tagged = nodes.some((node) => node.tags.length > 0);
  const rows = nodes.map(({ file, id, materialized, tags }) => [id, materialized ?? '', ...(tagged ? [tags.join(',')] : []), file]);
  const titles = ['node', 'made as', ...(tagged ? ['tags'] : []), 'file'];
  const [head = '', ...rest] = formatColumns([titles, ...rows]).split('\n');
  return [paint.bold(head), ...rest].join('\n');
}

/** A line of the tree that is still to be written. */
interface Branch {
  readonly id: NodeId;
  /** What stands before the node itself. */
  readonly margin: string;
  /** What stands before the nodes below it. */
  readonly marginBelow: string;
}

/**
 * The chosen nodes as trees: at the root what none of them reads, below each what it reads. What is below a node that several
 * read is shown once; where the node comes again it is marked.
 */
export function formatTree(graph: Graph, chosen: ReadonlySet<NodeId>, { paint }: Look): string {
  if (chosen.size === 0) return 'nothing to list';
  const parents = new Map<NodeId, NodeId[]>();
  for (const id of chosen) {
    const reads = graph.get(id)?.dependsOn ?? [];
    parents.set(id, reads.map((dependency) => dependency.id).filter((parent) => chosen.has(parent)));
  }
  const read = new Set([...parents.values()].flat());
  const shown = new Set<NodeId>();
  const lines: string[] = [];
  const roots = [...chosen].filter((id) => !read.has(id)).toSorted();
  // A stack, not recursion: a chain may be thousands of nodes deep.
  const stack: Branch[] = roots.map((id) => ({ id, margin: '', marginBelow: '' })).toReversed();
  for (let branch = stack.pop(); branch !== undefined; branch = stack.pop()) {
    const { id, margin, marginBelow } = branch;
    const below = parents.get(id) ?? [];
    const again = shown.has(id) && below.length > 0;
    lines.push(`${paint.dim(margin)}${id}${again ? paint.dim(' (see above)') : ''}`);
    shown.add(id);
    if (!again) stack.push(...branches(below, marginBelow).toReversed());
  }
  return lines.join('\n');
}

function branches(ids: readonly NodeId[], margin: string): Branch[] {
  return ids.map((id, index) => {
    const last = index === ids.length - 1;
    return { id, margin: `${margin}${last ? '└─ ' : '├─ '}`, marginBelow: `${margin}${last ? '   ' : '│  '}` };
  });
}
