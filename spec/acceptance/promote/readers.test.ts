import { expect, it, onTestFinished, vi } from 'vitest';
import type { Session } from '../../../src/postgres/index.js';
import { spawnDbl } from '../../harness/index.js';
import { type BuildProject, buildProject } from '../build/project.js';

vi.setConfig({ testTimeout: 120_000 });

const models = {
  'staging.people': 'select id, version from generate_series(1, 50) as g (id), raw.version',
  'staging.pets': 'select id, version from generate_series(1, 50) as g (id), raw.version',
  'staging.seen': "{{ config(materialized='view') }} select p.id, p.version from staging.people as p",
  'models/sources.yaml': 'sources: [{name: raw, tables: [{name: version}]}]',
};

async function inProduction(): Promise<BuildProject> {
  const project = await buildProject(models);
  await project.database.query('CREATE SCHEMA raw; CREATE TABLE raw.version AS SELECT 1 AS version');
  expect((await project.dbl('build', '--quiet')).code).toBe(0);
  expect((await project.dbl('promote', '--quiet')).code).toBe(0);
  await project.database.query('CREATE SCHEMA outside; CREATE VIEW outside.both AS SELECT a.version AS a, b.version AS b FROM staging.people AS a JOIN staging.pets AS b USING (id)');
  return project;
}

/** Asks one thing again and again, until it is told to stop, and keeps what was wrong and how long the longest answer took. */
class Reader {
  readonly problems: string[] = [];
  reads = 0;
  longestMs = 0;
  #stopped = false;
  readonly #done: Promise<void>;

  constructor(session: Session, sql: string, judge: (rows: readonly Readonly<Record<string, string | null>>[]) => string | undefined) {
    this.#done = this.#poll(session, sql, judge);
    onTestFinished(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #poll(session: Session, sql: string, judge: (rows: readonly Readonly<Record<string, string | null>>[]) => string | undefined): Promise<void> {
    while (!this.#stopped) {
      const started = performance.now();
      try {
        const problem = judge((await session.query(sql)).rows);
        if (problem !== undefined) this.problems.push(problem);
      } catch (error) {
        this.problems.push(String(error));
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - started);
      this.reads += 1;
    }
  }
}

const oneVersion = (rows: readonly Readonly<Record<string, string | null>>[]): string | undefined => {
  const said = rows.map((row) => Object.values(row).join('|'));
  return said.length === 1 && /^(\d)(?:\|\1)*$/.test(said[0] ?? '') ? undefined : `not one version: ${said.join(', ') || 'nothing'}`;
};

it('is never seen half done: readers get the old production or the new one, and no error', async () => {
  const { database, dbl, rows } = await inProduction();
  const simple = 'SELECT DISTINCT version FROM staging.people';
  // A join that is planned anew while the renaming commits may mix old and new; a prepared one never does.
  const joined = 'SELECT DISTINCT a.version, b.version AS other, s.version AS third FROM staging.people AS a JOIN staging.pets AS b USING (id) JOIN staging.seen AS s USING (id)';
  const prepared = async (sql: string): Promise<Session> => {
    const session = await database.session('reader');
    await session.query(`PREPARE ask AS ${sql}`);
    return session;
  };
  const readers = [
    new Reader(await database.session('reader'), simple, oneVersion),
    new Reader(await prepared(simple), 'EXECUTE ask', oneVersion),
    new Reader(await prepared(joined), 'EXECUTE ask', oneVersion),
    new Reader(await database.session('reader'), 'SELECT count(*) AS version FROM staging.pets', (found) => (found[0]?.['version'] === '50' ? undefined : `${found[0]?.['version']} rows`)),
    new Reader(await database.session('reader'), 'SELECT DISTINCT a FROM outside.both', oneVersion),
  ];
  for (const version of [2, 3]) {
    await database.query(`UPDATE raw.version SET version = ${version}`);
    expect((await dbl('build', '--quiet')).code).toBe(0);
    expect(await rows('SELECT DISTINCT version FROM staging.people')).toEqual([String(version - 1)]);
    expect((await dbl('promote', '--quiet')).code).toBe(0);
    expect(await rows('SELECT DISTINCT a, b FROM outside.both')).toEqual([`${version}|${version}`]);
  }
  for (const reader of readers) await reader.stop();
  expect(readers.flatMap(({ problems }) => problems)).toEqual([]);
  expect(Math.min(...readers.map(({ reads }) => reads))).toBeGreaterThan(20);
});

it('waits for a long reader of a view outside without making others wait longer than its lock timeout, and says for whom it waits', async () => {
  const { database, dbl, project, rows } = await inProduction();
  await database.query('UPDATE raw.version SET version = 2');
  expect((await dbl('build', '--quiet')).code).toBe(0);
  const long = await database.session('a long report');
  const { rows: [who] } = await long.query('SELECT pg_backend_pid() AS pid, current_user AS role');
  await long.batch('BEGIN; SELECT count(*) FROM outside.both');
  const others = [new Reader(await database.session('reader'), 'SELECT DISTINCT a, b FROM outside.both', oneVersion), new Reader(await database.session('reader'), 'SELECT DISTINCT version FROM staging.people', oneVersion)];

  const promoting = spawnDbl(['promote'], { cwd: project.folder, env: { DBL_DATABASE_URL: database.url } });
  await promoting.printed('promoting waits');
  expect(await rows('SELECT DISTINCT version FROM staging.people')).toEqual(['1']);
  await long.query('COMMIT');
  expect(await promoting.ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^staging_dev is production now, in [\d.]+ s\n {2}staging is replaced, what it was is in staging__previous\n$/),
    stderr: `warning DBL2402: promoting waits for others who hold locks that it needs: process ${who?.['pid']} (${who?.['role']}, a long report)
  hint: Readers go on meanwhile. dbl tries for 5 minutes.

`,
  });
  for (const reader of others) await reader.stop();
  expect(others.flatMap(({ problems }) => problems)).toEqual([]);
  // 300 ms in the queue behind the promotion, and what this machine takes for an answer besides.
  expect(others[0]?.longestMs).toBeGreaterThan(200);
  expect(others[0]?.longestMs).toBeLessThan(1300);
  expect(await rows('SELECT DISTINCT a, b FROM outside.both')).toEqual(['2|2']);
});

it('waits for whoever is putting something into the target, and then refuses it', async () => {
  const { database, dbl, project, rows } = await inProduction();
  expect((await dbl('build', '--quiet')).code).toBe(0);
  const other = await database.session('somebody');
  await other.batch('BEGIN; CREATE TABLE staging_dev.mine (id int)');
  const promoting = spawnDbl(['promote'], { cwd: project.folder, env: { DBL_DATABASE_URL: database.url } });
  await promoting.printed('promoting waits');
  expect(await rows(`SELECT count(*) FROM pg_namespace WHERE nspname = 'staging__previous'`)).toEqual(['0']);
  await other.query('COMMIT');
  const { code, stderr, stdout } = await promoting.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'promote of staging_dev failed, production is as it was\n' });
  expect(stderr).toMatch(/^warning DBL2402: promoting waits for others who hold locks that it needs: process \d+ \(\w+, somebody\)\n/);
  expect(stderr).toContain('\nerror DBL2502: the schema "staging_dev" holds something that dbl did not make: table staging_dev.mine\n');
  expect(await rows('SELECT count(*) FROM staging_dev.mine')).toEqual(['0']);
});
