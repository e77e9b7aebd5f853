import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser, outputColumns, parseSql, references } from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

beforeAll(loadParser);

/** The text of each statement. */
function statements(text: string): string[] {
  return mustParse(text).statements.map(({ start, end }) => text.slice(start, end));
}

function mistake(text: string): { readonly message: string; readonly rest: string } {
  const parse = parseSql(text);
  if (parse.ok) throw new Error('no mistake');
  const { message, offset } = parse.error;
  return { message, rest: text.slice(offset) };
}

describe('statements', () => {
  it.each([
    ['', []],
    [' \n-- nothing\n/* at /* all */ */', []],
    [';;', []],
    ['select 1', ['select 1']],
    [' -- é🚓\n/* x */ select 1 -- y\n ; -- z\n', ['select 1']],
    [';  select 1 /* a */ -- b\n; /* c; */ select \'--\' ; select $$;--$$ -- $$\n', ['select 1', "select '--'", 'select $$;--$$']],
    ["select e'\\'--' -- it's\n", ["select e'\\'--'"]],
    ['select "--" /* " */', ['select "--"']],
    ['select U&"--" -- x', ['select U&"--"']],
    ["select '🚓;' as \"é;\";select a$b$c -- $b$", ["select '🚓;' as \"é;\"", 'select a$b$c']],
    ['select 1\r-- x\rfrom y\r-- z\r', ['select 1\r-- x\rfrom y']],
    ['select 1-- ends here', ['select 1']],
  ])('of %j', (text, expected) => {
    expect(statements(text)).toEqual(expected);
  });

  it('have the kind that the parser gives', () => {
    expect(mustParse('select 1; drop table x').statements.map(({ kind }) => kind)).toEqual(['SelectStmt', 'DropStmt']);
  });
});

describe('syntax errors', () => {
  it.each([
    ["select 'é🚓' frm x", 'syntax error at or near "x"', 'x'],
    ['select 1 from; select', 'syntax error at or near ";"', '; select'],
    ['select (1 -- here\n /* and */ \n', 'syntax error at end of input', ' -- here\n /* and */ \n'],
    ["select 'é🚓", 'unterminated quoted string', "'é🚓"],
    [' /* x', 'unterminated /* comment', '/* x'],
    ['select * from a.b.c.d', 'improper qualified name (too many dotted names): a.b.c.d', 'a.b.c.d'],
    ['select "a\0"', 'SQL cannot hold a NUL character', '\0"'],
  ])('of %j', (text, message, rest) => {
    expect(mistake(text)).toEqual({ message, rest });
  });
});

describe('the word that is not expected', () => {
  it.each([
    ["select 'é🚓' frm xyz", 'xyz', undefined],
    ['select 1 from', '', undefined],
    ["select e'abc", "e'", undefined],
    ['select $x$abc', '$x$', undefined],
    ['select a, -- more\nfrom x', 'from', 'Is the comma before it one too many?'],
    ['select `id` from x', 'from', 'A name that needs quotes is written in double quotes.'],
    ['select [id] from x', '[', 'A name that needs quotes is written in double quotes.'],
    ['select a[b] from from x', 'from', undefined],
    ['select :id', ':', "A variable is written {{ var('name') }}."],
    ['\\set x 1', '\\', 'Commands of psql, which begin with "\\", are not SQL.'],
    ['select top 10 a from x', '10', 'Write "LIMIT count" at the end of the query.'],
    ['select a from x limit 1, 2', '', 'Write "LIMIT count OFFSET start".'],
  ])('in %j', (text, word, hint) => {
    const parse = parseSql(text);
    const found = parse.ok ? undefined : { word: text.slice(parse.error.offset, parse.error.end), hint: parse.error.hint };
    expect(found).toEqual({ word, hint });
  });
});

describe('deep SQL', () => {
  it('is read as far as Postgres reads it', () => {
    const union = mustParse(Array.from({ length: 10_000 }, (_, index) => `select ${index} as n from staging.t${index % 7}`).join(' union all '));
    expect(references(union).tables.length).toBe(10_000);
    expect(outputColumns(union, () => undefined)?.map(({ name }) => name)).toEqual(['n']);
    const concatenation = mustParse(`select ${'a || '.repeat(20_000)} staging.x.a from staging.x`);
    expect(references(concatenation).columns).toHaveLength(1);
    const joins = mustParse(`select * from staging.x ${'cross join staging.y '.repeat(10_000)}`);
    expect(outputColumns(joins, () => ['c'])).toHaveLength(10_001);
  });

  it('is refused with a message where it is too deep, and the next text is read', () => {
    expect(mistake(`select ${'('.repeat(20_000)}1`).message).toBe('the SQL nests too deeply for the parser');
    expect(mistake(`-- x\nselect ${'a || '.repeat(400_000)} a`)).toMatchObject({
      message: 'the SQL nests too deeply for the parser',
      rest: expect.stringMatching(/^select a/),
    });
    expect(statements('select 1')).toEqual(['select 1']);
  });

  it('is read again and again', async () => {
    const text = `select ${'a || '.repeat(20_000)} a`;
    for (let round = 0; round < 4; round += 1) {
      expect(parseSql(text).ok).toBe(true);
      expect(statements('select 1')).toEqual(['select 1']);
    }
    await loadParser();
    expect(statements('select 2')).toEqual(['select 2']);
  });
});
