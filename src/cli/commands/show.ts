import { isGood } from '../../diagnostics/index.js';
import { type Rows, formatTable, plural } from '../../report/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples, addOutput } from '../examples.js';
import { oneQuery } from '../node-argument.js';
import type { Output } from '../output.js';
import { runCommand } from '../run-command.js';

const defaultLimit = 10;

export const show: CliCommand = {
  define: (command) => {
    command
      .argument('<model>', 'name of a model or a test')
      .description(
        "Runs a model's query, or a test's, as it stands in the project, and prints the first rows. Nothing is built: what it " +
          'reads is read from the target.',
      )
      .option('--limit <number>', `how many rows (default: ${defaultLimit})`);
    addOutput(command);
    addExamples(command, [
      ['dbl show agencies', `the first ${defaultLimit} rows of a query`],
      ['dbl show staging.agencies --limit 100', 'more of them'],
      ['dbl show agencies --limit 1000 --output json', 'for a script: {"columns": […], "rows": […]}'],
    ]);
  },
  run: (invocation) => {
    const { args, options, output } = invocation;
    const asJson = options.text('output') === 'json';
    return runCommand(
      invocation,
      async (context) => {
        const { show: showRows } = await import('../../run/index.js');
        const node = oneQuery(context.project, args[0] ?? '');
        if (!isGood(node)) {
          output.diagnostics(node.diagnostics);
          return { status: 'failed', exitCode: 2, rows: undefined };
        }
        return showRows(context, node.value, options.number('limit') ?? defaultLimit);
      },
      {
        print: ({ rows }) => {
          if (rows !== undefined) output.result('show', () => (asJson ? JSON.stringify(rows) : render(rows, output)), rows);
        },
      },
    );
  },
};

function render(rows: Rows, { stdout }: Output): string {
  // What goes to a file or another program is not cut.
  const width = process.stdout.isTTY ? stdout.width : Infinity;
  return `${formatTable(rows, { ...stdout, width })}\n(${plural(rows.rows.length, 'row')})`;
}
