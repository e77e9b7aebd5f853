import { expect, it } from 'vitest';
import { buildProject, lastNodes } from './project.js';

/** Every name is a table's, and is a column's too. */
const odd = [
  'UPPER Case',
  'with.dots..and.more',
  'quo"ted ""twice""',
  "apo'strophe",
  'back\\slash',
  'éà ü ñ',
  '🚓 police 👮‍♀️',
  '日本語',
  'select',
  '1st-of-all',
  'a'.repeat(63),
  `${'ü'.repeat(31)}x`,
  '$1 {{ braces }}',
  '-- comment',
  '%',
];
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** A template prints text between `{% raw %}` marks as it stands. */
const raw = (text: string): string => `{% raw %}${text}{% endraw %}`;

it('builds tables and views of every name that Postgres takes, in schemas of odd names too', async () => {
  const schemas = { plain: 'staging', odd: 'My "Schéma" 🏛️.x' };
  const files: Record<string, string> = {};
  odd.forEach((name, index) => {
    const before = odd[index - 1];
    const from = before === undefined ? '(select 0 as n) as zero' : index % 3 === 0 ? `${quote(schemas.odd)}.${quote(before)}` : quote(before);
    const column = before === undefined ? 'n' : quote(before);
    const view = index % 4 === 3 ? "{{ config(materialized='view') }}" : '';
    files[`models/POPULATE-${schemas.odd}-${name}.sql`] = `${view}${raw(`select max(${column}) + 1 as ${quote(name)} from ${from}`)}`;
  });
  const last = odd.at(-1) ?? '';
  files['staging.all'] = `select * from {{ ref(${JSON.stringify(schemas.odd)}, ${JSON.stringify(last)}) }}`;
  files['models/properties.yaml'] = JSON.stringify({
    models: odd.map((name) => ({ name, description: `it's ${name}`, columns: [{ name, checks: ['not_null', 'unique'], description: name }] })),
  });
  files['tests/odd.sql'] = raw(`select * from ${quote(schemas.odd)}.${quote(last)} as t where t.${quote(last)} <> ${odd.length}`);
  const project = await buildProject(files, `{ comments: true, targets: { dev: { schemas: { ${JSON.stringify(schemas.odd)}: 'Phys "x" 🏗️' } } } }`);
  const { dbl, rows } = project;
  const tables = odd.filter((_, index) => index % 4 !== 3).length + 1;
  for (const threads of ['1', '4']) {
    expect(await dbl('build', '--quiet', '--threads', threads)).toEqual({ code: 0, stderr: '', stdout: `build of dev is done: ${odd.length + 1} built (${tables} rows), in T\n` });
  }
  expect(await rows('SELECT * FROM staging_dev."all"')).toEqual([String(odd.length)]);
  const made = await rows(`SELECT c.relname || ' ' || c.relkind::text || ' ' || d.description FROM pg_class AS c JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = 0
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'Phys "x" 🏗️')`);
  expect(made.toSorted()).toEqual(odd.map((name, index) => `${name} ${index % 4 === 3 ? 'v' : 'r'} it's ${name}`).toSorted());
  expect(await lastNodes(project)).toHaveLength(odd.length + 1);
  expect(await rows(`SELECT nspname FROM pg_namespace WHERE nspname LIKE '%trash%'`)).toEqual([]);
});

it('keeps what hangs on tables of odd names', async () => {
  const { database, dbl, rows, write } = await buildProject({ 'models/POPULATE-sta "x"-🚓 "t".sql': 'select 1 as "Ünö", 2 as b' });
  const relation = '"sta ""x""_dev"."🚓 ""t"""';
  await dbl('build', '--quiet');
  await database.query(`CREATE VIEW public."vïew ""v""" AS SELECT "Ünö" AS "a ""a""" FROM ${relation};
    CREATE INDEX "ïndex ""i""" ON ${relation} ("Ünö"); COMMENT ON COLUMN ${relation}."Ünö" IS 'x'; GRANT SELECT ("Ünö") ON ${relation} TO PUBLIC`);
  write({ 'models/POPULATE-sta "x"-🚓 "t".sql': 'select 7 as "Ünö", 2 as b' });
  for (const _ of [1, 2]) expect(await dbl('build', '--quiet')).toMatchObject({ code: 0, stderr: '' });
  expect(await rows('SELECT * FROM public."vïew ""v"""')).toEqual(['7']);
  expect(await rows(`SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '${relation}'::regclass`)).toEqual([
    `CREATE INDEX "ïndex ""i""" ON ${relation} USING btree ("Ünö")`,
  ]);
  expect(await rows(`SELECT attacl, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = '${relation}'::regclass AND attname = 'Ünö'`)).toEqual(['{=r/' + (await rows('SELECT current_user'))[0] + '}|x']);
});
