import type { CompiledProject } from '../compile/index.js';
import { type Result, failed, ok } from '../diagnostics/index.js';
import {
  type Reporter,
  type RunRecord,
  fanOut,
  jsonReporter,
  lineReporter,
  liveReporter,
  recordRun,
  summary,
  verdict,
  writeRunResults,
} from '../report/index.js';
import type { EventSink, RunContext, RunOutcome } from '../run/index.js';
import type { Invocation } from './cli-command.js';
import { listenForInterrupt } from './interrupt.js';
import { commandPrefix } from './invoked-as.js';
import { type Output, writeError, writeOut } from './output.js';
import { openProject } from './project.js';
import { threadRange, wholeNumber } from './settings.js';

interface RunOptions<Outcome extends RunOutcome> {
  /** Prints what the command was asked for, where that is more than a summary. */
  readonly print?: (outcome: Outcome) => void | Promise<void>;
}

/**
 * Compiles the project and does `work` on the database, while its events are shown; then come results, summary and exit code.
 * Ctrl-C and SIGTERM abort the context's signal.
 */
export async function runCommand<Outcome extends RunOutcome>(
  { output, settings, version }: Invocation,
  work: (context: RunContext) => Promise<Outcome>,
  options: RunOptions<Outcome> = {},
): Promise<number> {
  const project = await openProject(settings, output);
  if (project === undefined) return 2;
  const { outcome, record } = await observe(output, (sink, signal) => work({ project, sink, signal, version }));
  const unwritten = writeRunResults(project.config.folder, record);
  if (unwritten !== undefined) output.diagnostics([unwritten]);
  await options.print?.(outcome);
  if (!output.json) {
    const promotable = !project.config.target.inPlace;
    const text = output.quiet ? verdict(record) : summary(record, output.stdout, { dbl: commandPrefix(), promotable });
    // The gap between progress and result belongs to the progress: a result begins with its first line.
    const progress = record.nodes.size + record.checks.length + record.diagnostics.length > 0;
    if (text !== '' && progress && !output.quiet) writeError('\n');
    if (text !== '') writeOut(`${text}\n`);
  }
  return outcome.exitCode;
}

/** Work on the database, with its events shown while it goes on. */
interface Observed<Outcome> {
  readonly outcome: Outcome;
  readonly record: RunRecord;
}

export async function observe<Outcome>(
  output: Output,
  work: (sink: EventSink, signal: AbortSignal) => Promise<Outcome>,
): Promise<Observed<Outcome>> {
  const reporter = await chooseReporter(output);
  const { record, sink } = recordRun();
  const interrupt = listenForInterrupt((text) => reporter.note(text));
  try {
    const outcome = await work(fanOut(sink, reporter.sink), interrupt.signal);
    return { outcome, record };
  } finally {
    interrupt.release();
    reporter.close();
  }
}

/** The threads to work with: `--threads`, `DBL_THREADS`, the configuration; undefined: dbl's own choice. */
export function threadsOf(project: CompiledProject, flag: number | undefined): Result<{ readonly threads: number | undefined }> {
  const text = project.config.env['DBL_THREADS'] ?? '';
  if (flag !== undefined || text === '') return ok({ threads: flag ?? project.config.threads });
  const problem = wholeNumber('DBL_THREADS', text, threadRange.min, threadRange.max);
  return problem === undefined ? ok({ threads: Number(text) }) : failed(problem);
}

async function chooseReporter({ json, quiet, stderr }: Output): Promise<Reporter> {
  if (json) return jsonReporter(writeOut, writeError);
  return isLively() && !quiet ? liveReporter(process.stderr, stderr) : lineReporter(writeError, stderr, quiet);
}

/** Whether progress goes to a terminal that can be redrawn, with somebody in front of it. */
function isLively(): boolean {
  const ci = process.env['CI'] ?? '';
  const { columns, isTTY } = process.stderr;
  return isTTY && columns > 0 && process.env['TERM'] !== 'dumb' && (ci === '' || ci === 'false');
}
