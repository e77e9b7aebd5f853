import { Command, CommanderError } from 'commander';
import { reportBug } from './bug.js';
import { type CliCommand, CommandOptions } from './cli-command.js';
import { commandList } from './command-list.js';
import { exit, tolerateClosedPipes } from './exit.js';
import { type Output, openOutput, writeError } from './output.js';
import { addGlobalOptions, globalOptionsWithValue, readSettings } from './settings.js';
import { usageMistake } from './usage-mistake.js';

/** Reads the words of a command line, runs the command that they name, and ends the process. */
export async function runCommandLine(words: readonly string[], version: string): Promise<never> {
  tolerateClosedPipes();
  const output = await openOutput(glimpse(words));
  const bug = (problem: unknown): void => void exit(reportBug(problem, version, output));
  process.on('uncaughtException', bug);
  process.on('unhandledRejection', bug);
  // Nothing is left to wait for, and still the command has not come to its end.
  process.once('beforeExit', () => bug(new Error('the command stopped before its end')));
  let code: number;
  try {
    code = await dispatch(words, version, output);
  } catch (problem) {
    code = reportBug(problem, version, output);
  }
  return exit(code);
}

async function dispatch(words: readonly string[], version: string, output: Output): Promise<number> {
  const wanted = commandNamed(words);
  const listed = wanted === undefined ? undefined : commandList.get(wanted);
  const chosen = await listed?.load();
  const program = describeProgram(version, wanted, chosen);
  if (words.length === 0) return helpInstead(program);
  const command = program.commands.find((one) => one.name() === wanted);
  try {
    program.parse(words, { from: 'user' });
  } catch (problem) {
    if (!(problem instanceof CommanderError)) throw problem;
    if (problem.exitCode === 0) return 0;
    if (problem.code === 'commander.help' && program.args.length === 0) return helpInstead(program);
    output.diagnostics([usageMistake(problem, program, command)]);
    return 2;
  }
  if (command === undefined || chosen === undefined) return 2;
  const { diagnostics, settings } = readSettings(command.optsWithGlobals());
  if (diagnostics.length > 0) {
    output.diagnostics(diagnostics);
    return 2;
  }
  return chosen.run({ args: command.args, options: new CommandOptions(command.opts()), settings, output, version });
}

/** What a command line without a command gets. */
function helpInstead(program: Command): number {
  program.configureOutput({ writeErr: writeError }).outputHelp({ error: true });
  return 2;
}

/** All commands with their summaries, and all that there is to know of the chosen one. */
function describeProgram(version: string, wanted: string | undefined, chosen: CliCommand | undefined): Command {
  const program = new Command('dbl')
    .description('From a folder of SQL files to checked, published tables in Postgres.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
    .addHelpText('after', '\nStart with "dbl init". "dbl build --help" has examples, and so has every command.');
  addGlobalOptions(program);
  for (const [name, { summary }] of commandList) {
    const command = program.command(name).summary(summary).description(summary).helpOption('-h, --help', 'print this help');
    if (name === wanted) chosen?.define(command);
    command.action(() => {});
  }
  return program;
}

/** The first word that is neither an option nor an option's value; of `dbl help build` it is `build`. */
function commandNamed(words: readonly string[]): string | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (globalOptionsWithValue.has(word)) at += 1;
    else if (!word.startsWith('-') && word !== 'help') return word;
  }
  return undefined;
}

/** How to speak, before the command line is understood: its mistakes must be told somehow. */
function glimpse(words: readonly string[]): Parameters<typeof openOutput>[0] {
  const format = words[words.indexOf('--log-format') + 1];
  const json = words.includes('--log-format=json') || (words.includes('--log-format') && format === 'json');
  return { logFormat: json ? 'json' : 'text', color: !words.includes('--no-color'), quiet: words.includes('--quiet') };
}
