/** What is known while a run goes on; times are milliseconds. */
export interface Progress {
  /** What an earlier run needed for each node that history knows. */
  readonly expected: Readonly<Record<string, number>>;
  readonly total: number;
  readonly threads: number;
  readonly ended: ReadonlyMap<string, unknown>;
  /** For how long each node has been worked on. */
  readonly running: ReadonlyMap<string, number>;
}

/** The part of a run's nodes that history must know before a guess is better than none. */
const knownEnough = 0.7;

/**
 * How long a run will probably go on, in milliseconds: what the remaining nodes needed before, spread over the threads, and
 * at least the longest of them. Nodes that history does not know count as an average one.
 * undefined where history knows too little, or nothing is left.
 */
export function remainingTime({ ended, expected, running, threads, total }: Progress): number | undefined {
  const known = Object.entries(expected);
  const left = total - ended.size;
  if (left <= 0 || known.length === 0 || known.length < total * knownEnough) return undefined;
  const average = known.reduce((sum, [, time]) => sum + time, 0) / known.length;
  const remaining = known
    .filter(([node]) => !ended.has(node))
    .map(([node, time]) => Math.max(0, time - (running.get(node) ?? 0)));
  const work = remaining.reduce((sum, time) => sum + time, 0) + Math.max(0, left - remaining.length) * average;
  return Math.max(work / Math.max(1, Math.min(threads, left)), ...remaining);
}
