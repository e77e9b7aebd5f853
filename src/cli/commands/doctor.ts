import { type Diagnostic, hasErrors } from '../../diagnostics/index.js';
import { formatFindings, plural } from '../../report/index.js';
import type { Finding } from '../../run/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples, addOutput } from '../examples.js';
import { readProject } from '../project.js';
import { observe } from '../run-command.js';

export const doctor: CliCommand = {
  define: (command) => {
    command.description(
      'Looks at the configuration, the project, the connection, the version of the server, what the role may do, and settings ' +
        'of the server that will hurt, and names the cure for each thing that is wrong. Changes nothing.',
    );
    addOutput(command);
    addExamples(command, [
      ['dbl doctor', 'with the default target'],
      ['dbl doctor --target production_copy', 'with the target that is named'],
      ['dbl doctor --output json', 'for a script: [{"name", "status", "message", "cure"}]'],
    ]);
  },
  run: async ({ options, output, settings }) => {
    const { diagnostics, value: project } = await readProject(settings);
    output.diagnostics(diagnostics);
    if (project === undefined || hasErrors(diagnostics)) return 2;
    const { config, graph } = project;
    const { diagnose } = await import('../../run/index.js');
    const { outcome, record } = await observe(output, (sink, signal) => diagnose({ config, sink, signal }, [...project.schemas.values()]));
    const models = [...graph.values()].filter((node) => node.kind === 'model').length;
    const findings: readonly Finding[] = [
      good('configuration', `${config.file?.path ?? 'no file, so the defaults'}, target "${config.target.name}"`),
      good('project', `${plural(models, 'model')}, no mistakes`),
      ...noConnection(record.diagnostics),
      ...outcome.findings,
    ];
    const asJson = options.text('output') === 'json';
    output.result('doctor', () => (asJson ? JSON.stringify(findings, null, 2) : formatFindings(findings, output.stdout)), findings);
    return outcome.exitCode;
  },
};

function good(name: string, message: string): Finding {
  return { name, status: 'ok', message, cure: null };
}

/** Nothing more can be found out without a connection; why there is none the diagnostics say. */
function noConnection(diagnostics: readonly Diagnostic[]): Finding[] {
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  return problem === undefined ? [] : [{ name: 'connection', status: 'error', message: problem.message, cure: problem.hint ?? null }];
}
