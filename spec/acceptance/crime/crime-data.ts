import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteLiteral } from '../../../src/sql/index.js';
import type { TestDatabase } from '../../harness/index.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = path.resolve(root, process.env['DBL_SHARED'] ?? '../shared', 'data', 'crime');

/** Why the tests over the real data cannot run here; undefined where they can. */
export const missingData = existsSync(folder) ? undefined : `there is no ${folder}: set DBL_SHARED to the folder that holds data/crime`;

const counts = `population bigint, violent_crime integer, homicide integer, rape_legacy integer, rape_revised integer, robbery integer,
  aggravated_assault integer, property_crime integer, burglary integer, larceny integer, motor_vehicle_theft integer`;

/** What the files hold, as tables of the schema "ucr". The lookups come without a header. */
const tables: readonly { readonly name: string; readonly columns: string; readonly hasHeader: boolean }[] = [
  {
    name: 'agency_name_edits',
    columns: 'ori text, agency_type_name text, edited_flag text, edited_name text, pub_agency_name text, icpsr_name text',
    hasHeader: true,
  },
  { name: 'icpsr_2012', columns: 'ori text, zip text, lat double precision, lng double precision', hasHeader: true },
  { name: 'estimated_1995_2016', columns: `year integer, state_abbr text, ${counts}, caveats text`, hasHeader: true },
  { name: 'territories', columns: `year integer, state_abbr text, locality text, ${counts}, arson integer, caveats text`, hasHeader: true },
  {
    name: 'state_lk',
    columns: 'state_id integer, state_postal_abbr text, state_name text, state_fips_code text, region_code integer',
    hasHeader: false,
  },
  { name: 'region_lk', columns: 'region_code integer, region_name text, region_desc text', hasHeader: false },
];

/** Makes the schema "ucr" with the tables of the folder. Returns how many rows each file has, by table. */
export async function loadCrime(database: TestDatabase): Promise<Readonly<Record<string, number>>> {
  await database.query('CREATE SCHEMA ucr');
  const loaded: Record<string, number> = {};
  for (const { columns, hasHeader, name } of tables) {
    const names = columns.split(',').map((column) => column.trim().split(' ', 1).join(''));
    const records = parseCsv(readFileSync(path.join(folder, `${name}.csv`), 'utf8')).slice(hasHeader ? 1 : 0);
    const json = JSON.stringify(records.map((values) => Object.fromEntries(names.map((column, index) => [column, values[index] ?? null]))));
    await database.query(`CREATE TABLE ucr.${name} (${columns});
      INSERT INTO ucr.${name} SELECT * FROM json_populate_recordset(NULL::ucr.${name}, ${quoteLiteral(json)})`);
    loaded[name] = records.length;
  }
  return loaded;
}

/**
 * A script for psql that loads the same files into another schema, from copies in a folder: their lines end with CR LF, the last of one is
 * empty, and COPY takes neither. (In the script itself they could not stand: psql before 18 sends their end to the server, and 18 takes it for a row.)
 */
export function psqlScript(schema: string, copies: string): string {
  const statements = tables.map(({ columns, hasHeader, name }) => {
    const text = readFileSync(path.join(folder, `${name}.csv`), 'utf8').replaceAll('\r\n', '\n').trimEnd();
    const copy = path.join(copies, `${name}.csv`);
    writeFileSync(copy, `${text}\n`);
    return `CREATE TABLE ${schema}.${name} (${columns});\n\\copy ${schema}.${name} FROM ${quoteLiteral(copy)} (FORMAT csv, HEADER ${hasHeader})`;
  });
  return [`CREATE SCHEMA ${schema};`, ...statements, ''].join('\n');
}

const field = /("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/gy;

/** As COPY … CSV reads it: an empty field is NULL unless it is quoted. Lines that hold nothing are passed over. */
function parseCsv(text: string): (string | null)[][] {
  const records: (string | null)[][] = [];
  let record: (string | null)[] = [];
  for (const [whole, value = '', end] of text.matchAll(field)) {
    if (whole === '' && record.length === 0) break;
    record.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value === '' ? null : value);
    if (end === ',') continue;
    if (record.length > 1 || record[0] !== null) records.push(record);
    record = [];
  }
  return records;
}
