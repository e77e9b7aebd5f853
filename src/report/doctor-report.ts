import type { Finding } from '../run/index.js';
import type { Look } from './look.js';
import { plural } from './quantities.js';
import { padEnd } from './text-width.js';

/** All findings in the order given, each with its cure, and a verdict. */
export function formatFindings(findings: readonly Finding[], { paint }: Look): string {
  const widest = Math.max(0, ...findings.map((finding) => finding.name.length));
  const lines = findings.flatMap(({ cure, message, name, status }) => {
    const color = status === 'ok' ? paint.green : status === 'warning' ? paint.yellow : paint.red;
    const margin = ' '.repeat(7 + 2 + widest + 2);
    return [
      `${color(padEnd(status, 7))}  ${padEnd(name, widest)}  ${message.split('\n').join(`\n${margin}`)}`,
      ...(cure === null ? [] : [`${margin}${paint.cyan('cure:')} ${cure.split('\n').join(`\n${margin}      `)}`]),
    ];
  });
  return [...lines, '', findingsVerdict(findings)].join('\n');
}

function findingsVerdict(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.status === 'error').length;
  const warnings = findings.filter((finding) => finding.status === 'warning').length;
  const parts = [];
  if (errors > 0) parts.push(plural(errors, 'error'));
  if (warnings > 0) parts.push(plural(warnings, 'warning'));
  return parts.length === 0 ? 'all is well' : parts.join(', ');
}
