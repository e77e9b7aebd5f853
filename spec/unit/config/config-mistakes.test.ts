import { describe, expect, test } from 'vitest';
import { load, mistakes, project, texts } from './project.js';

/** The configuration's text, then what is said about it, without the name of the file. */
const cases: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'misspelt key': [
    `export default { nam: 'x' };`,
    '1:18-21 DBL1010 unknown key "nam" in the configuration / Did you mean "name"?',
  ],
  'key of another place': [
    'export default { schemas: {} };',
    '1:18-25 DBL1010 unknown key "schemas" in the configuration / It belongs into a target: targets: { name: { schemas: … } }.',
  ],
  'key unlike any': [
    `export default { colour: 'red' };`,
    '1:18-24 DBL1010 unknown key "colour" in the configuration / The keys are "name", "database", "targets", "defaultTarget", "vars", "searchPath", "undeclaredSources", "threads", "comments".',
  ],
  'quoted key': [
    `export default {\n  'thread count': 3,\n};`,
    '2:3-17 DBL1010 unknown key "thread count" in the configuration / The keys are "name", "database", "targets", "defaultTarget", "vars", "searchPath", "undeclaredSources", "threads", "comments".',
  ],
  'two unknown keys': [
    `export default { target: {}, name: 'x', comment: true };`,
    '1:18-24 DBL1010 unknown key "target" in the configuration / Did you mean "targets" or "defaultTarget"?',
    '1:41-48 DBL1010 unknown key "comment" in the configuration / Did you mean "comments"?',
  ],
  'key of a target': [
    `export default { targets: { dev: { sufix: '_x' } } };`,
    '1:36-41 DBL1010 unknown key "sufix" in "targets.dev" / Did you mean "suffix"?',
  ],
  'key of a database': [
    `export default { database: { pasword: 'geheim' } };`,
    '1:30-37 DBL1010 unknown key "pasword" in "database" / Did you mean "password"?',
  ],
  'key of ssl': [
    'export default { database: { ssl: { rejectUnauthorised: false } } };',
    '1:37-55 DBL1010 unknown key "rejectUnauthorised" in "database.ssl" / Did you mean "rejectUnauthorized"?',
  ],
  'key beside embedded': [
    `export default { database: { embedded: true, host: 'x' } };`,
    '1:46-50 DBL1010 "host" stands beside "embedded" in "database" / The embedded Postgres takes no settings.',
  ],
  'text for a number': [
    `export default { threads: 'four' };`,
    '1:27-33 DBL1011 "threads" must be a whole number from 1 to 256, not "four"',
  ],
  'no whole number': [
    'export default { threads: 2.5 };',
    '1:27-30 DBL1011 "threads" must be a whole number from 1 to 256, not 2.5',
  ],
  'number too large': [
    'export default { threads: 257 };',
    '1:27-30 DBL1011 "threads" must be a whole number from 1 to 256, not 257',
  ],
  'not a number': [
    'export default { threads: Number(undefined) };',
    '1:27-44 DBL1011 "threads" must be a whole number from 1 to 256, not NaN',
  ],
  'number for text': [
    'export default { name: 3 };',
    '1:24-25 DBL1011 "name" must be non-empty text, not 3',
  ],
  'empty text': [
    `export default { name: '' };`,
    '1:24-26 DBL1011 "name" must be non-empty text, not ""',
  ],
  'null': [
    'export default { comments: null };',
    '1:28-32 DBL1011 "comments" must be true or false, not null',
  ],
  'text for true': [
    `export default { comments: 'yes' };`,
    '1:28-33 DBL1011 "comments" must be true or false, not "yes"',
  ],
  'wrong word': [
    `export default { undeclaredSources: 'warning' };`,
    '1:37-46 DBL1011 "undeclaredSources" must be "error", "warn" or "allow", not "warning" / Did you mean "warn"?',
  ],
  'text for a list': [
    `export default { searchPath: 'staging' };`,
    '1:30-39 DBL1011 "searchPath" must be a list of schemas, not "staging"',
  ],
  'wrong item of a list': [
    `export default { searchPath: ['staging', 3] };`,
    '1:42-43 DBL1011 "searchPath[1]" must be the name of a schema, not 3',
  ],
  'function for a database': [
    `import { embedded } from 'dbluigi';\nexport default { database: embedded };`,
    '2:28-36 DBL1011 "database" must be a URL, an object of connection fields, or embedded(), not a function / Call it: embedded().',
  ],
  'number for a database': [
    'export default { database: 5432 };',
    '1:28-32 DBL1011 "database" must be a URL, an object of connection fields, or embedded(), not 5432',
  ],
  'embedded: false': [
    'export default { database: { embedded: false } };',
    '1:40-45 DBL1011 "database.embedded" must be true, not false / Write embedded(), or leave it out.',
  ],
  'URL for a host': [
    `export default { database: { host: 'postgres://me:geheim@host/db' } };`,
    '1:36-66 DBL1011 "database.host" must be the name of a host, or the folder of a socket, not a URL',
  ],
  'text for a port': [
    `export default { database: { port: 'geheim' } };`,
    '1:36-44 DBL1011 "database.port" must be a whole number from 1 to 65535, not text',
  ],
  'port too large': [
    'export default { database: { port: 70000 } };',
    '1:36-41 DBL1011 "database.port" must be a whole number from 1 to 65535, not 70000',
  ],
  'number for a password': [
    'export default { database: { password: 271828 } };',
    '1:40-46 DBL1011 "database.password" must be text, not a number',
  ],
  'text for ssl': [
    `export default { database: { ssl: 'require' } };`,
    '1:35-44 DBL1011 "database.ssl" must be true, false or an object of certificates, not text',
  ],
  'list for targets': [
    `export default { targets: ['dev'], defaultTarget: 'dev' };`,
    '1:27-34 DBL1011 "targets" must be an object of targets, not a list',
  ],
  'text for a target': [
    `export default { targets: { dev: 'staging_dev' }, defaultTarget: 'dev' };`,
    `1:34-47 DBL1011 "targets.dev" must be an object of a target's settings, not "staging_dev"`,
  ],
  'text for schemas': [
    `export default { targets: { dev: { schemas: 'staging_dev' } } };`,
    '1:45-58 DBL1011 "targets.dev.schemas" must be an object from logical schemas to physical ones, not "staging_dev"',
  ],
  'number for a schema': [
    `export default { targets: { dev: { schemas: { 'my schema': 3 } } } };`,
    `1:60-61 DBL1011 "targets.dev.schemas['my schema']" must be the name of a schema, not 3`,
  ],
  'date for a variable': [
    'export default { vars: { since: new Date(0) } };',
    '1:33-44 DBL1011 "vars.since" must be text, a number, true, false, null, or a list or object of these, not a Date',
  ],
  'function in a variable': [
    'export default { vars: { a: { b: [1, () => 1] } } };',
    '1:38-45 DBL1011 "vars.a.b[1]" must be text, a number, true, false, null, or a list or object of these, not a function',
  ],
  'circular variable': [
    `const a: Record<string, unknown> = {};\na['b'] = a;\nexport default { vars: { a } };`,
    '3:26-27 DBL1011 "vars.a.b" must be text, a number, true, false, null, or a list or object of these, not an object',
  ],
  'number in a variable of a target': [
    'export default { targets: { dev: { vars: { x: 1 / 0 } } } };',
    '1:47-52 DBL1011 "targets.dev.vars.x" must be text, a number, true, false, null, or a list or object of these, not Infinity',
  ],
  'unknown default target': [
    `export default { targets: { dev: {}, prod: {} }, defaultTarget: 'prd' };`,
    '1:65-70 DBL1012 no target is named "prd" / Did you mean "prod"? The targets are "dev" and "prod".',
  ],
  'no target chosen': [
    'export default { targets: { dev: {}, test: {} } };',
    '1:18-25 DBL1013 no target is chosen: there are "dev" and "test" / Name one with --target or DBL_TARGET, or set "defaultTarget" in the configuration.',
  ],
  'target without a name': [
    `export default { targets: { '': {} } };`,
    '1:29-31 DBL1011 a target must have a name / Write a name between the quotes.',
  ],
  'schema in place': [
    `export default { targets: { dev: { schemas: { staging: 'staging' } } } };`,
    '1:56-65 DBL1016 the target "dev" would build "staging" straight into production / Give it another physical schema and promote, or say "inPlace: true" in the target if you mean it.',
  ],
  'empty suffix': [
    `export default { targets: { dev: { suffix: '' } } };`,
    '1:44-46 DBL1016 with an empty suffix the target "dev" would build straight into production / Write a suffix such as "_dev" and promote, or say "inPlace: true" in the target if you mean it.',
  ],
  'two schemas for one': [
    `export default { targets: { dev: { schemas: { a: 'x', b: 'x' } } } };`,
    '1:58-61 DBL1015 in the target "dev" both "a" and "b" are built into the schema "x" / Give each logical schema a physical one of its own.',
  ],
  'production of another': [
    `export default { targets: { dev: { schemas: { a: 'b', b: 'b_dev' } } } };`,
    '1:50-53 DBL1015 in the target "dev" the schema "a" is built into "b", which is production of the schema of that name / Choose a name that no logical schema has.',
  ],
  'schema without a name': [
    `export default { targets: { dev: { schemas: { '': 'x' } } } };`,
    `1:47-49 DBL1014 "targets.dev.schemas" maps a schema without a name / Write a logical schema's name between the quotes.`,
  ],
  'schema to nothing': [
    `export default { targets: { dev: { schemas: { a: '' } } } };`,
    '1:50-52 DBL1014 the name of a schema must not be empty / Write the name of a schema in the database.',
  ],
  'long schema': [
    `export default { targets: { dev: { schemas: { a: 'ééééééééééééééééééééé' } } } };`,
    '1:50-73 DBL1014 the physical schema "ééééééééééééééééééééé" has a name of 42 bytes, and 40 are the most / Postgres allows 63, and dbl makes schemas such as "<name>__trash_0123456789ab" beside it.',
  ],
  'schema of Postgres': [
    `export default { targets: { dev: { schemas: { a: 'pg_a' } } } };`,
    `1:50-56 DBL1014 the schema "pg_a" is one of Postgres's own / Choose another name.`,
  ],
  information_schema: [
    `export default { targets: { dev: { schemas: { a: 'information_schema' } } } };`,
    `1:50-70 DBL1014 the schema "information_schema" is one of Postgres's own / Choose another name.`,
  ],
  'audit schema': [
    `export default { targets: { dev: { schemas: { a: 'dbluigi' } } } };`,
    '1:50-59 DBL1014 the schema "dbluigi" is the one where dbl keeps its records / Choose another name.',
  ],
  workbench: [
    `export default { targets: { dev: { schemas: { a: 'a__work' } } } };`,
    '1:50-59 DBL1014 the schema "a__work" has a name that dbl keeps for itself / Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.',
  ],
  'previous production': [
    `export default { targets: { dev: { schemas: { a: 'a__previous_2' } } } };`,
    '1:50-65 DBL1014 the schema "a__previous_2" has a name that dbl keeps for itself / Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.',
  ],
  trash: [
    `export default { targets: { dev: { schemas: { a: 'a__trash_0123456789ab' } } } };`,
    '1:50-73 DBL1014 the schema "a__trash_0123456789ab" has a name that dbl keeps for itself / Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.',
  ],
  'suffix of the workbench': [
    `export default { targets: { dev: { suffix: '__work' } } };`,
    '1:44-52 DBL1014 "targets.dev.suffix" makes names that no schema can have / Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.',
  ],
  'not a URL': [
    `export default { database: 'host=db password=geheim' };`,
    '1:28-53 DBL2020 "database" does not start with postgres:// or postgresql:// / Write it as postgres://user:password@host:5432/database.',
  ],
  'unencoded password': [
    `export default { database: 'postgres://me:ge#heim@host/db' };`,
    '1:28-59 DBL2020 "database" is not a URL that Postgres understands / Write it as postgres://user:password@host:5432/database; in a name or password the characters @ : / ? # % are written as %40 %3A %2F %3F %23 %25.',
  ],
  'URL of a target': [
    `export default { targets: { dev: { database: 'mysql://me:geheim@host/db' } } };`,
    '1:46-73 DBL2020 "targets.dev.database" does not start with postgres:// or postgresql:// / Write it as postgres://user:password@host:5432/database.',
  ],
  'unset part of a URL': [
    'export default { database: `postgres://me:${process.env.DBL_SPEC_NEVER_SET}@host/db` };',
    '1:28-85 DBL2020 "database" holds "undefined" where a value belongs / An environment variable that it is made of is probably not set.',
  ],
  'misspelt parameter': [
    `export default { database: 'postgres://me:geheim@host/db?sslmod=require' };`,
    '1:28-73 DBL2020 "database" has the unknown parameter "sslmod" / Did you mean "sslmode"?',
  ],
  'misspelt sslmode': [
    `export default { database: 'postgres://me:geheim@host/db?sslmode=requre' };`,
    '1:28-73 DBL2020 "sslmode" in "database" is none of the modes of Postgres / Did you mean "require"?',
  ],
  'missing certificate': [
    `export default { database: { ssl: { ca: 'certs/root.pem' } } };`,
    `1:41-57 DBL2020 "database.ssl.ca" names a file that cannot be read: "certs/root.pem" / Paths are relative to the project's folder.`,
  ],
  'certificate without key': [
    `export default { database: { ssl: { cert: 'client.pem' } } };`,
    '1:43-55 DBL2020 "database.ssl.cert" needs "key" beside it / A certificate and its key belong together.',
  ],
  'several in one': [
    `export default {\n  treads: 3,\n  threads: 0,\n  targets: { dev: { suffix: '' } },\n  database: 'db',\n};`,
    '2:3-9 DBL1010 unknown key "treads" in the configuration / Did you mean "threads"?',
    '3:12-13 DBL1011 "threads" must be a whole number from 1 to 256, not 0',
    '4:29-31 DBL1016 with an empty suffix the target "dev" would build straight into production / Write a suffix such as "_dev" and promote, or say "inPlace: true" in the target if you mean it.',
    '5:13-17 DBL2020 "database" does not start with postgres:// or postgresql:// / Write it as postgres://user:password@host:5432/database.',
  ],
};

