import { formatChanges } from '../../report/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples, addOutput } from '../examples.js';
import { runCommand } from '../run-command.js';

export const promote: CliCommand = {
  define: (command) => {
    command.description(
      "Puts a whole target in production's place, in one transaction: readers see the old schema or the new one, never an " +
        'error. What was production is kept beside it as <schema>__previous. It is refused, with the reasons, when a model is ' +
        'missing, failed, or built from other SQL than the project now holds.',
    );
    command.option('--dry-run', 'tell what would change and what stands in the way, and change nothing');
    addOutput(command);
    addExamples(command, [
      ['dbl promote', 'the default target'],
      ['dbl promote --target staging_dev', 'the target that is named'],
      ['dbl promote --dry-run --output json', 'for a script: what would be added, removed, changed'],
    ]);
  },
  run: (invocation) => {
    const { options, output } = invocation;
    const asJson = options.text('output') === 'json';
    return runCommand(
      invocation,
      async (context) => {
        const { promote: promoteTarget } = await import('../../run/index.js');
        return promoteTarget(context, { dryRun: options.flag('dryRun') });
      },
      {
        print: ({ changes }) => {
          if (changes === undefined) return;
          output.result('promote', () => (asJson ? JSON.stringify(changes) : formatChanges(changes, output.stdout)), changes);
        },
      },
    );
  },
};
