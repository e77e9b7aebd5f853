import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  closeCrashedRuns,
  endOrphans,
  endSession,
  finishRun,
  insertNodeRun,
  migrateAudit,
  mustHoldLocks,
  type NewRun,
  readEndedWell,
  readHolder,
  readNodeHistory,
  readPromoted,
  readRuns,
  recordPromotion,
  recordPublished,
  recordUnpublished,
  readRecorded,
  renameRecordedSchema,
  sessionName,
  startRun,
} from '../../../src/audit/index.js';
import type { Session } from '../../../src/postgres/index.js';
import { createTestDatabase, type TestDatabase } from '../../harness/index.js';

const newRun = (runId: string): NewRun => ({
  runId,
  project: "it's",
  command: 'build',
  target: 'staging_dev',
  schemas: ['staging_dev', 'Odd "one"'],
  osUser: 'me',
  host: 'here',
  pid: 42,
  dblVersion: '0.1.0',
  gitCommit: undefined,
  arguments: { select: ['a'] },
});

async function audited(): Promise<{ readonly database: TestDatabase; readonly session: Session; readonly started: (session?: Session) => Promise<string> }> {
  const database = await createTestDatabase();
  const session = await database.session();
  await migrateAudit(session);
  const started = async (on: Session = session): Promise<string> => {
    const runId = randomUUID();
    await startRun(on, newRun(runId));
    return runId;
  };
  return { database, session, started };
}

const statuses = async ({ query }: Pick<TestDatabase, 'query'>) =>
  Object.fromEntries((await query('SELECT run_id, status, exit_code, finished_at IS NOT NULL AS finished FROM dbluigi.runs')).map((row) => [row['run_id'], `${row['status']} ${row['exit_code']} ${row['finished']}`]));

test('a run is alive while its session is, and crashed afterwards', async () => {
  const { database, session, started } = await audited();
  const [alive, dying] = [await database.session(), await database.session()];
  const runs = { alive: await started(alive), dying: await started(dying), good: await started(await database.session()) };
  await finishRun(session, runs.good, 'success', 0);
  expect(await closeCrashedRuns(session)).toEqual([]);
  await dying.end();
  await expect.poll(() => closeCrashedRuns(session)).toEqual([runs.dying]);
  expect(await closeCrashedRuns(session)).toEqual([]);
  expect(await statuses(database)).toEqual({ [runs.alive]: 'running null f', [runs.dying]: 'crashed null t', [runs.good]: 'success 0 t' });
  expect(await readHolder(session, alive.pid)).toMatchObject({ osUser: 'me', host: 'here', pid: '42', command: 'build', since: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d$/) });
  // Whoever has ended holds nothing, and a session of somebody else's is no run.
  expect(await readHolder(session, session.pid)).toBeUndefined();
});

