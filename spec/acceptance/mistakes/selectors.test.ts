import { describe, expect, test, vi } from 'vitest';
import { type TestProject, createTestDatabase, withProject } from '../../harness/index.js';
import { said } from '../said.js';

vi.setConfig({ testTimeout: 120_000 });

function crimeProject(): TestProject {
  return withProject({
    'dbluigi.config.ts': 'export default {}\n',
    'models/hub/POPULATE-staging-agencies.sql': "{{ config(tags=['daily']) }}\nselect 1 as id\n",
    'models/hub/POPULATE-staging-arrests.sql': "{{ config(materialized='view', tags=['weekly']) }}\nselect id from {{ ref('agencies') }}\n",
    'models/api/POPULATE-api-agencies.sql': "select id from {{ ref('staging', 'agencies') }}\n",
    'models/api/POPULATE-api-offenses.sql': "select id from {{ source('hub', 'offenses') }}\n",
    'tests/no_orphans.sql': "select id from {{ ref('arrests') }} where id is null\n",
    'models/sources.yaml': 'sources:\n  - name: hub\n    tables:\n      - name: offenses\n      - name: reports\n',
  });
}

describe('a selector that matches nothing, with the nearest names', () => {
  test('names', async () => {
    const project = crimeProject();
    const selectors = ['agencis', 'staging.arests', '+Offenzes+', '@no_orphan', 'arests*', 'reports', 'hub', 'staging', 'homicides', 'q*'];
    const { code, stdout, stderr } = await said({ project }, 'ls', '--select', ...selectors);
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1601: no model or test is named "Offenzes"
        hint: Did you mean "offenses"?

      error DBL1601: no model or test is named "agencis"
        hint: Did you mean "agencies"?

      error DBL1601: no model or test is named "homicides"
        hint: "dbl ls" lists all names.

      error DBL1601: no model or test is named "hub"
        hint: Did you mean "source:hub"?

      error DBL1601: no model or test is named "no_orphan"
        hint: Did you mean "no_orphans"?

      error DBL1601: no model or test is named "reports"
        hint: Did you mean "source:hub.reports"?

      error DBL1601: no model or test is named "staging"
        hint: Write "staging.*" for all models of the schema "staging".

      error DBL1601: no model or test is named "staging.arests"
        hint: Did you mean "staging.arrests" or "staging.agencies"?

      error DBL1601: no name of a model or test matches "arests*"
        hint: Did you mean "arrests"?

      error DBL1601: no name of a model or test matches "q*"
        hint: "dbl ls" lists all names.

      10 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('tags, paths, sources, types', async () => {
    const project = crimeProject();
    const selectors = ['tag:dayly', 'tag:hourly', 'path:models/hubs', 'models/api/agencies', 'path:elsewhere', 'source:hbu', 'source:crime', 'source:hub.ofenses', 'source:hub.people', 'type:vew', 'type:snapshot'];
    const { code, stdout, stderr } = await said({ project }, 'ls', '--select', selectors.join(' '));
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1601: no source is named "crime"
        hint: The only source is "hub".

      error DBL1601: no source is named "hbu"
        hint: Did you mean "hub"?

      error DBL1601: nothing comes from the path "elsewhere"
        hint: A path begins at the folder of the project, like "models/api".

      error DBL1601: nothing comes from the path "models/api/agencies"
        hint: Did you mean "models/api" or "models"?

      error DBL1601: nothing comes from the path "models/hubs"
        hint: Did you mean "models/hub" or "models"?

      error DBL1601: nothing has the tag "dayly"
        hint: Did you mean "daily"?

      error DBL1601: nothing has the tag "hourly"
        hint: The tags are "daily", "weekly".

      error DBL1601: the source "hub" has no table "ofenses"
        hint: Did you mean "offenses"?

      error DBL1601: the source "hub" has no table "people"
        hint: The tables are "offenses", "reports".

      error DBL1604: unknown type "snapshot"
        hint: The types are "model", "test", "source", "table", "view".

      error DBL1604: unknown type "vew"
        hint: Did you mean "view"? The types are "model", "test", "source", "table", "view".

      11 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('an intersection of which the parts match, but no node matches all', async () => {
    const project = crimeProject();
    const { code, stdout, stderr } = await said({ project }, 'ls', '--select', 'tag:daily,tag:weekly', 'agencies,type:view', 'arrests+');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1602: nothing is in all parts of "agencies,type:view"
        hint: A comma keeps what both sides select; put a space to select what either does.

      error DBL1602: nothing is in all parts of "tag:daily,tag:weekly"
        hint: A comma keeps what both sides select; put a space to select what either does.

      2 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a project without models, tags and sources', async () => {
    const project = withProject({ 'dbluigi.config.ts': 'export default {}\n' });
    const { code, stdout, stderr } = await said({ project }, 'ls', '--select', 'agencies', 'tag:daily', 'source:hub', 'path:models', 'type:view');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1601: no model or test is named "agencies"
        hint: The project has no models yet.

      error DBL1601: no source is named "hub"
        hint: The project declares no sources.

      error DBL1601: nothing comes from the path "models"
        hint: A path begins at the folder of the project, like "models/api".

      error DBL1601: nothing has the tag "daily"
        hint: The project has no tags.

      error DBL1601: nothing is of the type "view"

      5 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });
});

test('selectors that say nothing that dbl understands', async () => {
  const project = crimeProject();
  const methods = ['tags:daily', 'state:modified', 'config.materialized:view', 'model:agencies'];
  const signs = ['', '+', '@', 'tag:', 'path:', 'agencies,', 'agencies,,arrests', '@agencies+', '0+agencies', 'agencies+0', 'x+agencies', 'agencies+two', '1+agencies+1+'];
  const { code, stdout, stderr } = await said({ project }, 'ls', '--select', ...methods, ...signs);
  expect(stderr).toMatchInlineSnapshot(`
    "error DBL1603: unknown selector method "config.materialized:"
      hint: The methods are "tag:", "path:", "source:" and "type:".

    error DBL1603: unknown selector method "model:"
      hint: Did you mean "agencies"? The methods are "tag:", "path:", "source:" and "type:".

    error DBL1603: unknown selector method "state:"
      hint: The methods are "tag:", "path:", "source:" and "type:".

    error DBL1603: unknown selector method "tags:"
      hint: Did you mean "tag:"? The methods are "tag:", "path:", "source:" and "type:".

    error DBL1605: "+" names nothing
      hint: Write a name beside the sign, like "+agencies".

    error DBL1605: "1+agencies+1+" has a "+" too many
      hint: A name has one "+" before it and one after it at most.

    error DBL1605: "@" and "+" do not go together in "@agencies+"
      hint: "@agencies" holds what "+" would add before it and after it.

    error DBL1605: "@" names nothing
      hint: Write a name beside the sign, like "+agencies".

    error DBL1605: a part of "agencies," is empty
      hint: A comma joins two selectors and keeps what both select.

    error DBL1605: a part of "agencies,,arrests" is empty
      hint: A comma joins two selectors and keeps what both select.

    error DBL1605: a selector is empty

    error DBL1605: nothing stands after "path:"
      hint: Write it without a space, like "path:models/api".

    error DBL1605: nothing stands after "tag:"
      hint: Write it without a space, like "tag:daily".

    error DBL1606: "0" is not a number of steps in "0+agencies"
      hint: A number of steps is 1 or more, like "2+agencies" or "agencies+1".

    error DBL1606: "0" is not a number of steps in "agencies+0"
      hint: A number of steps is 1 or more, like "2+agencies" or "agencies+1".

    error DBL1606: "two" is not a number of steps in "agencies+two"
      hint: A number of steps is 1 or more, like "2+agencies" or "agencies+1".

    error DBL1606: "x" is not a number of steps in "x+agencies"
      hint: A number of steps is 1 or more, like "2+agencies" or "agencies+1".

    17 errors
    "
  `);
  expect([code, stdout]).toEqual([2, '']);
});

describe('what to exclude', () => {
  test('nothing that is there: a warning, and the rest is listed', async () => {
    const project = crimeProject();
    const { code, stdout, stderr } = await said({ project }, 'ls', '--select', 'agencies', '--exclude', 'arests', 'tag:daily,tag:weekly');
    expect(stderr).toMatchInlineSnapshot(`
      "warning DBL1607: nothing to exclude: no model or test is named "arests"
        hint: Did you mean "arrests"?

      warning DBL1607: nothing to exclude: nothing is in all parts of "tag:daily,tag:weekly"
        hint: A comma keeps what both sides select; put a space to select what either does.

      2 warnings
      "
    `);
    expect(stdout).toMatchInlineSnapshot(`
      "node                    made as  tags   file
      model.api.agencies      table           models/api/POPULATE-api-agencies.sql
      model.staging.agencies  table    daily  models/hub/POPULATE-staging-agencies.sql
      "
    `);
    expect(code).toBe(0);
  });

  test('a bad selector is an error all the same', async () => {
    const project = crimeProject();
    const { code, stdout, stderr } = await said({ project }, 'ls', '--exclude', 'tagg:daily', '2+');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1603: unknown selector method "tagg:"
        hint: Did you mean "tag:"? The methods are "tag:", "path:", "source:" and "type:".

      error DBL1605: "2+" names nothing
        hint: Write a name beside the sign, like "+agencies".

      2 errors
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('everything: nothing is left to do, which is no mistake', async () => {
    const project = crimeProject();
    const database = await createTestDatabase();
    const outcomes = [];
    for (const command of ['ls', 'build', 'test']) {
      const { code, stdout, stderr } = await said({ project, database }, command, '--select', 'agencies', '--exclude', '*.agencies');
      outcomes.push([command, code, stdout, stderr]);
    }
    expect(outcomes).toEqual([
      ['ls', 0, 'nothing to list\n', ''],
      ['build', 0, 'nothing to build in staging_dev\n', ''],
      ['test', 0, 'nothing to test in staging_dev\n', ''],
    ]);
    expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'staging%'")).toEqual([]);
  });
});

test('every command with selectors refuses bad ones before it does anything', async () => {
  const project = crimeProject();
  // Nothing listens there, and nobody asks.
  const env = { DBL_DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/nothing' };
  for (const args of [['build'], ['build', '--dry-run'], ['build', '--hold'], ['test'], ['test', '--production']]) {
    const { code, stdout, stderr } = await said({ project, env }, ...args, '--select', 'agencis', 'tag:dayly');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL1601: no model or test is named "agencis"
        hint: Did you mean "agencies"?

      error DBL1601: nothing has the tag "dayly"
        hint: Did you mean "daily"?
      "
    `);
    expect([code, stdout]).toEqual([2, '']);
  }
});

test('a selector where one model is wanted', async () => {
  const project = crimeProject();
  const env = { DBL_DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/nothing' };
  const wrong = [
    ['compile', 'agencis'],
    ['compile', 'agencies'],
    ['compile', '*'],
    ['compile', 'source:hub'],
    ['show', 'offenses+2+'],
    ['history', 'no_orphans'],
    ['history', 'tag:dayly'],
  ];
  const outcomes = [];
  for (const args of wrong) {
    const { code, stdout, stderr } = await said({ project, env }, ...args);
    expect([code, stdout]).toEqual([2, '']);
    outcomes.push(`$ dbl ${args.join(' ')}\n${stderr}`);
  }
  expect(outcomes.join('\n')).toMatchInlineSnapshot(`
    "$ dbl compile agencis
    error DBL1601: no model or test is named "agencis"
      hint: Did you mean "agencies"?

    1 error

    $ dbl compile agencies
    error DBL1708: "agencies" is not one node, but 2
      hint: It selects "model.api.agencies", "model.staging.agencies".

    1 error

    $ dbl compile *
    error DBL1708: "*" is not one node, but 5
      hint: It selects "model.api.agencies", "model.api.offenses", "model.staging.agencies", "model.staging.arrests", "test.no_orphans".

    1 error

    $ dbl compile source:hub
    error DBL1708: "source:hub" is "source.hub.offenses", "source.hub.reports", not a model or a test

    1 error

    $ dbl show offenses+2+
    error DBL1605: "offenses+2+" has a "+" too many
      hint: A name has one "+" before it and one after it at most.

    1 error

    $ dbl history no_orphans
    error DBL1708: "no_orphans" is a test, not a model

    1 error

    $ dbl history tag:dayly
    error DBL1601: nothing has the tag "dayly"
      hint: Did you mean "daily"?

    1 error
    "
  `);
});
