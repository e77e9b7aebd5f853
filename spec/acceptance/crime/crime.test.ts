import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createTestDatabase, type DblResult, runDbl, type TestDatabase, withProject } from '../../harness/index.js';
import { loadCrime, missingData, psqlScript } from './crime-data.js';

const hasPsql = spawnSync('psql', ['--version']).status === 0;
const projectFolder = fileURLToPath(new URL('project', import.meta.url));

interface Crime {
  readonly database: TestDatabase;
  readonly loaded: Readonly<Record<string, number>>;
  readonly dbl: (...args: readonly string[]) => Promise<DblResult>;
  /** Rows as `a|b|c`, NULL as nothing, as `psql -At` prints them. */
  readonly rows: (sql: string) => Promise<readonly string[]>;
}

async function prepare(): Promise<Crime> {
  const { folder } = withProject({});
  cpSync(projectFolder, folder, { recursive: true, filter: (file) => !file.endsWith('.dbl') });
  const database = await createTestDatabase();
  const loaded = await loadCrime(database);
  return {
    database,
    loaded,
    dbl: (...args) => runDbl(args, { cwd: folder, env: { DBL_DATABASE_URL: database.url } }),
    rows: async (sql) => (await database.query(sql)).map((row) => Object.values(row).map((value) => value ?? '').join('|')),
  };
}

/** What the project builds, as somebody wrote it by hand in SQL over the same source, without dbl; `different` counts rows only one side has. */
const byHand: Readonly<Record<string, string>> = {
  states: `SELECT state_postal_abbr, state_name, state_fips_code, region_name FROM ucr.state_lk JOIN ucr.region_lk USING (region_code)`,
  agencies: `SELECT ori,
      CASE WHEN agency_type_name = 'County' AND coalesce(edited_name, pub_agency_name) NOT LIKE '%County%'
        THEN coalesce(edited_name, pub_agency_name) || ' County Police Department' ELSE coalesce(edited_name, pub_agency_name) END,
      CASE WHEN agency_type_name = 'County' AND pub_agency_name NOT LIKE '%County%' THEN pub_agency_name || ' County Police Department' ELSE pub_agency_name END,
      agency_type_name, edited_flag IS NOT NULL, state_postal_abbr, state_name, region_name, CASE WHEN zip <> ' ' THEN zip END, lat, lng
    FROM ucr.agency_name_edits
    LEFT JOIN (ucr.state_lk JOIN ucr.region_lk USING (region_code)) ON state_postal_abbr = replace(left(ori, 2), 'NB', 'NE')
    LEFT JOIN ucr.icpsr_2012 USING (ori)`,
  estimates: `SELECT year, coalesce(state_abbr, 'US'), CASE WHEN state_abbr IS NULL THEN 'nation' ELSE 'state' END, population,
      violent_crime, homicide, rape_legacy, rape_revised, robbery, aggravated_assault, property_crime, burglary, larceny, motor_vehicle_theft,
      nullif(trim(caveats), '')
    FROM ucr.estimated_1995_2016
    UNION ALL
    SELECT year, replace(state_abbr, 'GU', 'GM'), 'territory', sum(population), sum(violent_crime), sum(homicide), sum(rape_legacy), sum(rape_revised),
      sum(robbery), sum(aggravated_assault), sum(property_crime), sum(burglary), sum(larceny), sum(motor_vehicle_theft), string_agg(caveats, '; ')
    FROM ucr.territories GROUP BY year, state_abbr HAVING sum(violent_crime) IS NOT NULL`,
  national: `SELECT year, population, round(violent_crime * 100000.0 / population, 1),
      round((violent_crime - lag(violent_crime) OVER w) * 100.0 / lag(violent_crime) OVER w, 2),
      round(property_crime * 100000.0 / population, 1),
      round((property_crime - lag(property_crime) OVER w) * 100.0 / lag(property_crime) OVER w, 2)
    FROM ucr.estimated_1995_2016 WHERE state_abbr IS NULL WINDOW w AS (ORDER BY year)`,
};

