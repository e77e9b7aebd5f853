import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Session } from '../../../src/postgres/index.js';
import { commentsOn, createRole, indexesOn, relationFacts, rightsOn, schemasOf } from './hanging.js';
import { type Ran, type Workshop, workshop } from './project-run.js';

/** A check that waits, between planning and publishing, until a file called `go` is there. */
const waiting = 'models: [{name: people, checks: [{command: {command: [sh, -c, "touch started; while [ ! -e go ]; do sleep 0.02; done"]}}]}]';
const people = 'select id, 2 as n from generate_series(1, 3) as g (id)';

/** A published table, and `during`, which builds it again and does something just before that is published. */
async function window(models: Readonly<Record<string, string>> = {}): Promise<Workshop & { readonly during: (act: () => Promise<unknown>) => Promise<Ran> }> {
  const made = await workshop({ 'staging.people': people, ...models });
  expect(await made.build()).toMatchObject({ exitCode: 0 });
  made.project.write({ 'models/waiting.yaml': waiting });
  const file = (name: string): string => path.join(made.project.folder, name);
  return {
    ...made,
    during: async (act) => {
      for (const name of ['started', 'go']) rmSync(file(name), { force: true });
      const running = made.build();
      while (!existsSync(file('started'))) await sleep(10);
      try {
        await act();
      } finally {
        made.project.write({ go: '' });
      }
      return running;
    },
  };
}

