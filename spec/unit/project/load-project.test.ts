import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load, loadFolder, temporaryProject } from './temporary-project.js';

describe('the folders of a project', () => {
  test('an empty folder is a project without models', () => {
    const { project, report } = load({});
    expect(report).toEqual([]);
    expect(project).toMatchObject({ models: [], tests: [], macros: [], properties: { models: [], sources: [] } });
  });

  test('a file where a folder should be', () => {
    expect(load({ models: '' }).report).toEqual(['models DBL1116 "models" is not a folder']);
  });

  test('everything is sorted by path', () => {
    const { project } = load({
      'models/b/POPULATE-s-a.sql': '',
      'models/a.b/POPULATE-s-d.sql': '',
      'models/a/POPULATE-s-c.sql': '',
      'models/POPULATE-s-z.sql': '',
      'macros/b.njk': '',
      'macros/a/c.njk': '',
    });
    expect(project.models.map(({ table }) => table)).toEqual(['z', 'd', 'c', 'a']);
    expect(project.macros.map(({ path }) => path)).toEqual(['macros/a/c.njk', 'macros/b.njk']);
  });

  test('a test is named by its path', () => {
    const { project, report } = load({ 'tests/a/b c.sql': 'select 1', 'tests/d.sql': '', 'tests/notes.txt': '', 'tests/e.yaml': ':' });
    expect(report).toEqual([]);
    expect(project.tests.map(({ name, file }) => [name, file.path])).toEqual([
      ['a.b c', 'tests/a/b c.sql'],
      ['d', 'tests/d.sql'],
    ]);
  });

  test('two files can be one test', () => {
    expect(load({ 'tests/a.b.sql': '', 'tests/a/b.sql': '' }).report).toEqual([
      'tests/a.b.sql DBL1110 two files are the test "a.b"',
      '  - tests/a/b.sql the other one',
      'tests/a/b.sql DBL1110 two files are the test "a.b"',
      '  - tests/a.b.sql the other one',
    ]);
  });

  test('a test or a macro with capitals in its extension would be passed over in silence', () => {
    expect(load({ 'tests/a.SQL': '', 'macros/b.Njk': '' }).report).toEqual([
      'macros/b.Njk DBL1103 the extension is ".njk", not ".Njk"',
      '  Did you mean "b.njk"?',
      'tests/a.SQL DBL1103 the extension is ".sql", not ".SQL"',
      '  Did you mean "a.sql"?',
    ]);
  });
});

describe('the text of a file', () => {
  test('a byte-order mark is not part of it', () => {
    const { project } = load({ 'tests/a.sql': '\ufeffselect 1' });
    expect(project.tests[0]?.file.text).toBe('select 1');
  });

  test.each([
    ['Latin-1', Buffer.from('select 1 -- caf\xe9 au lait', 'latin1'), 'tests/a.sql:1:16', '  It is perhaps Latin-1 or Windows-1252: save it as UTF-8.'],
    ['a wrong byte alone', Buffer.from([0xff]), 'tests/a.sql:1:1', '  It is perhaps Latin-1 or Windows-1252: save it as UTF-8.'],
    ['a cut character', Buffer.from('a\n😀').subarray(0, 5), 'tests/a.sql:2:1', '  It is perhaps Latin-1 or Windows-1252: save it as UTF-8.'],
    ['UTF-16', Buffer.from('\ufeffselect', 'utf16le'), 'tests/a.sql', '  It begins like UTF-16: save it as UTF-8.'],
  ])('%s is not UTF-8', (_, bytes, place, hint) => {
    const { project, report } = load({ 'tests/a.sql': bytes });
    expect(report).toEqual([`${place} DBL1112 the file is not valid UTF-8`, hint]);
    expect(project.tests).toEqual([]);
  });

  test('a NUL character', () => {
    expect(load({ 'models/POPULATE-s-a.sql': 'select\n \0' }).report).toEqual([
      'models/POPULATE-s-a.sql:2:2 DBL1113 the file holds a NUL character, which no text in Postgres can hold',
    ]);
  });
});