describe('a mistake in the configuration', () => {
  for (const [name, [text, ...expected]] of Object.entries(cases)) {
    test(name, async () => {
      const said = await mistakes(text);
      expect(said).toEqual(expected.map((line) => `dbluigi.config.ts:${line}`));
      expect(said.join('\n')).not.toMatch(/geheim|271828/);
    });
  }
});

const places = async (text: string): Promise<string[]> => (await mistakes(text)).map((line) => line.replace(/ DBL.*/, ''));

describe('the place of a mistake', () => {
  test('is found through defineConfig, types and constants', async () => {
    const text = [
      `import { type Config, defineConfig } from 'dbluigi';`,
      `const dev = { suffix: '' } as const;`,
      `const targets = { dev };`,
      `const config = defineConfig({ targets, threads: 0 } satisfies Config) as Config;`,
      `export default config;`,
    ];
    expect(await places(text.join('\n'))).toEqual(['dbluigi.config.ts:2:23-25', 'dbluigi.config.ts:4:49-50']);
  });

  test('is found behind await and a named default export', async () => {
    const text = `const config = await Promise.resolve({ threads: 0 });\nexport { config as default };`;
    expect(await places(text)).toEqual(['dbluigi.config.ts:1:49-50']);
  });

  test('is found in CommonJS', async () => {
    const folder = project({ 'dbluigi.config.js': `const { defineConfig } = require('dbluigi');\nmodule.exports = defineConfig({ threads: 0 });` });
    expect(texts((await load(folder)).diagnostics)).toEqual([
      'dbluigi.config.js:2:42-43 DBL1011 "threads" must be a whole number from 1 to 256, not 0',
    ]);
  });

  test('is that of the nearest key where the way is lost', async () => {
    const spread = `const more = () => ({ suffix: '' });\nexport default { targets: { dev: { ...more() } } };`;
    expect(await places(spread)).toEqual(['dbluigi.config.ts:2:29-32']);
    const computed = `const key = 'threads';\nexport default { [key]: 0 };`;
    expect(await places(computed)).toEqual(['dbluigi.config.ts:2:1-15']);
  });

  test('is the last of two equal keys', async () => {
    expect(await places('// @ts-nocheck\nexport default { threads: 3, threads: 0 };')).toEqual(['dbluigi.config.ts:2:39-40']);
  });

  test('counts characters, and no byte-order mark', async () => {
    expect(await places(`\ufeffexport default { name: '🚓🚓', threads: 0 };`)).toEqual(['dbluigi.config.ts:1:39-40']);
  });
});