describe('between planning and publishing', () => {
  test('what others hang on the table is on the new one', async () => {
    const { database, during, query } = await window();
    const [reader, owner] = [await createRole(database), await createRole(database)];
    const ran = await during(() => query(`
      CREATE VIEW public.v WITH (security_barrier) AS SELECT id, n FROM staging_dev.people; CREATE VIEW public.over AS SELECT count(*) AS c FROM public.v;
      GRANT SELECT ON staging_dev.people TO ${reader}; GRANT UPDATE (n) ON staging_dev.people TO PUBLIC;
      COMMENT ON TABLE staging_dev.people IS 'late'; COMMENT ON COLUMN staging_dev.people.n IS 'late too';
      CREATE UNIQUE INDEX late ON staging_dev.people (id DESC);
      ALTER TABLE staging_dev.people SET (fillfactor = 50);
      GRANT CREATE ON SCHEMA staging_dev TO ${owner}; ALTER TABLE staging_dev.people OWNER TO ${owner}`));
    expect(ran).toMatchObject({ exitCode: 0, told: [] });
    expect(await query('SELECT c FROM public.over')).toEqual([{ c: '3' }]);
    expect(await query(`SELECT refobjid::regclass::text AS reads FROM pg_depend JOIN pg_rewrite AS r ON r.oid = objid WHERE ev_class = 'public.v'::regclass AND refobjid <> ev_class AND deptype = 'n' GROUP BY 1`)).toEqual([{ reads: 'staging_dev.people' }]);
    expect(await rightsOn(database, 'staging_dev.people')).toEqual([`- ${reader} SELECT`, 'n public UPDATE']);
    expect(await commentsOn(database, 'staging_dev.people')).toEqual(['- late', 'n late too']);
    expect(await indexesOn(database, 'staging_dev.people')).toEqual(['CREATE UNIQUE INDEX late ON staging_dev.people USING btree (id DESC)']);
    expect(await relationFacts(database, 'staging_dev.people')).toMatchObject({ owner, options: 'fillfactor=50' });
    expect(await schemasOf(database)).toEqual(['dbluigi', 'public', 'staging_dev', 'staging_dev__work']);
  });

  test('what others take away or change stays taken away and changed', async () => {
    const { database, during, project, query } = await window();
    const reader = await createRole(database);
    await query(`CREATE VIEW public.gone AS SELECT id FROM staging_dev.people; CREATE VIEW public.changed AS SELECT id FROM staging_dev.people;
      CREATE VIEW public.owned AS SELECT id FROM staging_dev.people; CREATE INDEX gone ON staging_dev.people (n);
      GRANT SELECT ON staging_dev.people TO ${reader}; GRANT SELECT (n) ON staging_dev.people TO PUBLIC; COMMENT ON COLUMN staging_dev.people.n IS 'old'`);
    // The model describes its column from now on, and what others said of it before does not come back.
    project.write({ 'dbluigi.config.mjs': 'export default { comments: true }', 'models/waiting.yaml': waiting.replace('name: people,', 'name: people, columns: [{name: n, description: ours}],') });
    const ran = await during(() => query(`
      DROP VIEW public.gone; CREATE OR REPLACE VIEW public.changed AS SELECT id, n FROM staging_dev.people WHERE id > 1; ALTER VIEW public.owned OWNER TO ${reader};
      REVOKE SELECT ON staging_dev.people FROM ${reader}; REVOKE SELECT (n) ON staging_dev.people FROM PUBLIC; DROP INDEX staging_dev.gone`));
    expect(ran).toMatchObject({ exitCode: 0, told: [] });
    expect(await query(`SELECT relname FROM pg_class WHERE relname = 'gone' AND relkind = 'v'`)).toEqual([]);
    expect(await query('SELECT * FROM public.changed ORDER BY id')).toEqual([{ id: '2', n: '2' }, { id: '3', n: '2' }]);
    expect(await relationFacts(database, 'public.owned')).toMatchObject({ owner: reader });
    expect(await rightsOn(database, 'staging_dev.people')).toEqual([]);
    expect(await commentsOn(database, 'staging_dev.people')).toEqual(['n ours']);
  });

  test.each([
    ['CREATE MATERIALIZED VIEW public.mv AS SELECT id FROM staging_dev.people', 'materialized view public.mv'],
    ['CREATE UNIQUE INDEX ON staging_dev.people (id); CREATE TABLE public.child (id int CONSTRAINT fk REFERENCES staging_dev.people (id))', 'table constraint fk on public.child'],
    ["CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE TRIGGER t AFTER DELETE ON staging_dev.people EXECUTE FUNCTION public.f()", 'trigger t on staging_dev.people'],
    ['CREATE POLICY p ON staging_dev.people', 'policy p on staging_dev.people'],
    ['ALTER TABLE staging_dev.people FORCE ROW LEVEL SECURITY', 'row security staging_dev.people'],
    ['CREATE PUBLICATION p FOR TABLE staging_dev.people', 'publication relation staging_dev.people in publication p'],
    ['CREATE STATISTICS public.s ON id, n FROM staging_dev.people', 'statistics object public.s'],
    ['CREATE FUNCTION public.f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM staging_dev.people; END', 'function public.f()'],
    ['CREATE TABLE public.holder (one staging_dev.people)', 'table column public.holder.one'],
    ['CREATE TABLE public.heir () INHERITS (staging_dev.people)', 'table public.heir'],
    ['CREATE TABLE public.parent (id int); ALTER TABLE staging_dev.people INHERIT public.parent', 'inheritance from public.parent'],
    ['ALTER TABLE staging_dev.people ALTER n SET NOT NULL', 'not-null constraint staging_dev.people.n'],
    ['ALTER TABLE staging_dev.people ALTER n SET (n_distinct = 3)', 'column options n'],
    ['CREATE RULE r AS ON INSERT TO staging_dev.people DO INSTEAD NOTHING', 'rule r on staging_dev.people'],
  ])('what cannot be carried over stops the publish: %s', async (sql, list) => {
    const { during, query } = await window();
    const facts = () => query(`SELECT oid, relnamespace::regnamespace::text AS schema FROM pg_class WHERE relname = 'people' ORDER BY oid`);
    const [before] = await facts();
    const ran = await during(() => query(sql));
    expect(ran).toMatchObject({ exitCode: 1, nodes: { people: 'failed' } });
    expect(ran.told).toEqual([
      `DBL2401: "staging_dev.people" cannot be replaced, since this was hung on it meanwhile: ${list} | POPULATE-staging-people.sql | Drop it, build, and create it again.`,
    ]);
    const [old, built, ...others] = await facts();
    expect([old, built?.['schema'], others]).toEqual([before, 'staging_dev__work', []]);
  });

  test('a table that is dropped meanwhile is published as a new one; one that somebody puts there is not replaced', async () => {
    const { during, query } = await window();
    await query('GRANT SELECT ON staging_dev.people TO PUBLIC');
    expect(await during(() => query('DROP TABLE staging_dev.people'))).toMatchObject({ exitCode: 0, told: [] });
    expect(await query('SELECT count(*) FROM staging_dev.people')).toEqual([{ count: '3' }]);
    const ran = await during(() => query("DROP TABLE staging_dev.people; CREATE TABLE staging_dev.people AS SELECT 'theirs' AS whose"));
    expect(ran.told).toEqual(['DBL2403: publishing failed: relation "people" already exists in schema "staging_dev" | POPULATE-staging-people.sql']);
    expect(await query('SELECT whose FROM staging_dev.people')).toEqual([{ whose: 'theirs' }]);
  });

  test('an index of others that clashes with the name that Postgres made up for ours', async () => {
    const { database, during, query } = await window({ 'staging.people': `{{ config(indexes=[{columns: ['n']}]) }}${people}` });
    await query('DROP INDEX staging_dev.people_n_idx');
    expect(await during(() => query('CREATE INDEX people_n_idx ON staging_dev.people (n, id)'))).toMatchObject({ exitCode: 0, told: [] });
    const indexes = await indexesOn(database, 'staging_dev.people');
    expect(indexes).toEqual([
      expect.stringMatching(/^CREATE INDEX people_n_idx ON staging_dev.people USING btree \(n, id\)$/),
      expect.stringMatching(/^CREATE INDEX people_n_idx_[0-9a-f]{8} ON staging_dev.people USING btree \(n\)$/),
    ]);
  });

  test('options and owner of a view model', async () => {
    const { database, during, query } = await window({ 'staging.people': "{{ config(materialized='view') }}select 1 as id, 2 as n" });
    const owner = await createRole(database);
    await query(`GRANT CREATE ON SCHEMA staging_dev TO ${owner}`);
    expect(await during(() => query('ALTER VIEW staging_dev.people SET (security_barrier)'))).toMatchObject({ exitCode: 0, told: [] });
    expect(await during(() => query(`ALTER VIEW staging_dev.people OWNER TO ${owner}`))).toMatchObject({ exitCode: 0, told: [] });
    expect(await relationFacts(database, 'staging_dev.people')).toMatchObject({ owner, options: 'security_barrier=true' });
    expect(await during(() => query('ALTER VIEW staging_dev.people RESET (security_barrier)'))).toMatchObject({ exitCode: 0, told: [] });
    expect(await relationFacts(database, 'staging_dev.people')).toMatchObject({ owner, options: null });
  });
});

