import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, error } from '../../diagnostics/index.js';
import { shellWord } from '../../report/index.js';
import type { CliCommand } from '../cli-command.js';
import { addExamples } from '../examples.js';
import { commandPrefix } from '../invoked-as.js';
import { starterProject } from '../starter-project.js';

/** Files that other tools write too. Where they are there already, they are left as they are. */
const mayBeThere: ReadonlySet<string> = new Set(['README.md', '.gitignore']);
const configFiles = ['dbluigi.config.ts', 'dbluigi.config.js', 'dbluigi.config.mjs'];

export const init: CliCommand = {
  define: (command) => {
    command
      .argument('[folder]', 'where to write it; made if it is not there', '.')
      .description(
        'Writes a small project: a configuration with comments, three models, their checks, a test and a macro. It makes its ' +
          'data itself and comes with a Postgres of its own, so it builds at once. No file is ever overwritten.',
      );
    addExamples(command, [
      ['dbl init', 'in the current folder'],
      ['dbl init crime', 'in a new folder'],
      ['dbl init crime && cd crime && dbl build', 'and build it'],
    ]);
  },
  run: async ({ args, output, settings }) => {
    const folder = args[0] ?? settings.projectDir ?? '.';
    const files = starterProject(path.basename(path.resolve(folder)));
    const problem = inTheWay(folder, [...files.keys()]) ?? write(folder, files);
    if (problem !== undefined) {
      output.diagnostics([problem]);
      return 2;
    }
    output.result('init', () => told(folder, [...files.keys()]), { folder: path.resolve(folder), files: [...files.keys()] });
    return 0;
  },
};

function inTheWay(folder: string, files: readonly string[]): Diagnostic | undefined {
  for (const wanted of new Set(files.map((file) => path.dirname(path.join(folder, file))))) {
    const there = nearestThere(wanted);
    if (statSync(there).isDirectory()) continue;
    return error('DBL1709', `"${there}" is a file, not a folder`, undefined, { hint: 'Nothing was written. Name a new folder: "dbl init crime".' });
  }
  const taken = [...new Set([...configFiles, ...files])].filter(
    (file) => !mayBeThere.has(file) && existsSync(path.join(folder, file)),
  );
  if (taken.length === 0) return undefined;
  const names = taken.map((file) => `"${file}"`).join(', ');
  return error('DBL1709', `there already: ${names}`, undefined, {
    hint: 'Nothing was written, for "dbl init" overwrites nothing. Name a new folder: "dbl init crime".',
  });
}

/** A path, or the nearest of the folders that it is in that is there. */
function nearestThere(wanted: string): string {
  return existsSync(wanted) ? wanted : nearestThere(path.dirname(wanted));
}

function write(folder: string, files: ReadonlyMap<string, string>): Diagnostic | undefined {
  try {
    for (const [file, text] of files) {
      const whole = path.join(folder, file);
      mkdirSync(path.dirname(whole), { recursive: true });
      if (!existsSync(whole)) writeFileSync(whole, text, { flag: 'wx' });
    }
    return undefined;
  } catch (problem) {
    return error('DBL1720', `the project cannot be written: ${problem instanceof Error ? problem.message : String(problem)}`);
  }
}

function told(folder: string, files: readonly string[]): string {
  const dbl = commandPrefix();
  const inside = path.relative('.', folder) === '' ? [] : [`  cd ${shellWord(folder)}`];
  return [
    `wrote a project of three models to ${folder}:`,
    ...files.map((file) => `  ${file}`),
    '',
    'next',
    ...inside,
    `  ${dbl} build      build, check and publish them in staging_dev`,
    `  ${dbl} ls --tree  see what depends on what`,
  ].join('\n');
}
