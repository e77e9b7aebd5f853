import type { CliCommand } from '../cli-command.js';
import { addExamples, addSelection } from '../examples.js';
import { runCommand } from '../run-command.js';

export const test: CliCommand = {
  define: (command) => {
    command.description(
      'Runs the checks, those of properties and those below tests/, on what the target holds now, or on production. Nothing ' +
        'is built or changed. For each check that fails a sample of the failing rows is shown, and the SQL for all of them.',
    );
    addSelection(command);
    command.option('--production', 'look at production instead of the target');
    addExamples(command, [
      ['dbl test', 'all checks, on the default target'],
      ['dbl test --select agencies', 'the checks of one model'],
      ['dbl test --target staging_dev --production', 'what production holds, by the same checks'],
    ]);
  },
  run: (invocation) => {
    const { options } = invocation;
    return runCommand(invocation, async (context) => {
      const { test: runChecks } = await import('../../run/index.js');
      return runChecks(context, {
        select: options.words('select'),
        exclude: options.words('exclude'),
        production: options.flag('production'),
      });
    });
  },
};
