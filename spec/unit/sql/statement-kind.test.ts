import { beforeAll, expect, it } from 'vitest';
import { describeStatement, isQuery, loadParser, modifiesData } from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

beforeAll(loadParser);

function only(text: string) {
  const [statement] = mustParse(text).statements;
  if (statement === undefined) throw new Error('no statement');
  return statement;
}

it.each(['select 1', 'values (1)', 'table x', 'with a as (select 1) select * from a', '(select 1) union select 2', 'select'])(
  'is a query: %s',
  (text) => {
    expect(isQuery(only(text))).toBe(true);
    expect(describeStatement(only(text))).toBe('SELECT');
    expect(modifiesData(only(text))).toBe(false);
  },
);

it.each([
  ['select 1 into x', 'SELECT INTO'],
  ['select 1 into x union select 2 union select 3', 'SELECT INTO'],
  ['insert into x values (1)', 'INSERT'],
  ['merge into a using b on true when matched then delete', 'MERGE'],
  ['create table x as select 1', 'CREATE TABLE AS'],
  ['create materialized view x as select 1', 'CREATE MATERIALIZED VIEW'],
  ['create table x (a int)', 'CREATE TABLE'],
  ['create view x as select 1', 'CREATE VIEW'],
  ['create index on x (a)', 'CREATE INDEX'],
  ['create schema x', 'CREATE SCHEMA'],
  ['create extension x', 'CREATE EXTENSION'],
  ["create function f() returns int language sql as ''", 'CREATE FUNCTION'],
  ['drop materialized view x', 'DROP MATERIALIZED VIEW'],
  ['drop table x', 'DROP TABLE'],
  ['alter table x add a int', 'ALTER TABLE'],
  ['alter table x rename to y', 'ALTER TABLE'],
  ['alter view x set schema y', 'ALTER VIEW'],
  ['begin', 'BEGIN'],
  ['rollback to x', 'ROLLBACK TO'],
  ['set x = 1', 'SET'],
  ['grant select on x to y', 'GRANT'],
  ['revoke select on x from y', 'REVOKE'],
  ['analyze x', 'ANALYZE'],
  ['vacuum x', 'VACUUM'],
  ['truncate x', 'TRUNCATE'],
  ['explain select 1', 'EXPLAIN'],
  ["do ''", 'DO'],
  ['call p()', 'CALL'],
  ['copy x to stdout', 'COPY'],
  ["comment on table x is 'y'", 'COMMENT'],
  ['lock table x', 'LOCK'],
])('is no query: %s', (text, name) => {
  expect(isQuery(only(text))).toBe(false);
  expect(describeStatement(only(text))).toBe(name);
});

it.each([
  ['with a as (delete from b returning *) select * from a', 'WITH … DELETE in a query'],
  ['select * from (with a as (with c as (update d set e = 1 returning *) select 1) select * from a) f', 'WITH … UPDATE in a query'],
])('changes data: %s', (text, name) => {
  expect(isQuery(only(text))).toBe(true);
  expect(modifiesData(only(text))).toBe(true);
  expect(describeStatement(only(text))).toBe(name);
});
