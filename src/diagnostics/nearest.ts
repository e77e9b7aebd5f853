import { distance } from 'fastest-levenshtein';
import { compare } from './diagnostic.js';

/**
 * The candidates that a mistyped name probably meant, nearest first, at most `limit`.
 * A candidate counts when a third of its letters at most differ, and not all of them, or when one name holds the other.
 */
export function nearest(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase();
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const lower = candidate.toLowerCase();
    const longest = Math.max(wanted.length, lower.length);
    const allowed = Math.min(longest - 1, Math.max(1, Math.floor(longest / 3)));
    const edits = isSwap(wanted, lower) ? 1 : distance(wanted, lower);
    const holds = Math.min(wanted.length, lower.length) >= 3 && (wanted.includes(lower) || lower.includes(wanted));
    if (edits <= allowed) scored.push({ candidate, score: edits });
    else if (holds) scored.push({ candidate, score: allowed + edits });
  }
  scored.sort((a, b) => a.score - b.score || compare(a.candidate, b.candidate));
  return scored.slice(0, limit).map(({ candidate }) => candidate);
}

/** Two neighbouring letters changed places: one slip of the fingers, though two edits. */
function isSwap(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at < a.length && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** `Did you mean "a" or "b"?`, or undefined where nothing is near: fits a diagnostic's hint. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  return askFor(nearest(name, candidates));
}

/** As `didYouMean`, where it is known what could be meant. */
export function askFor(candidates: readonly string[]): string | undefined {
  const names = candidates.map((candidate) => `"${candidate}"`);
  if (names.length === 0) return undefined;
  const last = names.pop();
  return `Did you mean ${names.length === 0 ? last : `${names.join(', ')} or ${last}`}?`;
}
