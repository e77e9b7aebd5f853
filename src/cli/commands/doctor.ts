import type { CompiledProject } from '../../compile/index.js';
import { type Diagnostic, hasErrors } from '../../diagnostics/index.js';
import { fanOut, formatFindings, plural, recordRun } from '../../report/index.js';
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
    if (project === undefined) return 2;
    const { config } = project;
    const { diagnose } = await import('../../run/index.js');
    // Why there is no connection is one of the findings: in a text for people it is not told twice.
    const { record, sink: keep } = recordRun();
    const { outcome } = await observe(output, (shown, signal) => {
      const sink = output.json ? fanOut(keep, shown) : keep;
      return diagnose({ config, sink, signal }, [...project.schemas.values()]);
    });
    const findings: readonly Finding[] = [
      good('configuration', `${config.file?.path ?? 'no file, so the defaults'}, target "${config.target.name}"`),
      projectFinding(project, diagnostics),
      ...noConnection(record.diagnostics),
      ...outcome.findings,
    ];
    const asJson = options.text('output') === 'json';
    output.result('doctor', () => (asJson ? JSON.stringify(findings, null, 2) : formatFindings(findings, output.stdout)), findings);
    return hasErrors(diagnostics) ? 2 : outcome.exitCode;
  },
};

function projectFinding({ graph }: CompiledProject, diagnostics: readonly Diagnostic[]): Finding {
  const models = [...graph.values()].filter((node) => node.kind === 'model').length;
  const mistakes = diagnostics.filter(({ severity }) => severity === 'error').length;
  if (mistakes === 0) return good('project', `${plural(models, 'model')}, no mistakes`);
  return { name: 'project', status: 'error', message: `${plural(models, 'model')}, ${plural(mistakes, 'mistake')}`, cure: '"dbl compile" shows them.' };
}

function good(name: string, message: string): Finding {
  return { name, status: 'ok', message, cure: null };
}

/** Nothing more can be found out without a connection; why there is none the diagnostics say. */
function noConnection(diagnostics: readonly Diagnostic[]): Finding[] {
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  return problem === undefined ? [] : [{ name: 'connection', status: 'error', message: problem.message, cure: problem.hint ?? null }];
}
