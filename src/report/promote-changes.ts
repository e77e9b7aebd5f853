import type { PromoteChanges } from '../plan/index.js';
import type { Look } from './look.js';
import { count, plural } from './quantities.js';
import { formatColumns } from './text-table.js';

/** What promoting would do, for people: the blockers last, since they are what must be seen. */
export function formatChanges(changes: PromoteChanges, { paint }: Look): string {
  const { added, blockers, changed, removed, repaired, unchanged } = changes;
  const sections = [
    section('unchanged in form', unchanged.map(({ name, rows_after, rows_before }) => [name, fromTo(rows_before, rows_after)]), paint.dim),
    section('added', added.map(({ name, rows }) => [name, about(rows)]), paint.green),
    section('removed', removed.map(({ name, rows }) => [name, about(rows)]), paint.red),
    section(
      'changed',
      changed.map((table) => [table.name, fromTo(table.rows_before, table.rows_after), table.changes.join(', ')]),
      paint.yellow,
    ),
    section('views that will be pointed at the new tables', repaired.map((view) => [view]), paint.bold),
    section('in the way', blockers.map((blocker) => [blocker]), paint.red),
  ];
  const verdict = blockers.length === 0 ? 'nothing is in the way' : `${plural(blockers.length, 'thing is', 'things are')} in the way`;
  return [...sections.filter((text) => text !== ''), verdict].join('\n\n');
}

function section(title: string, rows: readonly (readonly string[])[], paint: (text: string) => string): string {
  if (rows.length === 0) return '';
  const lines = formatColumns(rows).split('\n');
  return [paint(title), ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Rows are what the planner guesses; null where it has not looked yet. */
function about(rows: number | null): string {
  return rows === null ? '' : `about ${plural(rows, 'row')}`;
}

function fromTo(before: number | null, after: number | null): string {
  if (before === null || after === null || before === after) return about(after);
  return `about ${count(before)} → ${plural(after, 'row')}`;
}
