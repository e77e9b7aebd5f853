import { expect, it } from 'vitest';
import {
  analyze,
  commentOn,
  createIndex,
  createSchema,
  createTableAs,
  createView,
  dropTable,
  dropView,
  grant,
  renameSchema,
  setSchema,
} from '../../../src/sql/index.js';

it('createTableAs and createView say where the query begins', () => {
  const query = 'with x as (select 1) select * from x -- end';
  const table = createTableAs({ schema: 'staging__work', name: 'Odd', query });
  expect(table.text).toBe(`create table staging__work."Odd" as\n${query}\n`);
  expect(table.text.slice(table.queryOffset)).toBe(`${query}\n`);
  const view = createView({ schema: 's', name: 'v', query });
  expect(view.text).toBe(`create view s.v as\n${query}\n`);
  expect(view.text.slice(view.queryOffset)).toBe(`${query}\n`);
  expect(createView({ schema: 's', name: 'v', query: 'select 1', orReplace: true }).text).toBe(
    'create or replace view s.v as\nselect 1\n',
  );
});

it.each([
  [setSchema({ kind: 'table', schema: 's', name: 'Odd', to: 'user' }), 'alter table s."Odd" set schema "user"'],
  [setSchema({ kind: 'view', schema: 's', name: 'v', to: 't' }), 'alter view s.v set schema t'],
  [dropTable({ schema: 's', name: 't' }), 'drop table s.t'],
  [dropTable({ schema: 's', name: 't', ifExists: true }), 'drop table if exists s.t'],
  [dropView({ schema: 's', name: 'v' }), 'drop view s.v'],
  [dropView({ schema: 's', name: 'v', ifExists: true }), 'drop view if exists s.v'],
  [createSchema({ schema: 'a.b' }), 'create schema "a.b"'],
  [createSchema({ schema: 's', ifNotExists: true }), 'create schema if not exists s'],
  [renameSchema({ schema: 's', to: 's__previous' }), 'alter schema s rename to s__previous'],
  [commentOn({ kind: 'table', schema: 's', name: 't', comment: "it's" }), "comment on table s.t is 'it''s'"],
  [commentOn({ kind: 'view', schema: 's', name: 'v', comment: undefined }), 'comment on view s.v is null'],
  [commentOn({ kind: 'column', schema: 's', name: 't', column: 'C', comment: '\\' }), `comment on column s.t."C" is E'\\\\'`],
  [createIndex({ schema: 's', table: 't', keys: [{ column: 'a' }, { column: 'B' }] }), 'create index on s.t (a, "B")'],
  [
    createIndex({
      schema: 's',
      table: 't',
      keys: [{ expression: 'lower(a) -- x' }],
      unique: true,
      method: 'btree',
      name: 'I',
      where: 'b -- y',
    }),
    'create unique index "I" on s.t using btree ((lower(a) -- x\n)) where (b -- y\n)',
  ],
  [analyze({ schema: 's', name: 't' }), 'analyze s.t'],
  [
    grant({ privilege: 'SELECT', schema: 's', name: 't', column: undefined, grantee: undefined, grantable: false }),
    'grant SELECT on s.t to public',
  ],
  [
    grant({ privilege: 'UPDATE', schema: 's', name: 't', column: 'A', grantee: 'API reader', grantable: true }),
    'grant UPDATE ("A") on s.t to "API reader" with grant option',
  ],
])('%s', (built, expected) => {
  expect(built).toBe(expected);
});
