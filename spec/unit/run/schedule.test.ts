import { expect, test } from 'vitest';
import { Schedule } from '../../../src/run/schedule.js';
import { planOf, short } from '../plan/plans.js';

const id = (name: string): string => `model.staging.${name}`;

/** A schedule over models that read one another, as `{ b: ['a'] }`; a test joins the models in each list of `joined`. */
async function scheduleOf(
  reads: Readonly<Record<string, readonly string[]>>,
  { joined = [], expected = {} }: { readonly joined?: readonly (readonly string[])[]; readonly expected?: Readonly<Record<string, number>> } = {},
): Promise<{ readonly schedule: Schedule; readonly take: () => string[]; readonly finish: (name: string) => boolean }> {
  const models = Object.entries(reads).map(([name, parents]) => [`staging.${name}`, `select 1 as id ${parents.length === 0 ? '' : `from ${parents.join(', ')}`}`]);
  const tests = joined.map((names, index) => [`tests/t${index}.sql`, `select 1 as x from ${names.map((name) => `staging.${name}`).join(', ')}`]);
  const { plan } = await planOf(Object.fromEntries([...models, ...tests]) as Record<string, string>);
  const schedule = new Schedule(plan, new Map(Object.entries(expected).map(([name, ms]) => [id(name), ms])));
  return {
    schedule,
    take: () => {
      const taken: string[] = [];
      for (let next = schedule.next(); next !== undefined; next = schedule.next()) taken.push(short(next.node.id));
      return taken;
    },
    finish: (name) => {
      const group = schedule.built(id(name));
      if (group !== undefined) schedule.finish(group);
      return group !== undefined;
    },
  };
}

const dropped = (schedule: Schedule, name: string): readonly string[] =>
  schedule.drop(id(name)).map(({ because, id: one, was }) => `${short(one)} was ${was}, because ${short(because)}`);

test('a node is ready when all that it reads is published', async () => {
  const { finish, schedule, take } = await scheduleOf({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });
  expect(take()).toEqual(['a']);
  expect(take()).toEqual([]);
  expect(finish('a')).toBe(true);
  expect(take().toSorted()).toEqual(['b', 'c']);
  finish('c');
  expect(take()).toEqual([]);
  finish('b');
  expect(take()).toEqual(['d']);
  expect(schedule.isOver).toBe(false);
  finish('d');
  expect(schedule.isOver).toBe(true);
});

test('what the longest work waits for comes first; a node without history counts as the average one', async () => {
  const reads = { a: [], b: [], c: [], long: ['b'], longer: ['long'], d: [] };
  const { take } = await scheduleOf(reads, { expected: { a: 50, b: 1, c: 30, long: 20, longer: 40 } });
  // b: 1 + 20 + 40; a: 50; c: 30; d: the average of all that is known, 28.2.
  expect(take()).toEqual(['b', 'a', 'c', 'd']);
  const unknown = await scheduleOf(reads);
  expect(unknown.take()[0]).toBe('b');
});

test('members of a group wait for one another, and what reads them for the whole group', async () => {
  const { finish, schedule, take } = await scheduleOf({ a: [], b: [], c: ['a'], after: ['b'] }, { joined: [['b', 'c']] });
  expect(take().toSorted()).toEqual(['a', 'b']);
  expect(finish('b')).toBe(false);
  expect(take()).toEqual([]);
  expect(finish('a')).toBe(true);
  expect(take()).toEqual(['c']);
  expect(finish('c')).toBe(true);
  expect(take()).toEqual(['after']);
  expect(schedule.isOver).toBe(false);
});

test('inside a group a child starts when its parent is built, though nothing is published', async () => {
  const { schedule, take } = await scheduleOf({ a: [], b: ['a'], c: ['b'], other: [] }, { joined: [['a', 'other'], ['c', 'other']] });
  expect(take().toSorted()).toEqual(['a', 'other']);
  expect(schedule.built(id('a'))).toBeUndefined();
  expect(take()).toEqual(['b']);
  expect(schedule.built(id('b'))).toBeUndefined();
  expect(take()).toEqual(['c']);
  expect(schedule.built(id('other'))).toBeUndefined();
  expect(schedule.built(id('c'))?.members.map(short)).toEqual(['a', 'other', 'b', 'c']);
});

test('a failure takes with it what is downstream, and only that', async () => {
  const { finish, schedule, take } = await scheduleOf({ a: [], bad: ['a'], x: ['bad'], y: ['x'], good: ['a'], better: ['good'], both: ['good', 'y'] });
  take();
  finish('a');
  take();
  expect(dropped(schedule, 'bad').toSorted()).toEqual(['both was waiting, because y', 'x was waiting, because bad', 'y was waiting, because x']);
  expect(dropped(schedule, 'bad')).toEqual([]);
  finish('good');
  expect(take()).toEqual(['better']);
  finish('better');
  expect(schedule.isOver).toBe(true);
});

test('a failure in a group withholds what is built, gives up what runs, and skips what reads the group', async () => {
  const { schedule, take } = await scheduleOf({ a: [], b: [], c: [], reader: ['b'], free: [] }, { joined: [['a', 'b', 'c']] });
  expect(take()).toHaveLength(4);
  expect(schedule.built(id('b'))).toBeUndefined();
  expect(dropped(schedule, 'a').toSorted()).toEqual([
    'b was built, because a',
    'c was running, because a',
    'reader was waiting, because b',
  ]);
  expect([schedule.isDropped(id('c')), schedule.isDropped(id('free'))]).toEqual([true, false]);
});

test('a group is given up when one of its members can never be built', async () => {
  const { schedule, take } = await scheduleOf({ bad: [], a: ['bad'], b: [], c: ['b'] }, { joined: [['a', 'c']] });
  expect(take().toSorted()).toEqual(['b', 'bad']);
  expect(dropped(schedule, 'bad')).toEqual(['a was waiting, because bad', 'c was waiting, because a']);
  expect(schedule.isOver).toBe(false);
});

test('a node that is ready and then given up is not handed out', async () => {
  const { schedule, take } = await scheduleOf({ a: [], b: [] }, { joined: [['a', 'b']] });
  const first = short(schedule.next()?.node.id ?? '');
  expect(dropped(schedule, first)).toHaveLength(1);
  expect(take()).toEqual([]);
  expect(schedule.isOver).toBe(true);
});

test('what was not started can be given up; what runs is left to end', async () => {
  const { finish, schedule, take } = await scheduleOf({ a: [], b: ['a'], c: [], d: ['c'] });
  expect(take().toSorted()).toEqual(['a', 'c']);
  finish('a');
  expect(schedule.dropWaiting().map(short).toSorted()).toEqual(['b', 'd']);
  expect(take()).toEqual([]);
  expect(schedule.isOver).toBe(false);
  finish('c');
  expect(schedule.isOver).toBe(true);
});