describe('a transaction that others have open while a table is published', () => {
  /** What was done in a transaction that commits only after the publish has begun to try. */
  async function open(sql: string, models: Readonly<Record<string, string>> = {}): Promise<Workshop & { readonly ran: Ran; readonly committed: string }> {
    const made = await window(models);
    const other = await made.database.session('other');
    let committed: Promise<string> | undefined;
    const ran = await made.during(async () => {
      await other.batch(`BEGIN; ${sql}`);
      committed = sleep(700).then(() => other.query('COMMIT')).then(({ command }) => command, (problem: unknown) => String(problem));
    });
    return { ...made, ran, committed: (await committed) ?? '' };
  }

  test.each([
    ['CREATE VIEW public.late AS SELECT id FROM staging_dev.people', `SELECT count(*) FROM public.late`, '3'],
    ['CREATE INDEX late ON staging_dev.people (id)', `SELECT count(*) FROM pg_index WHERE indrelid = 'staging_dev.people'::regclass`, '1'],
    ['GRANT SELECT ON staging_dev.people TO PUBLIC', `SELECT count(*) FROM pg_class WHERE oid = 'staging_dev.people'::regclass AND relacl::text LIKE '%=r/%'`, '1'],
    ['GRANT SELECT (n) ON staging_dev.people TO PUBLIC', `SELECT count(*) FROM pg_attribute WHERE attrelid = 'staging_dev.people'::regclass AND attacl IS NOT NULL`, '1'],
    ["COMMENT ON COLUMN staging_dev.people.n IS 'late'", `SELECT count(*) FROM pg_description WHERE objoid = 'staging_dev.people'::regclass`, '1'],
    ['ALTER TABLE staging_dev.people SET (fillfactor = 50)', `SELECT count(*) FROM pg_class WHERE oid = 'staging_dev.people'::regclass AND reloptions IS NOT NULL`, '1'],
  ])('is waited for, and nothing of it is lost: %s', async (sql, look, count) => {
    const { committed, query, ran } = await open(sql);
    expect(committed).toBe('COMMIT');
    expect(ran).toMatchObject({ exitCode: 0, told: [] });
    expect(await query(look)).toEqual([{ count }]);
  });

  test('options of a view model', async () => {
    const { committed, database, ran } = await open('ALTER VIEW staging_dev.people SET (security_barrier)', { 'staging.people': "{{ config(materialized='view') }}select 1 as id" });
    expect([committed, ran.exitCode, ran.told]).toEqual(['COMMIT', 0, []]);
    expect(await relationFacts(database, 'staging_dev.people')).toMatchObject({ options: 'security_barrier=true' });
  });

  test('a policy stops the publish', async () => {
    const { ran } = await open('CREATE POLICY late ON staging_dev.people');
    expect(ran.told).toEqual([expect.stringContaining('since this was hung on it meanwhile: policy late on staging_dev.people')]);
  });
});

