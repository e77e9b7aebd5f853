import path from 'node:path';
import { type CompiledProject, compileProject } from '../../../src/compile/index.js';
import { loadConfig } from '../../../src/config/index.js';
import { hasErrors, pathOf } from '../../../src/diagnostics/index.js';
import { loadProject } from '../../../src/project/index.js';
import { type BuildOptions, type RunEvent, type RunOutcome, build, publishHeld } from '../../../src/run/index.js';
import { type TestDatabase, type TestProject, createTestDatabase, withProject } from '../../harness/index.js';

/** A project of models whose SQL stands in the test, and a new, empty database for it. */
export interface Workshop {
  readonly database: TestDatabase;
  readonly project: TestProject;
  /** Runs statements and gives the rows of the last one. */
  readonly query: TestDatabase['query'];
  readonly build: (options?: Partial<BuildOptions>, listen?: (event: RunEvent) => void) => Promise<Ran>;
  readonly publish: () => Promise<Ran>;
}

/** What a run came to, in the form in which tests compare it. */
export interface Ran extends RunOutcome {
  /** By name without schema: `{ a: 'success' }`. */
  readonly nodes: Readonly<Record<string, string>>;
  /** `code: message`, and where there are any, ` | place` and ` | hint`. */
  readonly told: readonly string[];
  readonly events: readonly RunEvent[];
}

/** `models` by `schema.table`, or by path for anything else: `models/x.yaml`. `config`: the keys of the configuration. `given`: a database, and the URL that dbl is to use for it. */
export async function workshop(models: Readonly<Record<string, string>>, config = '', given?: TestDatabase): Promise<Workshop> {
  const database = given ?? (await createTestDatabase());
  const project = withProject({ 'dbluigi.config.mjs': `export default { ${config} };`, ...modelFiles(models) });
  const run = async (work: (context: Parameters<typeof build>[0]) => Promise<RunOutcome>, listen?: (event: RunEvent) => void): Promise<Ran> => {
    const compiled = await compile(project.folder, database.url);
    const events: RunEvent[] = [];
    const sink = ({ body }: { readonly body: RunEvent }): void => {
      events.push(body);
      listen?.(body);
    };
    const outcome = await work({ project: compiled, sink, signal: new AbortController().signal, version: '0.0.0' });
    return { ...outcome, nodes: nodesOf(events), told: toldOf(events), events };
  };
  return {
    database,
    project,
    query: (sql) => database.query(sql),
    build: (options, listen) => run((context) => build(context, { ...everything, ...options }), listen),
    publish: () => run((context) => publishHeld(context)),
  };
}

const everything: BuildOptions = { select: undefined, exclude: undefined, threads: 2, failFast: false, hold: false, dryRun: false, resume: false };

function modelFiles(models: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(models).map(([name, text]) => {
      if (name.includes('/')) return [name, text];
      const [schema = '', ...table] = name.split('.');
      return [`models/POPULATE-${schema}-${table.join('.')}.sql`, text];
    }),
  );
}

async function compile(folder: string, url: string): Promise<CompiledProject> {
  const config = await loadConfig({ projectDir: folder, env: { DBL_DATABASE_URL: url } });
  const files = loadProject(folder);
  if (config.value === undefined || files.value === undefined) throw mistakes([...config.diagnostics, ...files.diagnostics]);
  const compiled = await compileProject(config.value, files.value);
  if (compiled.value === undefined || hasErrors(compiled.diagnostics)) throw mistakes(compiled.diagnostics);
  return compiled.value;
}

function mistakes(diagnostics: readonly { readonly message: string }[]): Error {
  return new Error(diagnostics.map(({ message }) => message).join('\n'));
}

function nodesOf(events: readonly RunEvent[]): Readonly<Record<string, string>> {
  const ends = events.flatMap((event) => (event.event === 'node_end' ? [[event.node.split('.').slice(2).join('.'), event.status]] : []));
  return Object.fromEntries(ends) as Record<string, string>;
}

function toldOf(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.event !== 'diagnostic') return [];
    const { at, code, hint, message } = event.diagnostic;
    const place = at instanceof Object ? `${at.file.path}:${Object.values(at.file.position(at.start)).join(':')}` : pathOf(event.diagnostic);
    return [[`${code}: ${message}`, ...(place === undefined ? [] : [path.basename(place)]), ...(hint === undefined ? [] : [hint])].join(' | ')];
  });
}
