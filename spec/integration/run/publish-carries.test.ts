import { expect, test } from 'vitest';
import { workshop } from './project-run.js';

test('smoke', async () => {
  const { build, query } = await workshop({ 'staging.a': 'select 1 as id', 'staging.b': "{{ config(materialized='view') }} select * from staging.a" });
  const ran = await build();
  expect(ran).toMatchObject({ exitCode: 0, nodes: { a: 'success', b: 'success' }, told: [] });
  await query('create view public.v as select * from staging_dev.a');
  await query('create index hand on staging_dev.a (id)');
  const again = await build();
  expect(again.told).toEqual([]);
  await build();
  expect(await query("select indexrelid::regclass::text as i from pg_index where indrelid = 'staging_dev.a'::regclass")).toEqual([{ i: 'staging_dev.hand' }]);
});