describe('a configuration that cannot be evaluated', () => {
  test('syntax error', async () => {
    expect(await mistakes(`export default {\n  name: 'é', threads 3,\n};`)).toEqual([
      'dbluigi.config.ts:2:22-23 DBL1004 expected "}" but found "3" / Is a comma or a colon missing before it?',
    ]);
  });

  test('missing local module', async () => {
    expect(await mistakes(`import { x } from './missing.js';\nexport default { name: x };`)).toEqual([
      'dbluigi.config.ts:1:19-33 DBL1004 could not resolve "./missing.js"',
    ]);
  });

  test('syntax error in an imported module', async () => {
    const folder = project({
      'dbluigi.config.ts': `import { x } from './config/extra.js';\nexport default { name: x };`,
      'config/extra.ts': `const here = import.meta.url; export const = 3;`,
    });
    expect(texts((await load(folder)).diagnostics)).toEqual([
      'config/extra.ts:1:44-45 DBL1004 expected identifier but found "="',
    ]);
  });

  test('package that is not installed', async () => {
    expect(await mistakes(`import x from 'left-out-of-here';\nexport default { name: x };`)).toEqual([
      'dbluigi.config.ts:1:16-32 DBL1005 the package "left-out-of-here" is not installed / Install it in the project: npm install left-out-of-here',
    ]);
  });

  test('unknown import from dbl', async () => {
    expect(await mistakes(`import { embeded } from 'dbluigi';\nexport default { database: embeded() };`)).toEqual([
      'dbluigi.config.ts:1:10-17 DBL1004 "dbluigi" has no export "embeded" / A configuration imports "defineConfig" and "embedded" from it.',
    ]);
  });

  test('exception, at its line', async () => {
    const text = [
      'interface Unused { a: string }',
      'export default { name: need("NAME") };',
      'function need(name: string): string {',
      '  throw new Error(`${name} is not set`);',
      '}',
    ];
    expect(await mistakes(text.join('\n'))).toEqual([
      'dbluigi.config.ts:4:9-9 DBL1005 the configuration file fails: NAME is not set',
    ]);
  });

  test('exception on the first line of a module that asks where it is', async () => {
    const text = `const url = import.meta.url; throw new Error('at first');\nexport default { name: url };`;
    expect(await mistakes(text)).toEqual(['dbluigi.config.ts:1:36-36 DBL1005 the configuration file fails: at first']);
  });

  test('exception with a password', async () => {
    expect(await mistakes(`throw new Error('cannot use postgres://me:geheim@host/db');`)).toEqual([
      'dbluigi.config.ts:1:7-7 DBL1005 the configuration file fails: cannot use postgres://me:******@host/db',
    ]);
  });

  test('something thrown that is no error', async () => {
    expect(await mistakes(`throw 'stop';`)).toEqual(['dbluigi.config.ts DBL1005 the configuration file fails: stop']);
  });

  test('no default export', async () => {
    expect(await mistakes(`export const config = {};`)).toEqual([
      'dbluigi.config.ts DBL1006 the configuration file has no default export / Write "export default defineConfig({ … })".',
    ]);
  });

  test.each([
    ['() => ({})', 'a function'],
    ['[]', 'a list'],
    ['Promise.resolve("x")', '"x"'],
    ['undefined', 'undefined'],
    ['class Config {}', 'a function'],
  ])('export of %s', async (text, shown) => {
    expect(await mistakes(`export default ${text};`)).toEqual([
      `dbluigi.config.ts:1:1-15 DBL1006 the configuration must be an object, not ${shown} / Write "export default defineConfig({ … })".`,
    ]);
  });
});

describe('a code frame', () => {
  test('shows no passwords', async () => {
    const text = [
      'export default {',
      "  database: 'postgres://me:ge#he@im@host/db',",
      "  targets: { a: { database: { password: 'geheim', 'pasword': \"x geheim\", password2: 271828, port: 0 } } },",
      "  vars: { url: `postgres://me:${process.env['PASSWORD']}@host/db`, dsn: 'host=h password=geheim', at: 'postgres://host:5432/db' },",
      '};',
    ].join('\n');
    const { diagnostics } = await load(project({ 'dbluigi.config.ts': text }));
    const { at } = diagnostics[0] ?? {};
    expect(at instanceof Object ? at.file.text.split('\n').slice(1, 4) : at).toEqual([
      "  database: 'postgres://me:********@host/db',",
      "  targets: { a: { database: { password: '******', 'pasword': \"********\", password2: ******, port: 0 } } },",
      "  vars: { url: `postgres://me:${process.env['PASSWORD']}@host/db`, dsn: 'host=h password=******', at: 'postgres://host:5432/db' },",
    ]);
  });
});
