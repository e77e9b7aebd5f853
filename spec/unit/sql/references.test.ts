import { beforeAll, describe, expect, it } from 'vitest';
import { applyEdits, loadParser, references, retarget } from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

beforeAll(loadParser);

/** Each table as it stands in the text, with `!` where it is written to. */
function tables(text: string): string[] {
  return references(mustParse(text)).tables.map(({ start, end, write }) => text.slice(start, end) + (write ? '!' : ''));
}

describe('tables', () => {
  it.each([
    ['select 1', []],
    ['select * from b, A."x" join a . /* c */ y on true', ['b', 'A."x"', 'a . /* c */ y']],
    ['select * from db.a.b', ['a.b']],
    ['insert into a.b (x) select x from c returning (select 1 from d)', ['a.b!', 'c', 'd']],
    ['update a set x = 1 from b where exists (select from c)', ['a!', 'b', 'c']],
    ['delete from only a using b', ['a!', 'b']],
    ['with a as (select 1) delete from a using a as b', ['a!']],
    ['merge into a using b on true when matched then delete', ['a!', 'b']],
    ['create table a.b as select * from c', ['a.b!', 'c']],
    ['create view a.b as select * from c', ['a.b!', 'c']],
    ['create table a (like b, c int references d)', ['a!', 'b', 'd']],
    ['select * into a from b', ['a!', 'b']],
    ['truncate a, b.c', ['a!', 'b.c!']],
    ['create index on a.b (c)', ['a.b!']],
    ['alter table a.b add x int', ['a.b!']],
    ['select * from a; with a as (select 1) select * from a; select * from a', ['a', 'a']],
    ['with a as (with b as (select * from c) select * from b) select * from a, b', ['c', 'b']],
    ['with a as (select * from a) select * from a', ['a']],
    ['with recursive a as (select * from b), b as (select * from c) select * from a', ['c']],
    ['with a as (select * from b), b as (select * from c) select * from a', ['b', 'c']],
    ['(with a as (select 1) select * from a) union select * from a', ['a']],
    ['with a as (select 1) (select * from a union select * from (select * from a) b)', []],
    ['insert into t with a as (select 1) select * from a', ['t!']],
    ['with "A" as (select 1) select * from a, "A"', ['a']],
    ['with a as (delete from b where exists (select from c) returning *) select * from a', ['b!', 'c']],
    ['select a.b(1), c.d.e, f.g from h for update of h', ['h']],
  ])('of %j', (text, expected) => {
    expect(tables(text)).toEqual(expected);
  });

  it('have the names that Postgres reads', () => {
    expect(references(mustParse('select * from U&"st\\0061ging" . Über')).tables).toEqual([
      { schema: 'staging', name: 'Über', start: 14, end: 36, write: false },
    ]);
    expect(references(mustParse('table "A""b"')).tables).toEqual([
      { schema: undefined, name: 'A"b', start: 6, end: 12, write: false },
    ]);
  });
});

describe('columns', () => {
  it.each([
    ['select s.t.a, s.t.*, t.a, s.t from s.t', ['s.t', 's.t']],
    ['select s.t.a from s.u', []],
    ['select db.s.t.a from db.s.t', ['s.t']],
    ['select (s.t).a, s.t from x as s', []],
    // What Postgres makes of three names does not depend on the aliases in scope.
    ['select s.t.a from s.t, x as s', ['s.t']],
  ])('of %j', (text, expected) => {
    expect(references(mustParse(text)).columns.map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });
});

describe('applyEdits', () => {
  it('finds the way back', () => {
    const text = 'select a from s.t, s.uu -- end';
    const edits = references(mustParse(text)).tables.map((table) => retarget(text, table, 'Odd'));
    const edited = applyEdits(text, edits.toReversed());
    expect(edited.text).toBe('select a from "Odd".t, "Odd".uu -- end');
    const back = (found: string, more = 0) => text.slice(edited.toOriginal(edited.text.indexOf(found) + more));
    expect(back('a from')).toBe('a from s.t, s.uu -- end');
    expect(back('"Odd".t')).toBe('s.t, s.uu -- end');
    expect(back('"Odd".t', 6)).toBe('s.t, s.uu -- end');
    expect(back('"Odd".t', 7)).toBe(', s.uu -- end');
    expect(back('"Odd".uu', 3)).toBe('s.uu -- end');
    expect(back(' -- end')).toBe(' -- end');
    expect(edited.toOriginal(edited.text.length)).toBe(text.length);
  });

  it('inserts, deletes, and refuses what overlaps', () => {
    const inserted = applyEdits('abc', [
      { start: 1, end: 1, replacement: 'XY' },
      { start: 2, end: 3, replacement: '' },
    ]);
    expect(inserted.text).toBe('aXYb');
    expect([0, 1, 2, 3, 4].map((offset) => inserted.toOriginal(offset))).toEqual([0, 1, 1, 1, 3]);
    const overlapping = [
      { start: 0, end: 2, replacement: '' },
      { start: 1, end: 3, replacement: '' },
    ];
    expect(() => applyEdits('abc', overlapping)).toThrow('edits overlap at offset 1');
  });
});
