import { expect, test } from 'vitest';
import { describeStep, planSteps } from '../../../src/plan/index.js';
import { planOf, stateOf, table } from './plans.js';

const files = {
  'staging.a': 'select 1 as id',
  'staging.Odd "v"': "{{ config(materialized='view') }}select * from a",
  'staging.c': 'select * from a',
  'staging.d': "select * from c",
  'tests/pair.sql': 'select * from staging."Odd ""v""" join staging.c using (id) where false',
  'models/p.yaml': 'models: [{name: a, columns: [{name: id, checks: [unique, not_null]}]}]',
};

test('the steps of a plan, in an order in which one session could do them', async () => {
  const { plan } = await planOf(files, { state: stateOf([table('staging_dev.d')], { recorded: new Map() }) });
  expect(planSteps(plan).map(describeStep)).toEqual([
    'build    table staging_dev__work.a',
    'check    staging.a.unique.id, staging.a.not_null.id',
    'publish  staging_dev.a',
    'build    view staging_dev__work."Odd ""v"""',
    'build    table staging_dev__work.c',
    'check    test.pair',
    'publish  staging_dev."Odd ""v""", staging_dev.c',
    'refuse   model.staging.d: "staging_dev.d" is a table that dbl did not make, so it is not replaced',
  ]);
});

test('what is held stays in the workbench', async () => {
  const { plan } = await planOf(files, { hold: true, select: ['a'] });
  expect(planSteps(plan)).toEqual([
    { step: 'build', node: 'model.staging.a', relation: 'staging_dev__work.a', materialized: 'table' },
    { step: 'check', nodes: ['model.staging.a'], checks: ['staging.a.unique.id', 'staging.a.not_null.id'] },
    { step: 'hold', nodes: ['model.staging.a'], relations: ['staging_dev__work.a'] },
  ]);
});