function differences(table: string, schema: string): string {
  const built = `SELECT * FROM ${schema}.${table}`;
  const expected = byHand[table] ?? '';
  return `SELECT (SELECT count(*) FROM (${expected}) AS expected) AS expected, (SELECT count(*) FROM (${built}) AS built) AS built,
    (SELECT count(*) FROM ((${built} EXCEPT ALL (${expected})) UNION ALL ((${expected}) EXCEPT ALL ${built})) AS d) AS different`;
}

describe.skipIf(missingData !== undefined)(`a project over the real data${missingData === undefined ? '' : ` (skipped: ${missingData})`}`, { timeout: 120_000 }, () => {
  it.skipIf(!hasPsql)(`reads the files as psql does${hasPsql ? '' : ' (skipped: there is no psql on this machine)'}`, async () => {
    const { database, loaded, rows } = await prepare();
    const { host, password, port, user } = database.address;
    const env = { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password ?? '', PGDATABASE: database.name };
    const psql = spawnSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1'], { env, input: psqlScript('by_psql', withProject({}).folder), encoding: 'utf8' });
    expect(psql.stderr).toBe('');
    for (const [table, count] of Object.entries(loaded)) {
      expect(await rows(`SELECT count(*) FROM (TABLE ucr.${table} INTERSECT ALL TABLE by_psql.${table}) AS same`)).toEqual([String(count)]);
      expect(await rows(`SELECT count(*) FROM by_psql.${table}`)).toEqual([String(count)]);
    }
  });

  it('builds what plain SQL gives, row by row', async () => {
    const crime = await prepare();
    expect(crime.loaded).toEqual({ agency_name_edits: 23159, icpsr_2012: 35432, estimated_1995_2016: 1144, territories: 127, state_lk: 58, region_lk: 6 });
    const built = await crime.dbl('build', '--target', 'reporting_dev');
    expect(built.code).toBe(0);
    // One agency of the source has no name at all: a warning, which shows it.
    expect(built.stderr).toContain('warning DBL2301: the check "reporting.agencies.not_null.agency_name" failed: 1 failing row\n  models/properties.yaml:21:13\n');
    expect(built.stderr).toMatch(/^ {5}MA014/m);
    expect(built.stdout).toMatch(/^build of reporting_dev is done: 6 built \(25,651 rows\), 1 warning, in [\d.]+ m?s$/m);

    expect(await crime.rows(differences('states', 'reporting_dev'))).toEqual(['58|58|0']);
    expect(await crime.rows(differences('agencies', 'reporting_dev'))).toEqual(['23159|23159|0']);
    expect(await crime.rows(differences('estimates', 'reporting_dev'))).toEqual(['1189|1189|0']);
    expect(await crime.rows(differences('national', 'reporting_dev'))).toEqual(['22|22|0']);
    const recorded = `SELECT node, rows FROM dbluigi.node_runs ORDER BY node`;
    expect(await crime.rows(recorded)).toEqual([
      'model.reporting.agencies|23159',
      'model.reporting.agencies_by_state|56',
      'model.reporting.estimates|1189',
      'model.reporting.national|',
      'model.reporting.rates|1189',
      'model.reporting.states|58',
    ]);
  });

  it('knows these rows', async () => {
    const crime = await prepare();
    expect((await crime.dbl('build', '--quiet')).code).toBe(0);
    const agencies = `SELECT * FROM reporting_dev.agencies WHERE ori IN ('AK0010100', 'AL0040000', 'MA014669E', 'NB0010000') OR agency_name = 'Pea Ridge National Military Park' ORDER BY ori`;
    expect(await crime.rows(agencies)).toEqual([
      'AK0010100|Anchorage Police Department|Anchorage|City|f|AK|Alaska|West|99507|61.17425|-149.284329',
      "AL0040000|Autauga County Sheriff's Office|Autauga County Police Department|County|f|AL|Alabama|South|36067|32.536382|-86.64449",
      'ARDI00300|Pea Ridge National Military Park|Pea Ridge Nmp|Unknown|t|AR|Arkansas|South|||',
      'MA014669E|||City|f|MA|Massachusetts|Northeast|||',
      "NB0010000|Adams County Sheriff's Office|Adams County Police Department|County|f|NE|Nebraska|Midwest|68902|40.520632|-98.500044",
    ]);
    const named = `SELECT count(*) FROM reporting_dev.agencies JOIN ucr.agency_name_edits USING (ori) WHERE published_name = pub_agency_name || ' County Police Department'`;
    const lacking = `SELECT count(*) FROM ucr.agency_name_edits WHERE agency_type_name = 'County' AND pub_agency_name NOT LIKE '%County%'`;
    expect([await crime.rows(named), await crime.rows(lacking)]).toEqual([['3057'], ['3057']]);
    expect(await crime.rows('SELECT * FROM reporting_dev.national WHERE year IN (1995, 1996, 2016) ORDER BY year')).toEqual([
      '1995|262803276|684.5||4590.5|',
      '1996|265228572|636.6|-6.13|4451.0|-2.14',
      '2016|323127513|386.3|4.08|2450.7|-1.31',
    ]);
    // The Virgin Islands reported by locality in 2010, and American Samoa not at all.
    const territories = `SELECT area, violent_crime, burglary, caveats FROM reporting_dev.estimates WHERE year = 2010 AND area_type = 'territory' ORDER BY area`;
    expect(await crime.rows(territories)).toEqual(['PR|10246|17494|Not Available', 'VI|1749|1373|Started Submitting by agency']);
  });

  it('refuses to shrink below production, and promotes what did not', async () => {
    const crime = await prepare();
    expect((await crime.dbl('build', '--quiet')).code).toBe(0);
    expect((await crime.dbl('promote', '--quiet')).code).toBe(0);
    expect(await crime.rows(differences('agencies', 'reporting'))).toEqual(['23159|23159|0']);

    // As many rows as production has: the ratio is 1.
    expect((await crime.dbl('build', '--quiet')).code).toBe(0);
    const ratio = `SELECT checks.status FROM dbluigi.checks JOIN dbluigi.runs USING (run_id) WHERE check_id = 'reporting.agencies.row_count_ratio' ORDER BY started_at`;
    expect(await crime.rows(ratio)).toEqual(['pass', 'pass']);

    await crime.database.query(`DELETE FROM ucr.agency_name_edits WHERE ori LIKE 'WY%'`);
    const shrunk = await crime.dbl('build', '--quiet');
    expect(shrunk.code).toBe(1);
    expect(shrunk.stderr).toContain(
      'the check "reporting.agencies.row_count_ratio" failed: 23071 rows, 0.996 times the 23159 of reporting.agencies, at least 1 expected',
    );
    expect(await crime.rows(ratio)).toEqual(['pass', 'pass', 'fail']);
    expect(await crime.rows('SELECT count(*) FROM reporting_dev.agencies')).toEqual(['23159']);

    const refused = await crime.dbl('promote', '--quiet');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('"reporting_dev.agencies" failed in the last run that was to build it');
    expect(await crime.rows('SELECT count(*) FROM reporting.agencies')).toEqual(['23159']);

    await crime.database.query(`INSERT INTO ucr.agency_name_edits SELECT 'XX' || to_char(n, 'FM0000000'), 'Other', NULL, 'New ' || n, 'New ' || n FROM generate_series(1, 200) AS n`);
    expect((await crime.dbl('build', '--quiet')).code).toBe(0);
    expect((await crime.dbl('promote', '--quiet')).code).toBe(0);
    expect(await crime.rows('SELECT (SELECT count(*) FROM reporting.agencies) AS now, (SELECT count(*) FROM reporting__previous.agencies) AS before')).toEqual(['23271|23159']);
    expect(await crime.rows('SELECT count(*) FROM ucr.agency_name_edits')).toEqual(['23271']);
  });
});
