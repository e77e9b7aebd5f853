import type { Diagnostic } from '../diagnostics/index.js';
import { formatDiagnostic } from './format-diagnostic.js';
import type { Look } from './look.js';
import { count } from './quantities.js';
import type { CheckEnd } from './run-record.js';
import { formatTable } from './text-table.js';

/**
 * A check that did not pass, for people: what is wrong, the first failing rows, and the query for all of them.
 * @param diagnostic what the run says of it, with the place that declares it; undefined where it says nothing
 */
export function formatCheck(check: CheckEnd, diagnostic: Diagnostic | undefined, look: Look): string {
  const { failures, sample, sql } = check;
  const lines = [diagnostic === undefined ? headOf(check, look) : formatDiagnostic(diagnostic, look)];
  if (sample !== null && sample.rows.length > 0) {
    lines.push(...indent(formatTable(sample, { ...look, width: look.width - 4 })));
    if (failures !== null && failures > sample.rows.length) {
      lines.push(`    (the first ${count(sample.rows.length)} of ${count(failures)})`);
    }
  }
  if (sql !== null) lines.push(`  ${sample === null ? 'the query' : 'all of them'}:`, ...indent(sql.trim()));
  return lines.join('\n');
}

function headOf({ check_id, description, message, status }: CheckEnd, { paint }: Look): string {
  const color = status === 'warn' ? paint.yellow : paint.red;
  const said = status === 'warn' ? 'warns' : status === 'error' ? 'could not run' : 'failed';
  const head = `${color(`check "${check_id}" ${said}`)}: ${paint.bold(message)}`;
  return description === null ? head : `${head}\n  ${description.trim().replaceAll(/\s+/g, ' ')}`;
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => (line.trim() === '' ? '' : `    ${line}`));
}
