import { type RunRecord, nodeName, verbOf } from './run-record.js';

/** More failed models than this are not listed in a command: then all is built again. */
const mostSelected = 5;

/** What a run's events do not tell, and its summary must know. */
export interface SummaryOptions {
  /** How the user calls dbl: `dbl`, or `npx dbl`. */
  readonly dbl: string;
  /** False where there is nothing to promote: the target is production itself. */
  readonly promotable: boolean;
}

/** Commands that a person will probably want to type after a run, each with what it is for; the likeliest first. */
export function nextSteps(record: RunRecord, { dbl, promotable }: SummaryOptions): (readonly [string, string])[] {
  const { end, start } = record;
  if (end === undefined || start === undefined) return [];
  const target = ` --target ${shellWord(start.target)}`;
  const promote: readonly [string, string] = [`${dbl} promote${target}`, "put it in production's place"];
  if (end.status === 'success') {
    switch (start.command) {
      case 'build':
      case 'build --hold':
        if ([...record.nodes.values()].some((node) => node.status === 'held')) {
          return [[`${dbl} publish${target}`, 'publish what is held']];
        }
        if (record.nodes.size === 0) return [];
        return [[`${dbl} test${target}`, 'check again what the target holds'], ...(promotable ? [promote] : [])];
      case 'test':
        return promotable && record.checks.length > 0 ? [promote] : [];
      case 'publish':
        return promotable ? [promote] : [];
      default:
        return [];
    }
  }
  if (end.status === 'cancelled') {
    return verbOf(start) === 'build' ? [[`${dbl} build --resume${target}`, 'go on with the rest']] : [[`${dbl} ${start.command}${target}`, 'begin again']];
  }
  if (verbOf(start) !== 'build') return [];
  // What was cancelled for the failure of another is no descendant of it.
  const isCutShort = [...record.nodes.values()].some((node) => node.status === 'cancelled');
  return [[isCutShort ? `${dbl} build --resume${target}` : `${dbl} ${start.command}${target}${selectFailed(record)}`, 'when it is mended']];
}

/** ` --select staging.arrests+`: what failed, what was held back with it (not what is held on purpose, without a reason), and all that was skipped for them. */
function selectFailed({ nodes }: RunRecord): string {
  const again = [...nodes.values()].filter((node) => node.status === 'failed' || (node.status === 'held' && node.reason !== null));
  if (again.length === 0 || again.length > mostSelected) return '';
  return ` --select ${again.map((node) => shellWord(`${nodeName(node.node)}+`)).join(' ')}`;
}

/** A word as a shell reads it: quoted where it holds more than what every shell takes as it stands. */
export function shellWord(text: string): string {
  return /^[\w.+:@%/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
