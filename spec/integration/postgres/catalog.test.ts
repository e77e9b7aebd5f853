import { expect, test } from 'vitest';
import { listSchemas, readColumns, readRelations, schemaExists } from '../../../src/postgres/index.js';
import { createTestDatabase } from '../../harness/index.js';

const setUp = `
  CREATE SCHEMA "Odd ""Name"""; CREATE SCHEMA a;
  CREATE TABLE a.plain (id bigint PRIMARY KEY, name varchar(10) NOT NULL, gone int, "Ünï" numeric(10, 2));
  ALTER TABLE a.plain DROP COLUMN gone;
  COMMENT ON TABLE a.plain IS 'what it is';
  COMMENT ON COLUMN a.plain.name IS 'not the table''s';
  INSERT INTO a.plain SELECT n, 'x' FROM generate_series(1, 1000) AS n;
  ANALYZE a.plain;
  CREATE VIEW a.seen AS SELECT id FROM a.plain;
  CREATE MATERIALIZED VIEW a.kept AS SELECT id FROM a.plain WITH NO DATA;
  CREATE SEQUENCE a.numbers;
  CREATE TABLE a.parts (x int) PARTITION BY LIST (x);
  CREATE TYPE a.pair AS (l int, r int);
  CREATE TABLE "Odd ""Name"""."T.x" (x int)`;

test('relations of all kinds', async () => {
  const database = await createTestDatabase();
  await database.query(setUp);
  const session = await database.session();
  const relations = await readRelations(session, ['a', 'Odd "Name"', 'absent']);
  expect(relations.map(({ schema, name, kind }) => `${schema} ${name}: ${kind}`)).toEqual([
    'Odd "Name" T.x: table',
    'a kept: materialized view',
    'a numbers: sequence',
    'a pair: composite type',
    'a parts: partitioned table',
    'a plain: table',
    'a plain_pkey: index',
    'a seen: view',
  ]);
  const plain = relations.find(({ name }) => name === 'plain');
  expect(plain).toMatchObject({ owner: database.address.user, comment: 'what it is', estimatedRows: 1000 });
  expect(plain?.bytes).toBeGreaterThan(8192);
  expect(relations[0]).toMatchObject({ comment: undefined, bytes: 0 });
  expect(await readRelations(session, [])).toEqual([]);
});

test('columns', async () => {
  const database = await createTestDatabase();
  await database.query(setUp);
  const session = await database.session();
  const oids = (await readRelations(session, ['a'])).filter(({ name }) => name === 'plain' || name === 'seen').map(({ oid }) => oid);
  const columns = await readColumns(session, [...oids, 1]);
  expect([...columns.values()]).toEqual([
    [
      { name: 'id', type: 'bigint', notNull: true },
      { name: 'name', type: 'character varying(10)', notNull: true },
      { name: 'Ünï', type: 'numeric(10,2)', notNull: false },
    ],
    [{ name: 'id', type: 'bigint', notNull: false }],
  ]);
  expect(await readColumns(session, [])).toEqual(new Map());
});

test('schemas', async () => {
  const database = await createTestDatabase();
  await database.query(setUp);
  const session = await database.session();
  expect(await listSchemas(session)).toEqual(['Odd "Name"', 'a', 'public']);
  expect(await schemaExists(session, 'Odd "Name"')).toBe(true);
  expect(await schemaExists(session, 'odd "name"')).toBe(false);
});

test('a reader does not wait for who holds a table', async () => {
  const database = await createTestDatabase();
  await database.query(setUp);
  const [holder, reader] = await Promise.all([database.session(), database.session()]);
  await holder.batch('BEGIN; LOCK TABLE a.plain');
  await reader.query(`SET lock_timeout = '100ms'`);
  expect(await readRelations(reader, ['a'])).toHaveLength(7);
});
