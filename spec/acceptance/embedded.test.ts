import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { runDbl, spawnDbl, type TestProject, withProject } from '../harness/index.js';

vi.setConfig({ testTimeout: 240_000 });

const config = `export default { targets: { staging_dev: {}, staging_test: { suffix: '_test' } }, defaultTarget: 'staging_dev' };`;

/** A project that says nothing of a database, so that it has its own. A server that a failed test leaves is ended. */
function newProject(files: Readonly<Record<string, string>>): { readonly project: TestProject; readonly server: () => number | undefined } {
  const project = withProject({ 'dbluigi.config.mjs': config, ...files });
  const server = (): number | undefined => {
    const file = path.join(project.folder, '.dbl', 'pg', 'data', 'postmaster.pid');
    return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
  };
  onTestFinished(() => {
    const pid = server();
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
  });
  return { project, server };
}

const steady = (text: string): string => text.replaceAll(/\b\d+(?:\.\d)? m?s\b/g, 'T');

it('two commands at once start one database of the project, and nothing of it is left running', async () => {
  const { project, server } = newProject({
    'models/POPULATE-staging-people.sql': 'select id from generate_series(1, 3) as g (id)',
    'models/POPULATE-staging-evens.sql': "{{ config(materialized='view') }} select id from staging.people where id % 2 = 0",
  });
  const both = await Promise.all(['staging_dev', 'staging_test'].map((target) => runDbl(['build', '--quiet', '--target', target], { cwd: project.folder })));
  expect(both.map(({ code, stderr, stdout }) => `${code} ${stderr}${steady(stdout)}`)).toEqual(
    ['staging_dev', 'staging_test'].map((target) => `0 build of ${target} is done: 2 built (3 rows), in T\n`),
  );
  expect(server()).toBeUndefined();
  expect(readdirSync(path.join(project.folder, '.dbl', 'pg')).toSorted()).toEqual(['data', 'log', 'password']);

  const history = await runDbl(['history', '--output', 'json'], { cwd: project.folder });
  const runs = JSON.parse(history.stdout) as readonly Readonly<Record<string, unknown>>[];
  expect(runs.map(({ command, status, target }) => [command, target, status].join(' ')).toSorted()).toEqual(['build staging_dev success', 'build staging_test success']);
  expect(server()).toBeUndefined();
});

it('a command that started the database and is killed leaves it to the next one, which closes the run as crashed', async () => {
  const { project, server } = newProject({ 'models/POPULATE-staging-slow.sql': "select pg_sleep({{ var('seconds', 0) }}) is null as slept" });
  const first = spawnDbl(['build', '--vars', '{"seconds": 120}', '--log-format', 'json'], { cwd: project.folder });
  await first.printed('"node_start"');
  const pid = server();
  expect(pid).toBeDefined();
  const second = spawnDbl(['build', '--vars', '{"seconds": 120}', '--target', 'staging_test', '--log-format', 'json'], { cwd: project.folder });
  await second.printed('"node_start"');
  expect(server()).toBe(pid);

  first.process.kill('SIGKILL');
  await first.ended;
  const third = await runDbl(['build'], { cwd: project.folder });
  expect(steady(third.stdout)).toContain('build of staging_dev is done: 1 built (1 row), in T\n');
  // The second one still needs it.
  expect(server()).toBe(pid);
  second.process.kill('SIGTERM');
  expect((await second.ended).code).toBe(143);
  expect(server()).toBeUndefined();

  const history = await runDbl(['history', '--output', 'json'], { cwd: project.folder });
  const runs = JSON.parse(history.stdout) as readonly Readonly<Record<string, unknown>>[];
  expect(runs.map(({ command, exit_code, status, target }) => [command, target, status, exit_code].join(' ')).toReversed()).toEqual([
    'build staging_dev crashed ',
    'build staging_test cancelled 143',
    'build staging_dev success 0',
  ]);
  expect(server()).toBeUndefined();
});
