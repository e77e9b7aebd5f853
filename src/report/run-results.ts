import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, toRecord, warning } from '../diagnostics/index.js';
import type { RunRecord } from './run-record.js';

/** What `.dbl/run_results.json` holds: the last run, as its events told it. undefined where the run did not come to an end. */
function runResults(record: RunRecord): unknown {
  const { checks, diagnostics, end, finishedAt, nodes, promotes, publishes, runId, start, startedAt } = record;
  if (end === undefined || start === undefined) return undefined;
  return {
    version: 1,
    run_id: runId,
    project: start.project,
    command: start.command,
    target: start.target,
    status: end.status,
    exit_code: end.exit_code,
    started_at: startedAt?.toISOString() ?? null,
    finished_at: finishedAt?.toISOString() ?? null,
    duration_ms: end.duration_ms,
    counts: end.counts,
    nodes: [...nodes.values()].map(withoutEvent),
    checks: checks.map(withoutEvent),
    published: publishes.map(withoutEvent),
    promoted: promotes.map(withoutEvent),
    diagnostics: diagnostics.map(toRecord),
  };
}

function withoutEvent<E extends { readonly event: string }>({ event: _event, ...fields }: E): Omit<E, 'event'> {
  return fields;
}

/**
 * Writes `.dbl/run_results.json` below the project's folder in one step, so that no reader sees half of it.
 * Returns a warning where it cannot be written: a run is not wrong for that.
 */
export function writeRunResults(folder: string, record: RunRecord): Diagnostic | undefined {
  const results = runResults(record);
  return results === undefined ? undefined : writeWhole(folder, 'run_results.json', `${JSON.stringify(results, null, 2)}\n`);
}

function writeWhole(folder: string, name: string, text: string): Diagnostic | undefined {
  const file = path.join(folder, '.dbl', name);
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    replaceFile(file, text);
    return undefined;
  } catch (problem) {
    return warning('DBL1720', `".dbl/${name}" cannot be written: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}

function replaceFile(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, file);
  } catch (problem) {
    rmSync(unfinished, { force: true });
    throw problem;
  }
}
