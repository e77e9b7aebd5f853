import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load, loaded, project, texts, write } from './project.js';

const said = async (...args: Parameters<typeof load>): Promise<string[]> => texts((await load(...args)).diagnostics);

const cacheOf = (folder: string): string => join(folder, '.dbl', 'cache');
const cached = (folder: string): string[] => readdirSync(cacheOf(folder)).map((name) => join(cacheOf(folder), name));

describe('finding the configuration', () => {
  test('defaults without a file, where there are models', async () => {
    const folder = project({ 'models/': '' });
    expect(await loaded(folder)).toEqual({
      folder,
      file: undefined,
      name: basename(folder),
      vars: {},
      searchPath: [],
      undeclaredSources: 'error',
      threads: undefined,
      comments: false,
      target: { name: 'staging_dev', schemas: {}, suffix: '_dev', vars: {}, inPlace: false },
      targetNames: ['staging_dev'],
      env: {},
      connection: { kind: 'embedded', folder: join(folder, '.dbl', 'pg') },
    });
    expect(readdirSync(folder)).toEqual(['models']);
  });

  test('an empty configuration has the same defaults', async () => {
    const folder = project({ 'dbluigi.config.js': 'export default {};' });
    const { file, ...config } = await loaded(folder);
    expect(file?.path).toBe('dbluigi.config.js');
    expect(config.target.name).toBe('staging_dev');
  });

  test('no project', async () => {
    const folder = project({ 'README.md': '' });
    expect(await said(folder)).toEqual([
      `- DBL1001 no dbluigi.config.ts in ${folder} / Run "dbl init" to start a project here, or name the folder of one with --project-dir.`,
    ]);
  });

  test('below a project', async () => {
    const folder = project({ 'dbluigi.config.ts': 'export default {};', 'macros/': '' });
    expect(await said(join(folder, 'macros'))).toEqual([
      `- DBL1001 no dbluigi.config.ts in ${join(folder, 'macros')} / There is a project in ${folder}: go there, or name it with --project-dir.`,
    ]);
  });

  test('a folder that is none', async () => {
    const folder = project({ file: '' });
    expect(await said(join(folder, 'absent'))).toEqual([
      `- DBL1003 there is no folder "${join(folder, 'absent')}" / Name the folder of a project with --project-dir.`,
    ]);
    expect(await said(join(folder, 'file'))).toEqual([
      `- DBL1003 "${join(folder, 'file')}" is not a folder / Name the folder of a project with --project-dir.`,
    ]);
  });

  test('two files', async () => {
    const folder = project({ 'dbluigi.config.ts': 'export default {};', 'dbluigi.config.js': 'export default {};' });
    expect(await said(folder)).toEqual([
      'dbluigi.config.ts DBL1002 the project has several configuration files: "dbluigi.config.ts" and "dbluigi.config.js" / Keep one of them, or name one with --config.',
    ]);
    const config = await loaded(folder, { configPath: join(folder, 'dbluigi.config.js') });
    expect(config.file?.path).toBe('dbluigi.config.js');
  });

  test('a file that dbl does not read is not passed over', async () => {
    expect(await said(project({ 'dbluigi.config.json': '{}', 'models/': '' }))).toEqual([
      'dbluigi.config.json DBL1003 "dbluigi.config.json" is not a name that dbl reads / Name it dbluigi.config.ts, dbluigi.config.mjs or dbluigi.config.js.',
    ]);
  });

  test('--config that names nothing good', async () => {
    const folder = project({ 'conf.json': '{}', 'dir.ts/': '' });
    const at = (name: string): string => join(folder, name);
    expect(await said(folder, { configPath: at('no.ts') })).toEqual([`- DBL1003 there is no configuration file "${at('no.ts')}"`]);
    expect(await said(folder, { configPath: at('dir.ts') })).toEqual([`- DBL1003 "${at('dir.ts')}" is a folder`]);
    expect(await said(folder, { configPath: at('conf.json') })).toEqual([
      `- DBL1003 "${at('conf.json')}" is not a configuration file / It is a module whose name ends in .ts, .mjs or .js.`,
    ]);
  });
});

describe('evaluating the configuration', () => {
  test('keeps what it says', async () => {
    const folder = project({
      'dbluigi.config.ts': `
        import { type Config, defineConfig, embedded } from 'dbluigi';
        const config: Config = {
          name: 'crime', database: embedded(), vars: { a: 1, b: 'config', c: undefined }, searchPath: ['raw'],
          undeclaredSources: 'warn', threads: 7, comments: true, defaultTarget: 'test',
          targets: {
            test: { schemas: { staging: 'staging_test' }, suffix: '_t', vars: { b: 'target', d: process.env.DBL_SPEC_UNSET } },
            prod: { inPlace: true, suffix: '' },
          },
        };
        export default defineConfig(config);`,
    });
    const config = await loaded(folder, { vars: { e: [1] } });
    expect(config).toMatchObject({
      name: 'crime',
      searchPath: ['raw'],
      undeclaredSources: 'warn',
      threads: 7,
      comments: true,
      targetNames: ['test', 'prod'],
      connection: { kind: 'embedded' },
    });
    expect(config.vars).toEqual({ a: 1, b: 'config' });
    expect(config.target).toEqual({
      name: 'test',
      schemas: { staging: 'staging_test' },
      suffix: '_t',
      vars: { a: 1, b: 'target', e: [1] },
      inPlace: false,
    });
  });

  test('modules know where they stand, and so do the files beside them', async () => {
    const folder = project({
      'dbluigi.config.mjs': `
        import { place } from './conf/place.js';
        import data from './conf/data.json';
        export default { vars: { place, data, own: import.meta.url, dirname: import.meta.dirname, filename: import.meta.filename } };`,
      'conf/place.ts': `export const place: string = import.meta.dirname;`,
      'conf/data.json': `{ "x": 1 }`,
    });
    expect((await loaded(folder)).vars).toEqual({
      place: join(folder, 'conf'),
      data: { x: 1 },
      own: `file://${folder}/dbluigi.config.mjs`,
      dirname: folder,
      filename: join(folder, 'dbluigi.config.mjs'),
    });
  });

  test("finds the project's packages", async () => {
    const folder = project({
      'dbluigi.config.ts': `import { year } from 'calendar';\nexport default { vars: { year } };`,
      'node_modules/calendar/package.json': `{ "type": "module", "exports": "./main.js" }`,
      'node_modules/calendar/main.js': `export const year = 2012;`,
    });
    expect((await loaded(folder)).vars).toEqual({ year: 2012 });
  });

  test('CommonJS may require', async () => {
    const folder = project({
      'dbluigi.config.js': `const { sep } = require('node:path');\nmodule.exports = { vars: { sep, file: __filename } };`,
    });
    expect((await loaded(folder)).vars).toEqual({ sep: '/', file: join(folder, 'dbluigi.config.js') });
  });

  test("a broken tsconfig.json is the editor's business", async () => {
    const folder = project({ 'dbluigi.config.ts': 'export default {};', 'tsconfig.json': '{ "extends": "./absent.json" ' });
    expect((await loaded(folder)).name).toBe(basename(folder));
  });
});

