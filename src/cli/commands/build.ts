import type { CliCommand } from '../cli-command.js';
import { addExamples, addSelection } from '../examples.js';
import { runCommand, threadsOf } from '../run-command.js';

export const build: CliCommand = {
  define: (command) => {
    command.description(
      'Builds every selected model anew, in the order of the graph and in parallel. Each table is built and checked out of ' +
        'sight, and only then published, in one transaction: nobody ever sees half a table, or one that a check forbids. ' +
        'When one fails, what was there before stays, and only what is downstream of it is skipped.',
    );
    addSelection(command);
    command
      .option('--threads <number>', 'how many tables are built at the same time (or DBL_THREADS)')
      .option('--fail-fast', 'start nothing new after the first failure, and cancel what runs')
      .option('--hold', 'stop before publishing: look at the tables, then "dbl publish"')
      .option('--dry-run', 'print what would be done, and do nothing')
      .addOption(
        command
          .createOption('--resume', 'go on with the last build that did not finish: do again only what is not good')
          .conflicts(['select', 'exclude', 'hold', 'dryRun']),
      );
    addExamples(command, [
      ['dbl build', 'everything, in the default target'],
      ['dbl build --target staging_dev --select +arrests', 'one model and all that it reads'],
      ['dbl build --select tag:daily --exclude path:models/archive', 'by tag, without a folder'],
      ['dbl build --select agencies+ --hold', 'build and check, but let me look before anyone sees it'],
      ['dbl build --dry-run', 'the steps, in their order'],
      ['dbl build --resume', 'after a failure, Ctrl-C or a crash'],
    ]);
  },
  run: (invocation) => {
    const { options, output } = invocation;
    return runCommand(
      invocation,
      async (context) => {
        const threads = threadsOf(context.project, options.number('threads'));
        output.diagnostics(threads.diagnostics);
        if (threads.value === undefined) return { status: 'failed', exitCode: 2, steps: undefined };
        const { build: buildModels } = await import('../../run/index.js');
        return buildModels(context, {
          select: options.words('select'),
          exclude: options.words('exclude'),
          threads: threads.value.threads,
          failFast: options.flag('failFast'),
          hold: options.flag('hold'),
          dryRun: options.flag('dryRun'),
          resume: options.flag('resume'),
        });
      },
      {
        print: async ({ steps }) => {
          if (steps === undefined) return;
          const { describeStep } = await import('../../plan/index.js');
          output.result('build', () => steps.map(describeStep).join('\n'), { steps });
        },
      },
    );
  },
};
