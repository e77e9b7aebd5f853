import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { createTestDatabase, withProject } from '../harness/index.js';
import { said } from './said.js';

vi.setConfig({ testTimeout: 120_000 });

/** Paths of all files below a folder, but for what dbl keeps in `.dbl`. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('.dbl'))
    .toSorted();
}

const written = [
  '.gitignore',
  'README.md',
  'dbluigi.config.ts',
  'macros/rates.njk',
  'models/POPULATE-staging-agencies.sql',
  'models/POPULATE-staging-monthly_reports.sql',
  'models/POPULATE-staging-yearly_offenses.sql',
  'models/properties.yaml',
  'tests/whole_years_only.sql',
];

test('writes a project that compiles, builds, passes its tests and can be promoted, as it stands', async () => {
  const project = withProject({});
  const { code, stdout, stderr } = await said({ project }, 'init');
  expect(stdout).toMatchInlineSnapshot(`
    "wrote a project of three models to .:
      dbluigi.config.ts
      models/POPULATE-staging-agencies.sql
      models/POPULATE-staging-monthly_reports.sql
      models/POPULATE-staging-yearly_offenses.sql
      models/properties.yaml
      macros/rates.njk
      tests/whole_years_only.sql
      README.md
      .gitignore

    next
      dbl build      build, check and publish them in staging_dev
      dbl ls --tree  see what depends on what
    "
  `);
  expect([code, stderr]).toEqual([0, '']);
  expect(filesIn(project.folder)).toEqual(written);

  const database = await createTestDatabase();
  const built = await said({ project, database }, 'build', '--threads', '1');
  expect(built.stderr).toMatchInlineSnapshot(`
    "build of staging_dev (staging_dev): 3 models
    1 of 3  built      staging_dev.agencies                      4 rows TIME
    2 of 3  built      staging_dev.monthly_reports              90 rows TIME
    3 of 3  built      staging_dev.yearly_offenses               7 rows TIME

    "
  `);
  expect(built.code).toBe(0);
  expect(await database.query('SELECT ori, name, year, offenses, offenses_per_100k FROM staging_dev.yearly_offenses ORDER BY ori, year')).toMatchInlineSnapshot(`
    [
      {
        "name": "Anchorage Police Department",
        "offenses": "1806",
        "offenses_per_100k": "620.1",
        "ori": "AK0010100",
        "year": "2023",
      },
      {
        "name": "Birmingham Police Department",
        "offenses": "1314",
        "offenses_per_100k": "626.1",
        "ori": "AL0010000",
        "year": "2023",
      },
      {
        "name": "Birmingham Police Department",
        "offenses": "1314",
        "offenses_per_100k": "626.1",
        "ori": "AL0010000",
        "year": "2024",
      },
      {
        "name": "Little Rock Police Department",
        "offenses": "1278",
        "offenses_per_100k": "630.8",
        "ori": "AR0600200",
        "year": "2023",
      },
      {
        "name": "Little Rock Police Department",
        "offenses": "1278",
        "offenses_per_100k": "630.8",
        "ori": "AR0600200",
        "year": "2024",
      },
      {
        "name": "Phoenix Police Department",
        "offenses": "9714",
        "offenses_per_100k": "604.1",
        "ori": "AZ0072300",
        "year": "2023",
      },
      {
        "name": "Phoenix Police Department",
        "offenses": "9714",
        "offenses_per_100k": "604.1",
        "ori": "AZ0072300",
        "year": "2024",
      },
    ]
  `);
  const tested = await said({ project, database }, 'test', '--quiet');
  expect(tested).toEqual({ code: 0, signal: null, stdout: 'test of staging_dev is done: 7 checks pass, in TIME\n', stderr: '' });
  expect((await said({ project, database }, 'promote')).code).toBe(0);
  expect(await database.query('SELECT count(*) FROM staging.monthly_reports')).toEqual([{ count: '90' }]);
  const years = await said({ project, database }, 'build', '--vars', '{"first_year": 2024}', '--quiet');
  expect(years.stdout).toBe('build of staging_dev is done: 3 built (49 rows), in TIME\n');
});

test('in a new folder, which gives the project its name', async () => {
  const project = withProject({});
  const { code, stdout, stderr } = await said({ project }, 'init', "crimes/o'dd name");
  expect(stdout).toMatchInlineSnapshot(`
    "wrote a project of three models to crimes/o'dd name:
      dbluigi.config.ts
      models/POPULATE-staging-agencies.sql
      models/POPULATE-staging-monthly_reports.sql
      models/POPULATE-staging-yearly_offenses.sql
      models/properties.yaml
      macros/rates.njk
      tests/whole_years_only.sql
      README.md
      .gitignore

    next
      cd 'crimes/o'\\''dd name'
      dbl build      build, check and publish them in staging_dev
      dbl ls --tree  see what depends on what
    "
  `);
  expect([code, stderr]).toEqual([0, '']);
  const folder = path.join(project.folder, "crimes/o'dd name");
  expect(filesIn(folder)).toEqual(written);
  expect(readFileSync(path.join(folder, 'dbluigi.config.ts'), 'utf8')).toContain(`name: "o'dd name",`);
  expect(await said({ project }, 'compile', '--project-dir', folder)).toEqual({ code: 0, signal: null, stdout: 'compiled 3 models, 1 test, 0 sources to .dbl/compiled\n', stderr: '' });
});

test('keeps a README and a .gitignore that are there', async () => {
  const project = withProject({ 'README.md': 'mine\n', '.gitignore': 'mine\n', 'package.json': '{}\n' });
  expect((await said({ project }, 'init')).code).toBe(0);
  expect(filesIn(project.folder)).toEqual([...written, 'package.json'].toSorted());
  expect([readFileSync(path.join(project.folder, 'README.md'), 'utf8'), readFileSync(path.join(project.folder, '.gitignore'), 'utf8')]).toEqual(['mine\n', 'mine\n']);
});

test('writes nothing where something is in the way', async () => {
  const again = withProject({ 'models/properties.yaml': 'models: []\n', 'dbluigi.config.mjs': 'export default {}\n' });
  const refused = await said({ project: again }, 'init');
  expect(refused.stderr).toMatchInlineSnapshot(`
    "error DBL1709: there already: "dbluigi.config.mjs", "models/properties.yaml"
      hint: Nothing was written, for "dbl init" overwrites nothing. Name a new folder: "dbl init crime".

    1 error
    "
  `);
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect(filesIn(again.folder)).toEqual(['dbluigi.config.mjs', 'models/properties.yaml']);

  const project = withProject({ notes: 'a file\n' });
  const file = await said({ project }, 'init', 'notes');
  expect(file.stderr).toMatchInlineSnapshot(`
    "error DBL1709: "notes" is a file, not a folder
      hint: Nothing was written. Name a new folder: "dbl init crime".

    1 error
    "
  `);
  expect([file.code, file.stdout]).toEqual([2, '']);
  const below = await said({ project }, 'init', 'notes/crime');
  expect(below.stderr).toMatchInlineSnapshot(`
    "error DBL1709: "notes" is a file, not a folder
      hint: Nothing was written. Name a new folder: "dbl init crime".

    1 error
    "
  `);
  expect([below.code, below.stdout]).toEqual([2, '']);

  // A file has the name of a folder that it would make.
  mkdirSync(path.join(project.folder, 'blocked/macros'), { recursive: true });
  writeFileSync(path.join(project.folder, 'blocked/models'), 'a file\n');
  const half = await said({ project }, 'init', 'blocked');
  expect(half.stderr).toMatchInlineSnapshot(`
    "error DBL1709: "blocked/models" is a file, not a folder
      hint: Nothing was written. Name a new folder: "dbl init crime".

    1 error
    "
  `);
  expect([half.code, half.stdout]).toEqual([2, '']);
  expect(existsSync(path.join(project.folder, 'blocked/dbluigi.config.ts'))).toBe(false);
});
