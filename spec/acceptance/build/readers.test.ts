import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import type { Row } from '../../../src/postgres/index.js';
import type { TestDatabase } from '../../harness/index.js';
import { buildProject } from './project.js';

vi.setConfig({ testTimeout: 120_000 });

/** Readers that ask again and again until they are stopped, each query in a session of its own. */
function readAll(database: TestDatabase, queries: readonly string[]): { readonly stop: () => Promise<readonly Reading[]> } {
  const stopped = new AbortController();
  const readings = queries.map(async (sql): Promise<Reading> => {
    const session = await database.session('reader');
    const seen = new Map<string, Row>();
    let reads = 0;
    for (; !stopped.signal.aborted; reads += 1) {
      const { rows } = await session.query(sql, []);
      seen.set(JSON.stringify(rows), rows[0] ?? {});
    }
    return { reads, seen: [...seen.values()] };
  });
  // A reader that fails must not end the test before the others have ended.
  for (const reading of readings) reading.catch(() => undefined);
  return { stop: () => (stopped.abort(), Promise.all(readings)) };
}

interface Reading {
  readonly reads: number;
  readonly seen: readonly Row[];
}

it('a reader never sees a row that a failing check forbids, never an error, never half a table', async () => {
  const rowsOf = (count: number, generation: number) => `select g as id, ${generation} as generation, md5(g::text) as text from generate_series(1, ${count}) as g`;
  const view = "{{ config(materialized='view') }}";
  const { database, dbl, rows, write } = await buildProject({
    'staging.numbers': rowsOf(2000, 0),
    'staging.copy': 'select id, generation from staging.numbers',
    'staging.as_view': `${view}select max(generation) as generation, count(*) as n from staging.copy`,
    'staging.left': 'select generation from staging.numbers limit 1',
    'staging.right': 'select generation from staging.numbers limit 1',
    'models/p.yaml': 'models: [{name: numbers, checks: [{expression: "generation <> 13"}, {row_count: {min: 2000, max: 2000}}]}]',
    'tests/pair.sql': 'select l.generation from staging.left as l, staging.right as r where l.generation <> r.generation',
  });
  await dbl('build', '--quiet');
  await database.query('CREATE SCHEMA outside; CREATE VIEW outside.v AS SELECT generation, count(*) AS n FROM staging_dev.numbers GROUP BY 1; CREATE VIEW outside.over AS SELECT * FROM outside.v');
  const { stop } = readAll(database, [
    'SELECT generation, count(*) AS n, sum(id) AS sum, count(DISTINCT text) AS texts FROM staging_dev.numbers GROUP BY 1 ORDER BY 1',
    'SELECT generation, n FROM outside.over ORDER BY 1',
    'SELECT generation, n FROM staging_dev.as_view',
    `SELECT l.generation = r.generation AS same FROM staging_dev.left AS l, staging_dev.right AS r`,
  ]);
  const published: number[] = [0];
  for (let generation = 1; generation <= 6; generation += 1) {
    const kind = generation % 3;
    // Forbidden, then with too few rows, then good.
    write({ 'staging.numbers': kind === 1 ? rowsOf(2000, 13) : kind === 2 ? rowsOf(1999, generation) : rowsOf(2000, generation) });
    const { code } = await dbl('build', '--quiet', '--threads', '4');
    expect(code).toBe(kind === 0 ? 0 : 1);
    if (kind === 0) published.push(generation);
  }
  write({ 'staging.right': 'select generation + 1 as generation from staging.numbers limit 1' });
  expect((await dbl('build', '--quiet', '--threads', '4')).code).toBe(1);
  await sleep(200);
  const [tables, views, models, pairs] = await stop();
  const generations = published.map(String);
  expect(tables?.seen).toEqual(generations.map((generation) => ({ generation, n: '2000', sum: '2001000', texts: '2000' })));
  expect(views?.seen).toEqual(generations.map((generation) => ({ generation, n: '2000' })));
  expect(models?.seen).toEqual(generations.map((generation) => ({ generation, n: '2000' })));
  // A statement that is planned while the publish commits may join an old and a new table; no reader of one statement saw that here.
  expect(pairs?.seen).toEqual([{ same: 't' }]);
  for (const { reads } of [tables, views, models, pairs].flatMap((one) => one ?? [])) expect(reads).toBeGreaterThan(20);
  expect(await rows(`SELECT nspname FROM pg_namespace WHERE nspname ~ 'trash'`)).toEqual([]);
});

it('a table in use is replaced as soon as it is free, and its other readers hardly wait', async () => {
  const { database, dbl, rows, write } = await buildProject({ 'staging.a': 'select 1 as n' });
  await dbl('build', '--quiet');
  write({ 'staging.a': 'select 2 as n' });
  const long = await database.session('long');
  await long.batch('BEGIN; SELECT * FROM staging_dev.a');
  const building = dbl('build', '--quiet');
  const other = await database.session('other');
  let longest = 0;
  for (const until = Date.now() + 3000; Date.now() < until; ) {
    const started = Date.now();
    expect((await other.query('SELECT n FROM staging_dev.a')).rows).toEqual([{ n: '1' }]);
    longest = Math.max(longest, Date.now() - started);
    await sleep(5);
  }
  await long.query('COMMIT');
  expect((await building).code).toBe(0);
  expect(await rows('SELECT n FROM staging_dev.a')).toEqual(['2']);
  expect(longest).toBeLessThan(1000);
});

it('a snapshot that still sees the old table keeps it in the trash until the next run', async () => {
  const { database, dbl, rows, write } = await buildProject({ 'staging.a': 'select 1 as n', 'staging.b': "{{ config(materialized='view') }}select n from staging.a" });
  await dbl('build', '--quiet');
  const old = await database.session('old');
  await old.batch('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
  write({ 'staging.a': 'select 2 as n' });
  expect((await dbl('build', '--quiet')).code).toBe(0);
  const trash = () => rows(`SELECT regexp_replace(n.nspname, '[0-9a-f]{12}$', 'RUN'), c.relname FROM pg_namespace AS n LEFT JOIN pg_class AS c ON c.relnamespace = n.oid WHERE n.nspname ~ 'trash'`);
  expect(await trash()).toEqual(['staging_dev__trash_RUN|a']);
  await old.query('COMMIT');
  expect((await dbl('build', '--quiet', '--select', 'b')).code).toBe(0);
  expect(await trash()).toEqual([]);

  // What somebody hangs on a table in the trash keeps it there, and no run fails for it.
  await old.batch('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
  expect((await dbl('build', '--quiet', '--select', 'a')).code).toBe(0);
  const [schema] = await rows(`SELECT nspname FROM pg_namespace WHERE nspname ~ 'trash'`);
  await database.query(`CREATE VIEW public.keeper AS SELECT n FROM ${schema}.a`);
  await old.query('COMMIT');
  expect((await dbl('build', '--quiet', '--select', 'a')).code).toBe(0);
  expect(await trash()).toEqual(['staging_dev__trash_RUN|a']);
  await database.query('DROP VIEW public.keeper');
  expect((await dbl('build', '--quiet', '--select', 'b')).code).toBe(0);
  expect(await trash()).toEqual([]);
});
