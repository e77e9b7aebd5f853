import { expect, it } from 'vitest';
import { buildProject, lastNodes } from './project.js';

const files = {
  'staging.totals': 'select city, sum(n) as n from {{ ref("sized") }} group by city',
  'staging.sized': "{{ config(materialized='view') }}\nselect id, city, n, n > 20 as large from people",
  'staging.people': 'select id, city, n * 10 as n from raw.people',
  'staging.large': 'select id, {{ var("label") }} as label from staging.sized where large',
  'report.all': "{{ config(materialized='view') }}\nselect t.city, t.n, count(l.id) as large from staging.totals as t left join staging.large as l on true group by t.city, t.n",
  'models/sources.yaml': 'sources: [{name: raw, tables: [{name: people}]}]',
};
const config = `{ vars: { label: "'big'" } }`;
const people = `CREATE SCHEMA raw; CREATE TABLE raw.people AS SELECT * FROM (VALUES (1, 'Bern', 1), (2, 'Bern', 4), (3, 'Zug', 3)) AS v (id, city, n)`;

it('builds tables and views in the order of the graph, and says what it did', async () => {
  const { database, dbl, rows } = await buildProject(files, config);
  await database.query(people);
  expect(await dbl('build')).toEqual({
    code: 0,
    stderr: `build of staging_dev (report_dev, staging_dev): 5 models
1 of 5  built  staging_dev.people  3 rows  T
2 of 5  built  staging_dev.sized  T
3 of 5  built  staging_dev.large  2 rows  T
4 of 5  built  staging_dev.totals  2 rows  T
5 of 5  built  report_dev."all"  T

`,
    stdout: `build of staging_dev is done: 5 built (7 rows), in T

next
  dbl test --target staging_dev  check again what the target holds
  dbl promote --target staging_dev  put it in production's place
`,
  });
  expect(await rows('SELECT city, n, large FROM report_dev."all" ORDER BY city')).toEqual(['Bern|50|2', 'Zug|30|2']);
  expect(await rows('SELECT id, label FROM staging_dev.large ORDER BY id')).toEqual(['2|big', '3|big']);
  const kinds = `SELECT table_schema || '.' || table_name, table_type FROM information_schema.tables WHERE table_schema LIKE '%\\_dev%' ORDER BY 1`;
  expect(await rows(kinds)).toEqual([
    'report_dev.all|VIEW',
    'staging_dev.large|BASE TABLE',
    'staging_dev.people|BASE TABLE',
    'staging_dev.sized|VIEW',
    'staging_dev.totals|BASE TABLE',
  ]);
  expect(await rows(`SELECT nspname FROM pg_namespace WHERE nspname ~ '_dev|dbl' ORDER BY 1`)).toEqual([
    'dbluigi', 'report_dev', 'report_dev__work', 'staging_dev', 'staging_dev__work',
  ]);
});

it('builds everything anew each time, whatever the number of threads', async () => {
  const built = await buildProject(files, config);
  const { database, dbl, rows } = built;
  await database.query(people);
  await dbl('build', '--quiet', '--threads', '8');
  const content = () => rows('SELECT city, n, large FROM report_dev."all" ORDER BY city');
  expect(await content()).toEqual(['Bern|50|2', 'Zug|30|2']);
  const oids = () => rows(`SELECT oid FROM pg_class WHERE relname IN ('people', 'large', 'totals') AND relnamespace = 'staging_dev'::regnamespace`);
  const before = await oids();
  await database.query(`UPDATE raw.people SET n = n + 5`);
  expect(await dbl('build', '--quiet', '--threads', '8')).toEqual({ code: 0, stderr: '', stdout: 'build of staging_dev is done: 5 built (8 rows), in T\n' });
  expect(await content()).toEqual(['Bern|150|3', 'Zug|80|3']);
  const after = await oids();
  expect(after).toHaveLength(3);
  expect(after.filter((oid) => before.includes(oid))).toEqual([]);
  expect(await lastNodes(built)).toEqual(['all success', 'large success', 'people success', 'sized success', 'totals success']);
  // No child was started before its parents were published.
  expect(await rows(`SELECT c.node FROM dbluigi.node_runs AS c JOIN dbluigi.node_runs AS p USING (run_id)
    JOIN (VALUES ('sized', 'people'), ('large', 'sized'), ('totals', 'sized'), ('all', 'totals'), ('all', 'large')) AS e (child, parent)
      ON c.node LIKE '%.' || e.child AND p.node LIKE '%.' || e.parent WHERE c.started_at < date_trunc('milliseconds', p.finished_at)`)).toEqual([]);
});

it('builds a wide and deep graph with many threads as with one', async () => {
  const models: Record<string, string> = { 'staging.m0': 'select 0 as n' };
  for (let index = 1; index < 60; index += 1) {
    const parents = [...new Set([index - 1, Math.floor(index / 2), index % 7].filter((parent) => parent < index))];
    models[`staging.m${index}`] = `${index % 5 === 0 ? "{{ config(materialized='view') }}" : ''}select max(n) + 1 as n from (${parents.map((parent) => `select n from m${parent}`).join(' union all ')}) as all_of_them`;
  }
  const { dbl, rows } = await buildProject(models);
  for (const threads of ['8', '1']) {
    expect(await dbl('build', '--quiet', '--threads', threads)).toEqual({ code: 0, stderr: '', stdout: `build of staging_dev is done: 60 built (49 rows), in T\n` });
    expect(await rows('SELECT n FROM staging_dev.m59')).toEqual(['59']);
  }
});
