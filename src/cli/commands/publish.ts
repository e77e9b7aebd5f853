import type { CliCommand } from '../cli-command.js';
import { addExamples } from '../examples.js';
import { runCommand } from '../run-command.js';

export const publish: CliCommand = {
  define: (command) => {
    command.description(
      'Publishes all tables that "dbl build --hold" has built, checked and held. Until then they stand in the workbench, a ' +
        'schema beside the target, where they can be looked at by hand.',
    );
    addExamples(command, [
      ['dbl build --hold', 'build and check, publish nothing'],
      ['dbl publish', 'publish what is held in the default target'],
      ['dbl publish --target staging_dev', 'the same in the target that is named'],
    ]);
  },
  run: (invocation) =>
    runCommand(invocation, async (context) => {
      const { publishHeld } = await import('../../run/index.js');
      return publishHeld(context);
    }),
};
