import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { createTestDatabase, type DblResult, runDbl, type TestDatabase, type TestProject, withProject } from '../harness/index.js';

vi.setConfig({ testTimeout: 120_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Example {
  readonly project: TestProject;
  readonly database: TestDatabase;
  readonly dbl: (...args: readonly string[]) => Promise<DblResult>;
}

/** A copy of the example project at the root, so that nothing is left there, beside a database of its own. */
async function copyExample(): Promise<Example> {
  const project = withProject({});
  const { folder } = project;
  for (const part of ['dbluigi.config.ts', 'models', 'tests', 'macros']) {
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  }
  const database = await createTestDatabase();
  return { project, database, dbl: (...args) => runDbl(args, { cwd: folder, env: { DBL_DATABASE_URL: database.url } }) };
}

function edit({ project }: Example, file: string, from: string, to: string): void {
  const text = readFileSync(path.join(project.folder, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
  project.write({ [file]: text.replace(from, to) });
}

/** Node, status, and the reason, or in its place the checks that failed and how many rows failed them. */
const nodesOfLastRun = `SELECT node, status, coalesce(
    (SELECT string_agg(check_id || ': ' || failures, ', ' ORDER BY check_id) FROM dbluigi.checks AS c WHERE c.run_id = n.run_id AND c.node = n.node AND c.status = 'fail'),
    reason)
  FROM dbluigi.node_runs AS n WHERE run_id = (SELECT run_id FROM dbluigi.runs ORDER BY started_at DESC LIMIT 1)`;

/** Rows as `a|b|c`, NULL as nothing, as `psql -At` prints them. */
async function rows({ database }: Example, sql: string): Promise<readonly string[]> {
  const found = await database.query(sql);
  return found.map((row) => Object.values(row).map((value) => value ?? '').join('|'));
}

it('builds the example, and its tables hold these rows', async () => {
  const example = await copyExample();
  const built = await example.dbl('build', '--target', 'staging_dev', '--quiet');
  expect(built.stderr).toBe('');
  expect(built.stdout).toMatch(/^build of staging_dev is done: 14 built \(6,290 rows\), in [\d.]+ m?s\n$/);
  expect(built.code).toBe(0);

  expect(await rows(example, 'SELECT ori, agency_name, agency_type, state_abbr, population, name_was_edited FROM staging_dev.agencies ORDER BY ori')).toEqual([
    'AK0010100|Fairhaven Police Department|City|AK|288000|f',
    'AK0010200|Port Lowell Police Department|City|AK|31000|f',
    'AK0020000|Alaska State Troopers|State Police|AK|0|f',
    'CO0010100|Redstone Police Department|City|CO|712000|f',
    'CO0010200|Boulder Creek Police Department|City|CO|104000|t',
    'CO0030000|Marlow County Police Department|County|CO|145000|f',
    'CO0040000|Juniper County Police Department|County|CO|67000|f',
    'IL0160000|Lakemont County Police Department|County|IL|940000|f',
    'IL0160100|Harbor City Police Department|City|IL|2690000|f',
    'IL0160200|Elmwood Police Department|City|IL|112000|f',
    'IL0160300|University of Lakemont Police|University or College|IL|0|t',
    'MA0130100|Old Harbor Police Department|City|MA|675000|f',
    'MA0130200|Millbrook Police Department|City|MA|185000|f',
    'MA0130300|Saint Agnes Police Department|City|MA|94000|f',
    'TX1010100|Bayou Grande Police Department|City|TX|2300000|f',
    'TX1010200|Mesquite Flats Police Department|City|TX|245000|f',
    'TX2200000|Palo Rojo County Police Department|County|TX|510000|f',
    'TX2200100|Las Cruces Police Department|City|TX|260000|t',
    'VT0040100|Maple Falls Police Department|City|VT|44000|f',
    'VT0040200|Addison County Sheriff|County|VT|37000|t',
  ]);
  // The register keeps the names that the states wrote.
  expect(await rows(example, `SELECT ori, name FROM raw_dev.agency_register WHERE ori IN (SELECT ori FROM raw_dev.agency_name_edits) ORDER BY ori`)).toEqual([
    'CO0010200|Bolder Creek',
    'IL0160300|Univ Lakemont',
    'TX2200100|Las Cruzes',
    'VT0040200|Addition',
  ]);
  expect(await rows(example, 'SELECT ori, year, months_reported FROM staging_dev.months_reported WHERE months_reported < 12 ORDER BY ori, year')).toEqual([
    'CO0010200|2021|6',
    'IL0160000|2022|11',
    'TX1010200|2020|0',
    'TX2200000|2023|2',
    'VT0040200|2020|4',
    'VT0040200|2021|8',
  ]);
  expect(await rows(example, 'SELECT year, category, offenses, change_percent FROM staging_dev.offenses_national ORDER BY category, year')).toEqual([
    '2020|property|195072|',
    '2021|property|201192|3.1',
    '2022|property|183935|-8.6',
    '2023|property|188354|2.4',
    '2020|violent|33055|',
    '2021|violent|32494|-1.7',
    '2022|violent|29945|-7.8',
    '2023|violent|31307|4.5',
  ]);
  expect(await rows(example, 'SELECT * FROM staging_dev.participation WHERE population_covered_percent < 100 ORDER BY state_abbr, year')).toEqual([
    'CO|2021|4|3|89.9',
    'IL|2022|4|3|74.9',
    'TX|2020|4|3|92.6',
    'TX|2023|4|3|84.6',
    'VT|2020|2|1|54.3',
    'VT|2021|2|1|54.3',
  ]);
  expect(await rows(example, `SELECT * FROM staging_dev.api_agencies WHERE ori IN ('AK0020000', 'IL0160100', 'TX2200000') ORDER BY ori`)).toEqual([
    'AK0020000|Alaska State Troopers|State Police|0|AK|Alaska|West|12|67||460||2023',
    'IL0160100|Harbor City Police Department|City|2690000|IL|Illinois|Midwest|12|9492|352.9|54803|2037.3|2023',
    'TX2200000|Palo Rojo County Police Department|County|510000|TX|Texas|South|2|1784|349.8|10776|2112.9|2022',
  ]);
});

it('counts only the agencies that reported twelve months, as plain SQL over the returns does', async () => {
  const example = await copyExample();
  expect((await example.dbl('build', '--quiet')).code).toBe(0);
  const [difference] = await rows(
    example,
    `WITH expected AS (
      SELECT agency.state_abbr, counted.year, counted.offense, sum(counted.offenses) AS offenses
      FROM (
        SELECT ori, extract(year FROM month)::integer AS year, offense, sum(offenses) AS offenses
        FROM raw_dev.monthly_returns GROUP BY 1, 2, 3 HAVING count(DISTINCT month) = 12
      ) AS counted
      JOIN raw_dev.agency_register AS agency USING (ori)
      GROUP BY 1, 2, 3
    )
    SELECT (SELECT count(*) FROM expected), (SELECT count(*) FROM expected FULL JOIN staging_dev.offenses_by_state AS built
      USING (state_abbr, year, offense) WHERE built.offenses IS DISTINCT FROM expected.offenses) AS different`,
  );
  expect(difference).toBe('144|0');
});

it('leaves private columns out, makes indexes, and writes descriptions into the database', async () => {
  const example = await copyExample();
  expect((await example.dbl('build', '--quiet')).code).toBe(0);
  const columns = `SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attnum > 0 AND attrelid = 'staging_dev.api_agencies'::regclass`;
  expect(await rows(example, columns)).toEqual([
    'ori agency_name agency_type population state_abbr state_name region months_reported_2023 violent_offenses violent_per_100k ' +
      'property_offenses property_per_100k latest_full_year',
  ]);
  const privateColumns = `SELECT attrelid::regclass FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attname LIKE 'contact%' AND relnamespace = 'staging_dev'::regnamespace`;
  expect(await rows(example, privateColumns)).toEqual([]);
  expect(await rows(example, `SELECT indexdef FROM pg_indexes WHERE schemaname = 'staging_dev' AND tablename = 'api_agencies' ORDER BY 1`)).toEqual([
    'CREATE INDEX api_agencies_state_abbr_idx ON staging_dev.api_agencies USING btree (state_abbr)',
    'CREATE UNIQUE INDEX api_agencies_ori_idx ON staging_dev.api_agencies USING btree (ori)',
  ]);
  expect(await rows(example, `SELECT obj_description('staging_dev.api_agencies'::regclass), col_description('staging_dev.agencies'::regclass, 1)`)).toEqual([
    'One row for each agency, for the API.|Originating agency identifier: nine characters that the FBI gives to each agency, beginning with its state.',
  ]);
});

it('passes all of its checks', async () => {
  const example = await copyExample();
  expect((await example.dbl('build', '--quiet')).code).toBe(0);
  const tested = await example.dbl('test', '--quiet');
  expect(tested.stdout).toMatch(/^test of staging_dev is done: 39 checks pass, in [\d.]+ m?s\n$/);
  expect(tested.stderr).toBe('');
  expect(tested.code).toBe(0);
  const recorded = `SELECT command, checks.status, count(*) FROM dbluigi.checks JOIN dbluigi.runs USING (run_id) GROUP BY 1, 2 ORDER BY 1, 2`;
  expect(await rows(example, recorded)).toEqual(['build|pass|39', 'test|pass|39']);
});

it('publishes nothing that a test forbids, and skips what is downstream', async () => {
  const example = await copyExample();
  expect((await example.dbl('build', '--quiet')).code).toBe(0);
  const before = await rows(example, 'SELECT * FROM staging_dev.api_agencies ORDER BY ori');

  edit(example, 'models/agencies/POPULATE-staging-full_years.sql', 'months_reported = 12', 'months_reported >= 6');
  edit(example, 'models/api/POPULATE-staging-api_agencies.sql', 'agency.population,', `agency.population, '555-0000' as contact_phone,`);
  const failed = await example.dbl('build', '--select', 'full_years+', '--log-format', 'json');
  expect(failed.code).toBe(1);
  expect(await rows(example, `${nodesOfLastRun} ORDER BY node`)).toEqual([
    'model.staging.api_agencies|skipped|"staging.offenses_by_agency" failed',
    'model.staging.api_trends|skipped|"staging.offenses_by_state" was skipped',
    'model.staging.full_years|success|',
    'model.staging.offenses_by_agency|failed|test.offenses.full_years_only: 18',
    'model.staging.offenses_by_state|skipped|"staging.offenses_by_agency" failed',
    'model.staging.offenses_national|skipped|"staging.offenses_by_agency" failed',
    'model.staging.participation|success|',
  ]);
  expect((await example.dbl('build', '--select', 'api_agencies', '--quiet')).code).toBe(1);
  expect(await rows(example, nodesOfLastRun)).toEqual(['model.staging.api_agencies|failed|test.api.no_private_columns: 1']);
  expect(await rows(example, 'SELECT * FROM staging_dev.api_agencies ORDER BY ori')).toEqual(before);
});

it('lists what the README shows', async () => {
  const example = await copyExample();
  const tree = await example.dbl('ls', '--tree', '--select', '+api_agencies');
  expect(tree.stdout).toBe(
    `model.staging.api_agencies
├─ model.raw.offense_types
├─ model.raw.states
├─ model.staging.agencies
│  ├─ model.raw.agency_name_edits
│  └─ model.raw.agency_register
├─ model.staging.months_reported
│  ├─ model.raw.monthly_returns
│  │  ├─ model.raw.agency_register
│  │  └─ model.raw.offense_types
│  └─ model.staging.agencies (see above)
└─ model.staging.offenses_by_agency
   ├─ model.raw.monthly_returns (see above)
   └─ model.staging.full_years
      └─ model.staging.months_reported (see above)
`,
  );
  const tagged = await example.dbl('ls', '--select', 'tag:yearly', '--output', 'json');
  const listed: { readonly id: string }[] = JSON.parse(tagged.stdout);
  expect(listed.map(({ id }) => id)).toEqual([
    'model.staging.offenses_by_agency',
    'model.staging.offenses_by_state',
    'model.staging.offenses_national',
    'model.staging.participation',
  ]);
});

it('promotes, and measures the next build by production', async () => {
  const example = await copyExample();
  expect((await example.dbl('build', '--quiet')).code).toBe(0);
  const promoted = await example.dbl('promote');
  expect(promoted.stderr).toBe('');
  expect(promoted.stdout).toMatch(/^staging_dev is production now, in [\d.]+ m?s\n {2}raw is new\n {2}staging is new\n$/);
  expect(promoted.code).toBe(0);
  const relations = `SELECT relnamespace::regnamespace::text AS schema, count(*) FROM pg_class
    WHERE relkind IN ('r', 'v') AND relnamespace::regnamespace::text ~ '^(raw|staging)' GROUP BY 1 ORDER BY 1`;
  expect(await rows(example, relations)).toEqual(['raw|5', 'staging|9']);
  expect(await rows(example, 'SELECT count(*), sum(offenses) FROM staging.offenses_national')).toEqual(['8|895354']);

  expect((await example.dbl('build', '--quiet')).code).toBe(0);
  const checked = await example.dbl('test', '--production', '--quiet');
  expect(checked.stdout).toMatch(/^test --production of staging_dev is done: 39 checks pass, in [\d.]+ m?s\n$/);
  expect((await example.dbl('promote', '--quiet')).code).toBe(0);
  expect(await rows(example, relations)).toEqual(['raw|5', 'raw__previous|5', 'staging|9', 'staging__previous|9']);
  expect(await rows(example, 'SELECT kind, schema, previous_schema FROM dbluigi.promotions ORDER BY committed_at, schema')).toEqual([
    'promote|raw|',
    'promote|staging|',
    'promote|raw|raw__previous',
    'promote|staging|staging__previous',
  ]);
});