describe('the environment', () => {
  const text = 'export default { vars: { a: process.env.DBL_SPEC_A, b: process.env.DBL_SPEC_B } };';

  test('.env counts where nothing else is set', async () => {
    const folder = project({ 'dbluigi.config.ts': text, '.env': 'DBL_SPEC_A=file\nDBL_SPEC_B="of file" # comment\n' });
    process.env['DBL_SPEC_A'] = 'process';
    const config = await loaded(folder, { env: { DBL_SPEC_A: 'process' } });
    expect(config.vars).toEqual({ a: 'process', b: 'of file' });
    expect(config.env).toEqual({ DBL_SPEC_A: 'process', DBL_SPEC_B: 'of file' });
    expect(process.env['DBL_SPEC_B']).toBe('of file');
  });

  test('another environment gives another configuration', async () => {
    const folder = project({ 'dbluigi.config.ts': text });
    process.env['DBL_SPEC_A'] = 'first';
    expect((await loaded(folder)).vars).toEqual({ a: 'first' });
    process.env['DBL_SPEC_A'] = 'second';
    expect((await loaded(folder)).vars).toEqual({ a: 'second' });
  });

  test('.env that is a folder', async () => {
    expect(await said(project({ 'dbluigi.config.ts': text, '.env/': '' }))).toEqual([
      '.env DBL1007 ".env" cannot be read (EISDIR)',
    ]);
  });
});

describe('the cache', () => {
  const files = {
    'dbluigi.config.ts': `import { x } from './extra.js';\nexport default { vars: { x } };`,
    'extra.ts': 'export const x: number = 1;',
  };

  test('is used while nothing has changed', async () => {
    const folder = project(files);
    await loaded(folder);
    const [path = ''] = cached(folder);
    const before = readFileSync(path, 'utf8');
    await loaded(folder);
    expect(cached(folder)).toEqual([path]);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(path).toMatch(/config-[0-9a-f]{32}\.mjs$/);
  });

  test('sees a change of an imported file', async () => {
    const folder = project(files);
    expect((await loaded(folder)).vars).toEqual({ x: 1 });
    write(join(folder, 'extra.ts'), 'export const x: number = 2;');
    expect((await loaded(folder)).vars).toEqual({ x: 2 });
  });

  test('sees that an imported file is gone', async () => {
    const folder = project(files);
    await loaded(folder);
    write(join(folder, 'dbluigi.config.ts'), `import { x } from './other.js';\nexport default { vars: { x } };`);
    expect(await said(folder)).toEqual(['dbluigi.config.ts:1:19-31 DBL1004 could not resolve "./other.js"']);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['changed', (text: string) => text.replace('x = 1', 'x = 9')],
    ['foreign', () => 'export default { vars: { x: 9 } };\n//# dbl 1234 {}\n'],
    ['followed by something', (text: string) => `${text}export const more = 1;`],
  ])('does not believe a file that is %s', async (_, damage) => {
    const folder = project(files);
    await loaded(folder);
    const [path = ''] = cached(folder);
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, damage(good));
    expect((await loaded(folder)).vars).toEqual({ x: 1 });
    expect(readFileSync(path, 'utf8')).toBe(good);
  });

  test('does without, where it cannot be written', async () => {
    const folder = project({ ...files, '.dbl': 'a file' });
    expect((await loaded(folder)).vars).toEqual({ x: 1 });
  });

  test('does without, where a folder stands in its way', async () => {
    const folder = project(files);
    await loaded(folder);
    const [path = ''] = cached(folder);
    rmSync(path);
    mkdirSync(path);
    expect((await loaded(folder)).vars).toEqual({ x: 1 });
    expect(cached(folder)).toEqual([path]);
  });

  test('forgets what is old', async () => {
    const folder = project(files);
    for (let index = 0; index < 14; index += 1) write(join(cacheOf(folder), `config-${index}.mjs.${index}.tmp`), '');
    await loaded(folder);
    expect(cached(folder)).toHaveLength(11);
  });

  test('may be written by many at once', async () => {
    const folder = project(files);
    const configs = await Promise.all(Array.from({ length: 8 }, () => loaded(folder)));
    expect(configs.map(({ vars }) => vars)).toEqual(Array.from({ length: 8 }, () => ({ x: 1 })));
    expect(cached(folder)).toHaveLength(1);
  });
});