test('a folder with the name of a file', () => {
  const files = { 'models/POPULATE-s-a.sql/notes.txt': '', 'macros/a.njk/b.njk': '', 'tests/a.b/c.sql': '' };
  expect(load(files).report).toEqual([
    'macros/a.njk DBL1118 "a.njk" is a folder',
    '  Names that end in ".njk" are for files.',
    'models/POPULATE-s-a.sql DBL1118 "POPULATE-s-a.sql" is a folder',
    '  Names that end in ".sql" are for files.',
  ]);
});

test('macros in a file that is not read', () => {
  const files = { 'macros/cents.sql': '-- cents\n{% macro cents(column) %}{% endmacro %}', 'macros/part.sql': 'select 1', 'macros/a.jinja': '{%- macro a() -%}{% endmacro %}' };
  expect(load(files).report).toEqual([
    'macros/a.jinja:1:1 DBL1119 warning macros are read from files that end in ".njk" alone',
    '  Rename the file to "macros/a.njk".',
    'macros/cents.sql:2:1 DBL1119 warning macros are read from files that end in ".njk" alone',
    '  Rename the file to "macros/cents.njk".',
  ]);
});

describe('symbolic links', () => {
  test('to files and folders are followed, a loop ends', () => {
    const folder = temporaryProject({ 'models/a/POPULATE-s-a.sql': 'a', 'shared/x/POPULATE-s-x.sql': 'x' });
    symlinkSync('../../shared', join(folder, 'models/a/linked'));
    symlinkSync('..', join(folder, 'models/a/up'));
    symlinkSync('../..', join(folder, 'models/a/project'));
    symlinkSync('a/POPULATE-s-a.sql', join(folder, 'models/POPULATE-s-same.sql'));
    const { project, report } = loadFolder(folder);
    expect(report).toEqual([]);
    expect(project.models.map(({ file }) => [file.path, file.text])).toEqual([
      ['models/POPULATE-s-same.sql', 'a'],
      ['models/a/POPULATE-s-a.sql', 'a'],
      ['models/a/linked/x/POPULATE-s-x.sql', 'x'],
    ]);
  });

  test('to nothing', () => {
    const folder = temporaryProject({ 'models/POPULATE-s-a.sql': '' });
    symlinkSync('nowhere.sql', join(folder, 'models/POPULATE-s-b.sql'));
    symlinkSync('itself', join(folder, 'models/itself'));
    symlinkSync('nowhere', join(folder, 'macros'));
    expect(loadFolder(folder).report).toEqual([
      'macros DBL1115 the symbolic link leads nowhere: it does not exist (ENOENT)',
      'models/POPULATE-s-b.sql DBL1115 the symbolic link leads nowhere: it does not exist (ENOENT)',
      'models/itself DBL1115 the symbolic link leads nowhere: too many symbolic links (ELOOP)',
    ]);
  });
});

describe('readTemplate', () => {
  test('reads by the path from the project or from macros, the same file once', () => {
    const { project } = load({ 'macros/parts/a.njk': 'a', 'snippets/b.sql': 'b' });
    const { readTemplate, macros } = project;
    expect(readTemplate('parts/a.njk')).toBe(macros[0]);
    expect(readTemplate('macros/parts/a.njk')).toBe(macros[0]);
    expect(readTemplate('./snippets/../snippets/b.sql')?.text).toBe('b');
    expect(readTemplate('snippets/b.sql')).toBe(readTemplate('./snippets/b.sql'));
    expect(readTemplate('b.sql')).toBeUndefined();
    expect(readTemplate('')).toBeUndefined();
    expect(readTemplate('macros')).toBeUndefined();
  });

  test('reads nothing outside the project', () => {
    const folder = temporaryProject({ 'secret.sql': 'x' });
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'inner/a.sql'), '');
    const { readTemplate } = loadFolder(join(folder, 'inner')).project;
    expect(readTemplate('../secret.sql')).toBeUndefined();
    expect(readTemplate('../../secret.sql')).toBeUndefined();
    expect(readTemplate(join(folder, 'secret.sql'))).toBeUndefined();
  });
});
