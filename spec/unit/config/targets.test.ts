import { describe, expect, test } from 'vitest';
import { checkPhysicalSchema, checkPhysicalSchemas, physicalSchema, type Target } from '../../../src/config/index.js';
import { SourceFile } from '../../../src/diagnostics/index.js';
import { load, loaded, project, texts } from './project.js';

describe('choosing the target', () => {
  const three = `export default { targets: { dev: {}, test: {}, prod: { suffix: '_p' } }, defaultTarget: 'test' };`;

  test('the named one beats the default, which beats nothing', async () => {
    const folder = project({ 'dbluigi.config.ts': three });
    expect((await loaded(folder)).target.name).toBe('test');
    expect((await loaded(folder, { targetName: '' })).target.name).toBe('test');
    const { target, targetNames } = await loaded(folder, { targetName: 'prod' });
    expect(target).toMatchObject({ name: 'prod', suffix: '_p' });
    expect(targetNames).toEqual(['dev', 'test', 'prod']);
  });

  test('the only one', async () => {
    const folder = project({ 'dbluigi.config.ts': `export default { targets: { dev: {} } };` });
    expect((await loaded(folder)).target.name).toBe('dev');
  });

  test('no targets are the built-in one', async () => {
    const folder = project({ 'dbluigi.config.ts': `export default { targets: {} };` });
    expect((await loaded(folder, { targetName: 'staging_dev' })).target).toMatchObject({ name: 'staging_dev', suffix: '_dev' });
    expect(texts((await load(folder, { targetName: 'prod' })).diagnostics)).toEqual([
      '- DBL1012 no target is named "prod" / The only target is "staging_dev".',
    ]);
  });

  test('unknown names, of the command and of the file', async () => {
    const folder = project({ 'dbluigi.config.ts': three.replace("'test' }", "'tst' }") });
    expect(texts((await load(folder, { targetName: 'production' })).diagnostics)).toEqual([
      '- DBL1012 no target is named "production" / Did you mean "prod"? The targets are "dev", "test" and "prod".',
      'dbluigi.config.ts:1:89-94 DBL1012 no target is named "tst" / Did you mean "test"? The targets are "dev", "test" and "prod".',
    ]);
    expect(texts((await load(folder, { targetName: 'dev' })).diagnostics)).toEqual([
      'dbluigi.config.ts:1:89-94 DBL1012 no target is named "tst" / Did you mean "test"? The targets are "dev", "test" and "prod".',
    ]);
  });
});

describe('physical schemas', () => {
  const target: Target = { name: 'dev', schemas: { a: 'x', b: 'y_dev' }, suffix: '_dev', vars: {}, inPlace: false };
  const file = new SourceFile('dbluigi.config.ts', '');
  const inPlace: Target = { ...target, schemas: {}, suffix: '', inPlace: true };

  test('come from the mapping, else from the suffix', () => {
    expect(['a', 'c', 'toString'].map((logical) => physicalSchema(target, logical))).toEqual(['x', 'c_dev', 'toString_dev']);
  });

  test('are good', () => {
    expect(checkPhysicalSchemas({ target, file }, ['a', 'b', 'c'])).toEqual([]);
    expect(checkPhysicalSchemas({ target: inPlace, file }, ['a', 'b', 'c'])).toEqual([]);
    expect(checkPhysicalSchema({ target, file }, 'é'.repeat(18))).toBeUndefined();
  });

  test('are too long', () => {
    expect(texts(checkPhysicalSchemas({ target, file }, ['é'.repeat(18) + 'a']))).toEqual([
      `dbluigi.config.ts DBL1014 the physical schema "${'é'.repeat(18)}a_dev" has a name of 41 bytes, and 40 are the most / Postgres allows 63, and dbl makes schemas such as "<name>__trash_0123456789ab" beside it.`,
    ]);
  });

  test('are reserved', () => {
    expect(texts(checkPhysicalSchemas({ target: inPlace, file: undefined }, ['pg_a', 'a__previous']))).toEqual([
      '- DBL1014 the schema "a__previous" has a name that dbl keeps for itself / Names that end in "__work" or "__previous", or contain "__trash_", are for the schemas that dbl makes and drops.',
      `- DBL1014 the schema "pg_a" is one of Postgres's own / Choose another name.`,
    ]);
  });

  test('are production', () => {
    const careless = { ...inPlace, inPlace: false };
    expect(texts(checkPhysicalSchemas({ target: careless, file }, ['a']))).toEqual([
      'dbluigi.config.ts DBL1016 the target "dev" would build "a" straight into production / Give it another physical schema and promote, or say "inPlace: true" in the target if you mean it.',
    ]);
  });

  test('meet', () => {
    expect(texts(checkPhysicalSchemas({ target, file }, ['y', 'b', 'x', 'a', 'b']))).toEqual([
      'dbluigi.config.ts DBL1015 in the target "dev" both "b" and "y" are built into the schema "y_dev" / Give each logical schema a physical one of its own.',
      'dbluigi.config.ts DBL1015 in the target "dev" the schema "a" is built into "x", which is production of the schema of that name / Choose a name that no logical schema has.',
    ]);
  });
});
