import { expect, test } from 'vitest';
import { lockHolder, tryLock, unlock } from '../../../src/postgres/index.js';
import { createTestDatabase } from '../../harness/index.js';

test('a lock has one holder', async () => {
  const database = await createTestDatabase();
  const [one, two] = await Promise.all([database.session(), database.session()]);
  expect(await lockHolder(two, 'dbl:staging')).toBeUndefined();
  expect(await tryLock(one, 'dbl:staging')).toBe(true);
  expect(await tryLock(two, 'dbl:staging')).toBe(false);
  expect(await tryLock(two, 'dbl:other')).toBe(true);
  expect(await lockHolder(two, 'dbl:staging')).toEqual({ pid: one.pid });
  expect(await unlock(two, 'dbl:staging')).toBe(false);
  expect(await unlock(one, 'dbl:staging')).toBe(true);
  expect(await tryLock(two, 'dbl:staging')).toBe(true);
});

test('every key is found again, whatever the sign of its hash', async () => {
  const database = await createTestDatabase();
  const [one, two] = await Promise.all([database.session(), database.session()]);
  for (let n = 0; n < 20; n += 1) {
    await tryLock(one, `key ${n}`);
    expect(await lockHolder(two, `key ${n}`)).toEqual({ pid: one.pid });
  }
});

test('the same key in another database is another lock', async () => {
  const [here, there] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const [one, two] = await Promise.all([here.session(), there.session()]);
  expect(await tryLock(one, 'dbl:staging')).toBe(true);
  expect(await lockHolder(two, 'dbl:staging')).toBeUndefined();
  expect(await tryLock(two, 'dbl:staging')).toBe(true);
});

test('a lock goes with its session', async () => {
  const database = await createTestDatabase();
  const [one, two] = await Promise.all([database.session(), database.session()]);
  await tryLock(one, 'dbl:staging');
  await one.end();
  await expect.poll(() => tryLock(two, 'dbl:staging')).toBe(true);
});
