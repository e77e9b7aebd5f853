import { compare, hasErrors } from '../../diagnostics/index.js';
import { select } from '../../graph/index.js';
import { formatNodes, formatTree } from '../../report/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples, addOutput, addSelection } from '../examples.js';
import { openProject } from '../project.js';

export const ls: CliCommand = {
  define: (command) => {
    command.description(
      'Lists models, sources and tests of the project, all or the selected ones: to see what a selector means before it is ' +
        'built, and what depends on what. Needs no database.',
    );
    addSelection(command);
    command.option('--tree', 'as a tree: below each node what it reads');
    addOutput(command);
    addExamples(command, [
      ['dbl ls', 'everything'],
      ['dbl ls --select agencies+', 'what must be built again when agencies changes'],
      ['dbl ls --select +agencies --tree', 'what agencies is made of'],
      ['dbl ls --output json', 'for a script'],
    ]);
  },
  run: async ({ options, output, settings }) => {
    const project = await openProject(settings, output);
    if (project === undefined) return 2;
    const { diagnostics, value: chosen } = select(project.graph, {
      select: options.words('select'),
      exclude: options.words('exclude'),
    });
    output.diagnostics(diagnostics);
    if (chosen === undefined || hasErrors(diagnostics)) return 2;
    const { nodeRecord } = await import('../../compile/index.js');
    const records = [...chosen]
      .toSorted(compare)
      .flatMap((id) => project.graph.get(id) ?? [])
      .map(nodeRecord);
    output.result(
      'ls',
      () => {
        if (options.text('output') === 'json') return JSON.stringify(records, null, 2);
        return options.flag('tree') ? formatTree(project.graph, chosen, output.stdout) : formatNodes(records, output.stdout);
      },
      records,
    );
    return 0;
  },
};
