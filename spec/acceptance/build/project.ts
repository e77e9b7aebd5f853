import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createTestDatabase, runDbl, type TestDatabase, type TestProject, withProject } from '../../harness/index.js';

interface Ended {
  readonly code: number | null;
  /** Standard output without the list of what was slowest, and with times as `T`. */
  readonly stdout: string;
  /** Standard error with times as `T`, and no more than two spaces between columns. */
  readonly stderr: string;
}

export interface BuildProject {
  readonly project: TestProject;
  readonly database: TestDatabase;
  /** Runs dbl in the project, one model at a time unless told otherwise. */
  readonly dbl: (...args: readonly string[]) => Promise<Ended>;
  /** Rows as `a|b|c`, NULL as nothing, as `psql -At` prints them. */
  readonly rows: (sql: string) => Promise<readonly string[]>;
  /** Writes models, given by `schema.table`; what has a `/` in its name is another file. */
  readonly write: (files: Readonly<Record<string, string>>) => void;
}

/** A project of models that stand in the test, with an empty database of its own. `config`: what the configuration exports. */
export async function buildProject(files: Readonly<Record<string, string>>, config = '{}'): Promise<BuildProject> {
  const project = withProject({ 'dbluigi.config.ts': `export default ${config};\n`, ...modelFiles(files) });
  const database = await createTestDatabase();
  const env = { DBL_DATABASE_URL: database.url, DBL_THREADS: '1' };
  return {
    project,
    database,
    dbl: async (...args) => {
      const { code, stderr, stdout } = await runDbl(args, { cwd: project.folder, env });
      return { code, stdout: withoutTimes(stdout), stderr: withoutTimes(stderr) };
    },
    rows: async (sql) => {
      const rows = await database.query(sql);
      return rows.map((row) => Object.values(row).map((value) => value ?? '').join('|'));
    },
    write: (more) => project.write(modelFiles(more)),
  };
}

function modelFiles(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => {
      const [schema = '', ...table] = name.split('.');
      return [name.includes('/') ? name : `models/POPULATE-${schema}-${table.join('.')}.sql`, text];
    }),
  );
}

function withoutTimes(text: string): string {
  return text
    .replace(/^slowest\n(?: {2}.*\n)*\n/m, '')
    .replaceAll(/\b\d+(?:\.\d)? m?s\b/g, 'T')
    .replaceAll(/^(?: *\d+ of \d+| {2}dbl) .*$/gm, (line) => line.trimEnd().replaceAll(/(?<=\S) {3,}/g, '  '));
}

/** `.dbl/run_results.json` of the last run. */
export function runResults({ project }: Pick<BuildProject, 'project'>): unknown {
  return JSON.parse(readFileSync(path.join(project.folder, '.dbl', 'run_results.json'), 'utf8'));
}

/** Node and status of the last run, with its reason, sorted by node: `a failed: division by zero`. */
export async function lastNodes({ rows }: Pick<BuildProject, 'rows'>): Promise<readonly string[]> {
  return rows(`SELECT regexp_replace(node, '^model\\.[^.]*\\.', '') || ' ' || status || coalesce(': ' || reason, '') FROM dbluigi.node_runs
    WHERE run_id = (SELECT run_id FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1) ORDER BY node COLLATE "C"`);
}