test('many sessions that look for crashed runs at once close each run once', async () => {
  const { database, started } = await audited();
  const dying = await database.session();
  const run = await started(dying);
  await dying.end();
  const lookers = await Promise.all([1, 2, 3, 4].map(() => database.session()));
  await expect.poll(async () => (await database.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = ${dying.pid}`)).length).toBe(0);
  const closed = await Promise.all(lookers.map((looker) => closeCrashedRuns(looker)));
  expect(closed.flat()).toEqual([run]);
});

test('what a dead run still has in the server is ended, and nothing else', async () => {
  const { database, session, started } = await audited();
  const [dead, alive] = [await database.session(), await database.session()];
  const runs = { dead: await started(dead), alive: await started(alive) };
  const worker = await database.session(sessionName('build', runs.dead));
  const other = await database.session(sessionName('promote', runs.alive));
  const stranger = await database.session('psql');
  const asleep = [worker, other, stranger].map((busy) => busy.query('SELECT pg_sleep(60)').then(() => 'slept', (problem: Error) => problem.name));
  expect(await endOrphans(session)).toEqual([]);
  expect(worker.isOpen).toBe(true);
  await dead.end();
  await expect.poll(async () => {
    await endOrphans(session);
    return worker.isOpen;
  }).toBe(false);
  expect(await asleep[0]).toBe('ConnectionLost');
  expect([other.isOpen, stranger.isOpen]).toEqual([true, true]);

  // By the process and its name: a number that another session has meanwhile is not its.
  expect(await endSession(session, other.pid, sessionName('build', runs.dead))).toBe(true);
  expect(other.isOpen).toBe(true);
  expect(await endSession(session, other.pid, sessionName('promote', runs.alive))).toBe(true);
  expect(await asleep[1]).toBe('ConnectionLost');
  await stranger.cancel();
  expect(await asleep[2]).toBe('ServerError');
});

test('what must hold the locks of a run fails without them', async () => {
  const { database, started } = await audited();
  const [control, worker] = [await database.session(), await database.session()];
  const run = await started(control);
  await worker.batch(`BEGIN; ${mustHoldLocks(run)}; COMMIT`);
  await control.end();
  await expect.poll(() => worker.batch(`BEGIN; ${mustHoldLocks(run)}; COMMIT`).then(() => 'committed', async (problem: Error) => {
    await worker.rollback();
    return problem.message;
  })).toBe('invalid input syntax for type integer: "the run lost its locks"');
});

test('what a transaction wrote whose answer was lost can be looked up', async () => {
  const { session, started } = await audited();
  const [run, other] = [await started(), await started()];
  await session.batch(
    [
      insertNodeRun({ runId: run, node: 'model.staging.a', status: 'success', rows: 3, bytes: 8192, elapsedMs: 0 }),
      insertNodeRun({ runId: run, node: "model.staging.it's", status: 'held', rows: 4 }),
      insertNodeRun({ runId: run, node: 'model.staging.c', status: 'failed', reason: 'no', message: 'a \0 in it' }),
      insertNodeRun({ runId: other, node: 'model.staging.d', status: 'success' }),
      recordPromotion({ runId: other, kind: 'promote', schema: 'staging', previousSchema: undefined }),
    ].join('; '),
  );
  const nodes = ['a', "it's", 'c', 'd'].map((name) => `model.staging.${name}`);
  expect(Object.fromEntries(await readEndedWell(session, run, nodes))).toEqual({
    'model.staging.a': { status: 'success', rows: 3, bytes: 8192 },
    "model.staging.it's": { status: 'held', rows: 4, bytes: undefined },
  });
  expect([...(await readPromoted(session, run))]).toEqual([]);
  expect([...(await readPromoted(session, other))]).toEqual(['staging']);
  expect((await session.query(`SELECT message FROM dbluigi.node_runs WHERE node = 'model.staging.c'`)).rows).toEqual([{ message: 'a  in it' }]);
});

test('what is known of relations follows a schema when it is renamed, and what it displaces is forgotten', async () => {
  const { session, started } = await audited();
  const earlier = await started();
  const run = await started();
  await session.batch('CREATE SCHEMA "Odd ""dev"; CREATE TABLE "Odd ""dev".a (id int); CREATE INDEX ON "Odd ""dev".a (id); CREATE SCHEMA old; CREATE TABLE old.b ()');
  const relation = { node: 'model.staging.a', fingerprint: 'f', runId: run };
  await session.batch(
    [
      recordPublished({ ...relation, schema: 'Odd "dev', name: 'a' }),
      recordPublished({ ...relation, schema: 'old', name: 'b' }),
      recordUnpublished({ ...relation, schema: 'Odd "dev', name: 'never', status: 'failed' }),
      recordUnpublished({ ...relation, schema: 'Odd "dev', name: 'a', status: 'skipped' }),
    ].join('; '),
  );
  // A run that began earlier, and ends only now, does not have the last word.
  await session.query(`UPDATE dbluigi.runs SET started_at = started_at - interval '1 hour' WHERE run_id = $1::uuid`, [earlier]);
  await session.batch(recordUnpublished({ ...relation, runId: earlier, schema: 'Odd "dev', name: 'a', status: 'cancelled' }));
  await session.batch(renameRecordedSchema('Odd "dev', 'old'));
  const [a, never, ...rest] = await readRecorded(session, ['old', 'Odd "dev']);
  expect(rest).toEqual([]);
  expect(a).toMatchObject({ schema: 'old', name: 'a', fingerprint: 'f', lastStatus: 'skipped', lastRun: run });
  expect(a?.indexes).toHaveLength(1);
  expect(never).toMatchObject({ schema: 'old', name: 'never', relid: undefined, fingerprint: undefined, lastStatus: 'failed', indexes: [] });
});

test('history has the newest first, in UTC whatever the time zone of the session', async () => {
  const { session, started } = await audited();
  const runs = [await started(), await started(), await started()];
  await session.batch(`SET TIME ZONE 'Asia/Kathmandu'; UPDATE dbluigi.runs SET started_at = '2024-02-29 23:59:59.5+00' WHERE run_id = '${runs[0]}'`);
  const read = await readRuns(session, 2);
  expect(read.map((row) => row['run_id'])).toEqual([runs[2], runs[1]]);
  expect((await readRuns(session, 10)).at(-1)).toMatchObject({ run_id: runs[0], project: "it's", started_at: '2024-02-29T23:59:59.500Z', finished_at: null, status: 'running', pid: '42' });
  await session.batch(
    [runs[1], runs[2]].map((runId, index) => insertNodeRun({ runId: runId ?? '', node: 'model.staging.a', status: 'success', rows: index, elapsedMs: 5000 * (2 - index) })).join('; ') +
      `; ${insertNodeRun({ runId: runs[0] ?? '', node: 'model.staging.a', status: 'skipped' })}`,
  );
  // What was never started took no time.
  const nodes = await readNodeHistory(session, 'model.staging.a', 10);
  expect(nodes.map((row) => `${row['run_id']} ${row['status']} ${row['rows']}`)).toEqual([`${runs[2]} success 1`, `${runs[1]} success 0`]);
  expect(Number(nodes[0]?.['duration_ms'])).toBeGreaterThanOrEqual(5000);
});
