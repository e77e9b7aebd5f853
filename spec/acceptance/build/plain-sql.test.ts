import { expect, it } from 'vitest';
import { createTestDatabase } from '../../harness/index.js';
import { buildProject } from './project.js';

/** SQL as people bring it along: plain names, no templates. In an order in which psql could run it. */
const models: readonly (readonly [string, string, 'view'?])[] = [
  ['staging.agencies', `SELECT ori, upper(trim(name)) AS name, state, coalesce(population, 0) AS population FROM raw.agencies a WHERE a.ori IS NOT NULL`],
  ['staging.months', `-- one row for each month that was reported
    SELECT ori, extract(year from month)::int AS year, count(DISTINCT month) AS months
    FROM raw.reports GROUP BY 1, 2`, 'view'],
  ['staging.full_years', `SELECT m.ori, m.year FROM staging.months m WHERE months = 12`],
  ['lookup.states', `VALUES ('AK', 'Alaska'), ('CO', 'Colorado'), ('NV', NULL)`],
  ['lookup.years', `WITH RECURSIVE years(y) AS (SELECT 2019 UNION ALL SELECT y + 1 FROM years WHERE y < 2022) SELECT y FROM years`],
  ['staging.offences', `WITH agencies AS (SELECT ori FROM staging.full_years), reports AS (
      SELECT r.* FROM raw.reports r JOIN agencies USING (ori)
    )
    SELECT ori, extract(year from month)::int AS year, sum(offences) AS n, array_agg(offences ORDER BY month) AS by_month,
      jsonb_object_agg(to_char(month, 'MM'), offences) AS doc, avg(offences)::numeric(10, 3) AS mean
    FROM reports GROUP BY 1, 2`],
  ['staging.ranked', `SELECT *, rank() OVER (PARTITION BY year ORDER BY n DESC, ori) AS rank, lag(n) OVER w AS before
    FROM staging.offences WINDOW w AS (PARTITION BY ori ORDER BY year)`],
  ['staging.top', `select distinct on (a.state) a.state, s.column2 as state_name, r.ori, r.n
    from staging.ranked as r
      natural join staging.agencies as a
      left join lookup.states s on s.column1 = a.state
    order by a.state, r.n desc, r.ori`, 'view'],
  ['staging.grid', `SELECT y.y, x.ori, t.n FROM lookup.years y CROSS JOIN (SELECT DISTINCT ori FROM staging.agencies) x
    LEFT JOIN LATERAL (SELECT sum(o.n) AS n FROM staging.offences o WHERE o.ori = x.ori AND o.year = y.y) t ON true`],
  ['staging.missing', `SELECT ori FROM staging.agencies EXCEPT (SELECT ori FROM staging.full_years UNION SELECT ori FROM staging.top)
    ORDER BY 1`],
  ['report."Overall Summary"', `SELECT a.state, count(*) FILTER (WHERE EXISTS (SELECT FROM staging.full_years f WHERE f.ori = a.ori)) AS full_years,
      (SELECT max(n) FROM staging.ranked) AS most, grouping(a.state) AS level,
      'from staging.agencies' AS note, E'it\\'s -- staging.x' AS quoted, $$select staging.y$$ AS dollars
    FROM "staging"."agencies" AS a GROUP BY ROLLUP (a.state)`],
  ['report.series', `SELECT d::date AS day, staging.n FROM generate_series(date '2020-01-01', date '2020-01-03', interval '1 day') d,
    (SELECT count(*) AS n FROM report."Overall Summary") staging`],
  ['report.whole', `SELECT t, (t).n * 2 AS twice, t.* FROM staging.top AS t ORDER BY t.state /* the end */`],
  ['report.typed', `SELECT NULL::staging_types.mood AS mood, ARRAY[[1, 2], [3, 4]] AS grid, '1 day'::interval AS day, point(1, 2) AS p, '{}'::json AS j, 1.10::numeric AS exact, 'x'::char(3) AS padded -- no line break at the end`],
];

const raw = `
  CREATE SCHEMA raw; CREATE SCHEMA staging_types; CREATE TYPE staging_types.mood AS ENUM ('sad', 'ok');
  CREATE TABLE raw.agencies AS SELECT 'AG' || g AS ori, '  agency ' || g || ' ' AS name, (ARRAY['AK', 'CO', 'NV'])[g % 3 + 1] AS state, nullif(g * 100, 300) AS population FROM generate_series(1, 9) g;
  INSERT INTO raw.agencies VALUES (NULL, 'nobody', 'AK', 1);
  CREATE TABLE raw.reports AS SELECT 'AG' || a AS ori, (date '2020-01-01' + (m || ' months')::interval)::date AS month, (a * 7 + m * 3) % 11 AS offences
    FROM generate_series(1, 9) a, generate_series(0, 23) m WHERE m < 24 - (a % 3) * 8`;

const content = (relation: string): string => `SELECT t::text AS row FROM ${relation} AS t ORDER BY 1`;

const columns = (suffix: string): string => `SELECT c.oid::regclass::text AS relation, attname, replace(format_type(atttypid, atttypmod), '_dev.', '.') AS type
  FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid JOIN pg_namespace AS n ON n.oid = relnamespace
  WHERE nspname IN ('staging${suffix}', 'lookup${suffix}', 'report${suffix}') AND attnum > 0 AND relkind IN ('r', 'v') ORDER BY 1, attnum`;

it('plain SQL gives row by row what psql makes of it', async () => {
  const files = Object.fromEntries(
    models.map(([name, sql, view]) => {
      const [schema = '', table = ''] = name.split('.');
      return [`models/POPULATE-${schema}-${table.replaceAll('"', '')}.sql`, view === undefined ? sql : `{{ config(materialized='view') }}${sql}`];
    }),
  );
  const sources = 'sources: [{name: raw, tables: [{name: agencies}, {name: reports}]}]';
  const { database, dbl } = await buildProject({ ...files, 'models/sources.yaml': sources });
  await database.query(raw);
  expect(await dbl('build', '--quiet', '--threads', '4')).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^build of staging_dev is done: 14 built/) });

  const reference = await createTestDatabase();
  await reference.query(`${raw}; CREATE SCHEMA staging; CREATE SCHEMA lookup; CREATE SCHEMA report`);
  for (const [name, sql, view] of models) await reference.query(`CREATE ${view ?? 'table'} ${name} AS ${sql}\n`);
  for (const [name] of models) {
    const built = await database.query(content(name.replace('.', '_dev.')));
    expect(built.length, name).toBeGreaterThan(0);
    expect(built, name).toEqual(await reference.query(content(name)));
  }
  // Types, names and order of columns too; the composite type of a view is another one in each place.
  const made = (await database.query(columns('_dev'))).map((row) => ({ ...row, relation: row['relation']?.replace('_dev.', '.') }));
  expect(made).toEqual(await reference.query(columns('')));
  expect(made.length).toBeGreaterThan(40);
});
