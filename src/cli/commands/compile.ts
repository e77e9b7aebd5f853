import type { CompiledProject } from '../../compile/index.js';
import { plural } from '../../report/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples } from '../examples.js';
import { oneQuery } from '../node-argument.js';
import type { Output } from '../output.js';
import { openProject } from '../project.js';
import { writeCompiled } from '../write-compiled.js';

export const compile: CliCommand = {
  define: (command) => {
    command
      .argument('[name]', 'a model or a test: only its SQL, on standard output')
      .description(
        'Renders all templates, reads the SQL with the parser of Postgres, works out what depends on what, and reports every ' +
          'mistake that can be found without a database. Writes .dbl/compiled/<schema>/<table>.sql and .dbl/manifest.json.',
      );
    addExamples(command, [
      ['dbl compile', 'check everything, write .dbl/compiled/'],
      ['dbl compile agencies', 'the SQL of one model, as the default target runs it'],
      ['dbl compile agencies | psql', 'run it by hand'],
      ['dbl compile --target staging_dev --vars \'{"year": 2024}\'', 'with a variable'],
    ]);
  },
  run: async ({ args, output, settings }) => {
    const project = await openProject(settings, output);
    if (project === undefined) return 2;
    const [name] = args;
    return name === undefined ? compileAll(project, output) : compileOne(project, name, output);
  },
};

async function compileAll(project: CompiledProject, output: Output): Promise<number> {
  const { manifest, placedSql, targetPlacement } = await import('../../compile/index.js');
  const place = targetPlacement(project);
  const counts = { model: 0, test: 0, source: 0 };
  const files = new Map<string, Map<string, string>>();
  for (const node of project.graph.values()) {
    counts[node.kind] += 1;
    if (node.kind !== 'model') continue;
    const schema = fileName(node.schema);
    const tables = files.get(schema) ?? new Map<string, string>();
    files.set(schema, tables.set(fileName(node.name), withLineBreak(placedSql(node.sql, place).text)));
  }
  const diagnostics = writeCompiled(project.config.folder, files, manifest(project));
  output.diagnostics(diagnostics);
  if (diagnostics.length > 0) return 2;
  const parts = [plural(counts.model, 'model'), plural(counts.test, 'test'), plural(counts.source, 'source')];
  const text = `compiled ${parts.join(', ')} to .dbl/compiled`;
  const data = { models: counts.model, tests: counts.test, sources: counts.source, folder: '.dbl/compiled' };
  if (!output.quiet || output.json) output.result('compile', () => text, data);
  return 0;
}

async function compileOne(project: CompiledProject, name: string, output: Output): Promise<number> {
  const { diagnostics, value: node } = oneQuery(project, name);
  output.diagnostics(diagnostics);
  if (node === undefined) return 2;
  const { placedSql, targetPlacement } = await import('../../compile/index.js');
  const { text } = placedSql(node.sql, targetPlacement(project));
  output.result('compile', () => text, { id: node.id, sql: text });
  return 0;
}

/** A name that cannot leave its folder, as a schema called ".." would. */
function fileName(name: string): string {
  return /^\.+$/.test(name) ? '%2E'.repeat(name.length) : name.replaceAll(/[/\\]/g, encodeURIComponent);
}

function withLineBreak(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
