import { hasErrors } from '../../diagnostics/index.js';
import { formatNodeRuns, formatRuns, toNodeRunRow, toRunRow, unusual } from '../../report/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples, addOutput } from '../examples.js';
import { oneModel } from '../node-argument.js';
import type { Output } from '../output.js';
import { openProject, readConfig } from '../project.js';
import { observe } from '../run-command.js';
import type { Settings } from '../settings.js';

const defaultLimit = 20;
/** Earlier runs that are read besides, so that the oldest ones shown can be compared with something. */
const measuredAgainst = 20;

export const history: CliCommand = {
  define: (command) => {
    command
      .argument('[model]', 'name of a model')
      .description(
        'Shows the newest runs, of all targets, as the database remembers them; or what runs did to one model: how long it ' +
          'took and how many rows it had, with what was slower or smaller than usual marked.',
      )
      .option('--limit <number>', `how many (default: ${defaultLimit})`);
    addOutput(command);
    addExamples(command, [
      ['dbl history', `the last ${defaultLimit} runs`],
      ['dbl history agencies', 'one model: durations and rows over time'],
      ['dbl history --limit 100 --output json', 'for a script'],
    ]);
  },
  run: ({ args, options, output, settings }) => {
    const [name] = args;
    const limit = options.number('limit') ?? defaultLimit;
    const asJson = options.text('output') === 'json';
    return name === undefined ? allRuns(settings, output, limit, asJson) : modelRuns(settings, output, name, limit, asJson);
  },
};

async function allRuns(settings: Settings, output: Output, limit: number, asJson: boolean): Promise<number> {
  const { diagnostics, value: config } = await readConfig(settings);
  output.diagnostics(diagnostics);
  if (config === undefined || hasErrors(diagnostics)) return 2;
  const { runHistory } = await import('../../run/index.js');
  const { outcome } = await observe(output, (sink, signal) => runHistory({ config, sink, signal }, limit));
  if (outcome.rows === undefined) return outcome.exitCode;
  const rows = outcome.rows.map(toRunRow);
  output.result('history', () => (asJson ? JSON.stringify(rows, null, 2) : formatRuns(rows, output.stdout)), rows);
  return outcome.exitCode;
}

async function modelRuns(settings: Settings, output: Output, name: string, limit: number, asJson: boolean): Promise<number> {
  const project = await openProject(settings, output);
  if (project === undefined) return 2;
  const { config } = project;
  const { diagnostics, value: node } = oneModel(project, name);
  output.diagnostics(diagnostics);
  if (node === undefined) return 2;
  const { nodeHistory } = await import('../../run/index.js');
  const read = limit + measuredAgainst;
  const { outcome } = await observe(output, (sink, signal) => nodeHistory({ config, sink, signal }, node.id, read));
  if (outcome.rows === undefined) return outcome.exitCode;
  const all = outcome.rows.map(toNodeRunRow);
  const odd = unusual(all);
  const rows = all.slice(0, limit).map((row, index) => ({ ...row, slower: odd[index]?.slower ?? false, smaller: odd[index]?.smaller ?? false }));
  const text = (): string => (asJson ? JSON.stringify(rows, null, 2) : formatNodeRuns(node.name, all, limit, output.stdout));
  output.result('history', text, rows);
  return outcome.exitCode;
}