test('nothing is lost and no reader fails while sessions grant, revoke, comment and make views all the while', async () => {
  const { build, database, query } = await workshop({ 'staging.people': people, 'staging.pets': people.replace('2 as n', '3 as n') });
  await build();
  const roles = [await createRole(database), await createRole(database), await createRole(database)];
  const stopped = new AbortController();
  const lost: string[] = [];
  const counts = { done: 0, refused: 0, reads: 0 };

  /** Does something and its opposite in turns, and looks each time whether it is still so. A statement that is refused has not been done. */
  async function toggle(on: string, off: string, look: string): Promise<void> {
    const session = await database.session('toggle');
    for (let isOn = false; !stopped.signal.aborted; ) {
      try {
        await session.query(isOn ? off : on);
      } catch {
        counts.refused += 1;
        continue;
      }
      isOn = !isOn;
      counts.done += 1;
      for (let looks = 0; looks < 3; looks += 1) {
        // A statement that found the old table just before it was replaced is made good at the end of the run, where it takes no lock itself.
        let isAsSaid = await shows(session, look, isOn);
        for (const until = Date.now() + 5000; !isAsSaid && Date.now() < until; isAsSaid = await shows(session, look, isOn)) await sleep(20);
        if (!isAsSaid) lost.push(isOn ? on : off);
        await sleep(Math.random() * 50);
      }
    }
  }

  async function shows(session: Session, look: string, expected: boolean): Promise<boolean> {
    const { rows } = await session.query(look);
    return rows[0]?.['yes'] === (expected ? 't' : 'f');
  }

  async function read(): Promise<void> {
    const session = await database.session('reader');
    for (; !stopped.signal.aborted; counts.reads += 1) {
      const { rows } = await session.query('SELECT count(*) AS n, sum(n) AS sum FROM staging_dev.people', []);
      if (rows[0]?.['n'] !== '3' || rows[0]['sum'] !== '6') lost.push(JSON.stringify(rows));
    }
  }

  const [first = '', second = '', third = ''] = roles;
  const working = [
    toggle(`GRANT SELECT ON staging_dev.people TO ${first}`, `REVOKE SELECT ON staging_dev.people FROM ${first}`, `SELECT has_table_privilege('${first}', 'staging_dev.people', 'SELECT') AS yes`),
    toggle(`GRANT SELECT (n) ON staging_dev.people TO ${second}`, `REVOKE SELECT (n) ON staging_dev.people FROM ${second}`, `SELECT has_column_privilege('${second}', 'staging_dev.people', 'n', 'SELECT') AS yes`),
    toggle(`GRANT UPDATE (id) ON staging_dev.people TO ${third}`, `REVOKE UPDATE (id) ON staging_dev.people FROM ${third}`, `SELECT has_column_privilege('${third}', 'staging_dev.people', 'id', 'UPDATE') AS yes`),
    toggle("COMMENT ON COLUMN staging_dev.people.n IS 'on'", 'COMMENT ON COLUMN staging_dev.people.n IS NULL', `SELECT col_description('staging_dev.people'::regclass, 2) IS NOT NULL AS yes`),
    toggle(
      'CREATE VIEW public.one AS SELECT p.id FROM staging_dev.people AS p JOIN staging_dev.pets AS t USING (id)',
      'DROP VIEW public.one',
      // By joins alone: functions of the catalog look at the present, and the statement's snapshot may be older.
      `SELECT count(DISTINCT c.relname) = 2 AS yes FROM pg_class AS v JOIN pg_rewrite AS r ON r.ev_class = v.oid JOIN pg_depend AS d ON d.objid = r.oid
        JOIN pg_class AS c ON c.oid = d.refobjid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE v.relname = 'one' AND n.nspname = 'staging_dev'`,
    ),
    read(),
    read(),
  ];
  let builds = 0;
  for (const until = Date.now() + 8000; Date.now() < until || builds < 3; builds += 1) {
    const ran = await build();
    if (ran.exitCode !== 0) lost.push(`build: ${ran.told.join('; ')}`);
  }
  stopped.abort();
  await Promise.all(working);
  expect(lost).toEqual([]);
  expect(counts.done).toBeGreaterThan(50);
  expect(counts.reads).toBeGreaterThan(500);
  await build();
  expect(await query(`SELECT nspname FROM pg_namespace WHERE nspname ~ 'trash'`)).toEqual([]);
}, 120_000);
