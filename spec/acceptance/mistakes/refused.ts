import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { type TestProject, withProject } from '../../harness/index.js';
import { said } from '../said.js';

type Files = Readonly<Record<string, string>>;

/** What `dbl compile`, or another command, says of a project with these files: it refuses them, and prints nothing but why. */
export async function refused(files: Files | TestProject, args: readonly string[] = ['compile'], env: Files = {}): Promise<string> {
  const project = isProject(files) ? files : withProject(files);
  const { code, stdout, stderr } = await said({ project, env }, ...args);
  expect([code, stdout]).toEqual([2, '']);
  return stderr;
}

function isProject(files: Files | TestProject): files is TestProject {
  return typeof files['write'] === 'function';
}

/** The diagnostics of `--log-format json`, without the time, and the exit code. */
export async function logged(project: TestProject, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly diagnostics: readonly unknown[] }> {
  const { code, stdout, stderr } = await said({ project }, '--log-format', 'json', ...args);
  expect(stderr).toBe('');
  const lines = stdout.split('\n').slice(0, -1).map((line): Record<string, unknown> => JSON.parse(line));
  for (const { ts, v, run_id: run } of lines) expect([v, ts, run]).toEqual([1, 'WHEN', null]);
  const diagnostics = lines.filter(({ event }) => event === 'diagnostic').map(({ ts: _ts, v: _v, run_id: _run, ...fields }) => fields);
  return { code, diagnostics };
}

/** Everything below `.dbl` with its content and the time of its last change, to see that nothing of it was touched. */
export function written({ folder }: TestProject): ReadonlyMap<string, string> {
  const base = path.join(folder, '.dbl');
  const names = existsSync(base) ? readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  const files = names.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => !file.startsWith(path.join(base, 'cache')));
  return new Map(files.toSorted().map((file) => [path.relative(base, file), `${statSync(file).mtimeMs} ${readFileSync(file, 'utf8')}`]));
}
