import { hostname, userInfo } from 'node:os';
import { expect, it, vi } from 'vitest';
import { buildProject } from '../build/project.js';
import { history, seed, slowly, sources, startDbl, untilRunning } from './faults.js';

vi.setConfig({ testTimeout: 120_000 });

const config = `{ targets: { staging_dev: {}, staging_test: { suffix: '_test' } }, defaultTarget: 'staging_dev' }`;

it('a second run on a target is told who holds it and since when, and another target is free', async () => {
  const project = await buildProject({ ...sources, 'staging.slow': slowly }, config);
  const { database, dbl, rows } = project;
  await database.query(`${seed}; UPDATE raw.delay SET seconds = 60`);
  const running = startDbl(project, ['build']);
  await untilRunning(database, 'pg_sleep');
  const [since] = await rows(`SELECT to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZH:TZM') FROM dbluigi.runs`);
  const held = {
    code: 4,
    stdout: '',
    stderr: `error DBL2601: the schema "staging_dev" is held by "dbl build" of ${userInfo().username} on ${hostname()} (process ${running.process.pid}), since ${since}
  hint: Wait until it has ended, then run the command again.
`,
  };
  expect(await dbl('build')).toEqual(held);
  expect(await dbl('publish')).toEqual(held);
  expect(await dbl('promote')).toEqual(held);

  await database.query('UPDATE raw.delay SET seconds = 0');
  expect(await dbl('build', '--quiet', '--target', 'staging_test')).toMatchObject({ code: 0, stdout: 'build of staging_test is done: 1 built (1 row), in T\n' });
  running.process.kill('SIGKILL');
  await running.ended;
  // Nobody is there to be waited for.
  expect(await dbl('build', '--quiet')).toMatchObject({ code: 0, stdout: 'build of staging_dev is done: 1 built (1 row), in T\n' });
  expect(await history(dbl)).toEqual(['build crashed null', 'build success 0', 'build success 0']);
});

it('two first runs at once make the audit schema once, and both succeed', async () => {
  const project = await buildProject({ ...sources, 'staging.one': 'select version from raw.version' }, config);
  const { database, dbl, rows } = project;
  await database.query(seed);
  const ended = await Promise.all([dbl('build', '--quiet'), dbl('build', '--quiet', '--target', 'staging_test')]);
  expect(ended.map(({ code, stderr, stdout }) => `${code} ${stderr}${stdout}`)).toEqual([
    '0 build of staging_dev is done: 1 built (1 row), in T\n',
    '0 build of staging_test is done: 1 built (1 row), in T\n',
  ]);
  expect(await rows('SELECT count(*), count(DISTINCT number) AS numbers, max(number) AS last FROM dbluigi.migrations')).toEqual([
    (await rows('SELECT max(number) || \'|\' || max(number) || \'|\' || max(number) FROM dbluigi.migrations'))[0],
  ]);
  expect(await history(dbl)).toEqual(['build success 0', 'build success 0']);
});
