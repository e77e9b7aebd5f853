import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { commentsOn, createRole, indexesOn, relationFacts, rightsOn } from '../../integration/run/hanging.js';
import { type BuildProject, buildProject } from '../build/project.js';

vi.setConfig({ testTimeout: 120_000 });

const models = {
  'staging.people': "select id, 'name ' || id as name, id % 2 = 0 as even, 1 as version from generate_series(1, 4) as g (id)",
  'staging.pets': 'select id, id + 1 as owner from generate_series(1, 3) as g (id)',
  'staging.evens': "{{ config(materialized='view') }} select id, name, version from {{ ref('people') }} where even",
};
const replaced = { code: 0, stderr: '', stdout: 'staging_dev is production now, in T\n  staging is replaced, what it was is in staging__previous\n' };

/** One after the other: a session runs one query at a time. */
async function inTurn<T>(names: readonly string[], ask: (name: string) => Promise<T>): Promise<readonly T[]> {
  const answers: T[] = [];
  for (const name of names) answers.push(await ask(name));
  return answers;
}

/** The models in production, and built anew in the target, where people are of the second version. */
async function promotedOnce(files: Readonly<Record<string, string>> = {}): Promise<BuildProject> {
  const project = await buildProject(models);
  expect((await project.dbl('build', '--quiet')).code).toBe(0);
  expect((await project.dbl('promote', '--quiet')).code).toBe(0);
  project.write({ 'staging.people': models['staging.people'].replace('1 as version', '2 as version'), ...files });
  expect((await project.dbl('build', '--quiet')).code).toBe(0);
  return project;
}

it('points the views of others at the new production, which keep their OIDs and all that hangs on them', async () => {
  const project = await promotedOnce();
  const { database, dbl, rows } = project;
  const reader = await createRole(database);
  await database.query(`
    CREATE SCHEMA outside;
    CREATE VIEW outside."Odd ""One""" (a, b) WITH (check_option = cascaded, security_barrier = false) AS SELECT id, version FROM staging.people WHERE NOT even;
    CREATE VIEW outside.of_view AS SELECT e.id, e.version, o.b FROM staging.evens AS e, outside."Odd ""One""" AS o;
    CREATE VIEW outside.chain AS SELECT max(version) AS version, max(b) AS b, count(*) AS n FROM outside.of_view;
    CREATE VIEW outside.both AS SELECT p.id, p.version, t.id AS pet FROM staging.people AS p JOIN staging.pets AS t ON t.owner = p.id;
    CREATE VIEW outside.functions WITH (security_barrier) AS WITH p AS (SELECT * FROM staging.people)
      SELECT (SELECT count(*) FROM p) AS n, array_agg(p.name ORDER BY p.id) AS names FROM p WHERE EXISTS (SELECT FROM staging.pets WHERE pets.owner = p.id);
    CREATE MATERIALIZED VIEW outside.copy AS SELECT * FROM outside.chain;
    GRANT SELECT ON outside.chain TO ${reader} WITH GRANT OPTION; GRANT SELECT (id) ON outside.both TO ${reader}; GRANT SELECT ON outside.both TO PUBLIC;
    COMMENT ON VIEW outside.both IS 'kept'; COMMENT ON COLUMN outside.chain.b IS 'kept too'`);
  const views = ['outside."Odd ""One"""', 'outside.of_view', 'outside.chain', 'outside.both', 'outside.functions', 'outside.copy'];
  const facts = () => inTurn(views, async (view) => [await relationFacts(database, view), await rightsOn(database, view), await commentsOn(database, view)]);
  const definitions = () => rows(`SELECT relname, pg_get_viewdef(oid) FROM pg_class WHERE relnamespace = 'outside'::regnamespace AND relkind IN ('v', 'm') ORDER BY 1`);
  const before = await facts();
  const defined = await definitions();
  expect(await rows('SELECT * FROM outside.chain')).toEqual(['1|1|4']);
  expect(await dbl('promote')).toEqual(replaced);
  expect(await facts()).toEqual(before);
  expect(await definitions()).toEqual(defined);
  expect(await rows('SELECT * FROM outside.chain')).toEqual(['2|2|4']);
  expect(await rows('SELECT id, version, pet FROM outside.both ORDER BY id')).toEqual(['2|2|1', '3|2|2', '4|2|3']);
  expect(await rows('SELECT * FROM outside.functions')).toEqual(['4|{"name 2","name 3","name 4"}']);
  expect(await rows('REFRESH MATERIALIZED VIEW outside.copy; SELECT version FROM outside.copy')).toEqual(['2']);
  // Nothing holds on to what was production.
  expect(await rows(`SELECT DISTINCT v.oid::regclass FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid JOIN pg_class AS v ON v.oid = r.ev_class
    WHERE d.refobjid IN (SELECT oid FROM pg_class WHERE relnamespace = 'staging__previous'::regnamespace) AND v.relnamespace = 'outside'::regnamespace`)).toEqual([]);
});

it('refuses, before anything is renamed, where a view of others would not fit the new production', async () => {
  const project = await promotedOnce({
    'staging.people': "select id, 'name ' || id as name, 2::bigint as version, numeric(7, 2) '1' as amount from generate_series(1, 4) as g (id)",
    'staging.evens': "{{ config(materialized='view') }} select id, name, version from {{ ref('people') }} where id % 2 = 0",
  });
  const { database, dbl, project: folder, rows } = project;
  await database.query(`
    CREATE SCHEMA outside;
    CREATE VIEW outside.fits AS SELECT id, name FROM staging.people;
    CREATE VIEW outside.loses AS SELECT id FROM staging.people WHERE even;
    CREATE VIEW outside.widens AS SELECT id, version FROM staging.people;
    CREATE VIEW outside.operator AS SELECT id FROM staging.people WHERE name || 'x' = 'x' AND version << 1 = 2;
    CREATE VIEW outside.lost AS SELECT id FROM staging.pets`);
  await database.query('DROP TABLE staging_dev.pets');
  rmSync(path.join(folder.folder, 'models', 'POPULATE-staging-pets.sql'));
  const { code, stderr, stdout } = await dbl('promote');
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'promote of staging_dev failed, production is as it was\n' });
  const hint = '  hint: Keep what it uses, or drop the view, promote, and create it again.\n\n';
  const begin = (view: string): string => `error DBL2401: the view "outside.${view}" reads production and does not fit the new one: `;
  expect(stderr).toBe(
    [
      `${begin('loses')}column "even" does not exist\n${hint}`,
      `${begin('widens')}its column "version" would change from integer to bigint\n${hint}`,
      `${begin('lost')}"staging.pets" would be gone\n${hint}`,
    ].join(''),
  );
  expect(await rows('SELECT DISTINCT version FROM staging.people')).toEqual(['1']);
  expect(await rows('SELECT count(*) FROM outside.lost')).toEqual(['3']);
  await database.query('DROP VIEW outside.loses, outside.lost, outside.widens');
  expect(await dbl('promote')).toEqual(replaced);
  expect(await rows('SELECT DISTINCT version FROM staging.people')).toEqual(['2']);
  expect(await rows('SELECT count(*) FROM outside.fits')).toEqual(['4']);
});

it('keeps grants, comments, options, owners, indexes and default privileges of production, and none of the target', async () => {
  const project = await promotedOnce({ 'staging.added': 'select 1 as id' });
  const { database, dbl, rows, write } = project;
  const [reader, writer, owner, developer] = [await createRole(database), await createRole(database), await createRole(database), await createRole(database)];
  await database.query(`
    GRANT USAGE ON SCHEMA staging TO ${reader} WITH GRANT OPTION; GRANT USAGE, CREATE ON SCHEMA staging TO ${owner}; GRANT USAGE ON SCHEMA staging TO PUBLIC;
    COMMENT ON SCHEMA staging IS 'production''s own'; COMMENT ON SCHEMA staging_dev IS 'for trying';
    ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT SELECT ON TABLES TO ${reader};
    ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT EXECUTE ON FUNCTIONS TO ${writer};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA staging GRANT UPDATE ON SEQUENCES TO ${writer} WITH GRANT OPTION;
    GRANT SELECT ON staging.people TO ${reader} WITH GRANT OPTION; GRANT INSERT, DELETE ON staging.people TO ${writer};
    GRANT SELECT (id, name), UPDATE (name) ON staging.people TO ${writer}; GRANT SELECT (even) ON staging.people TO PUBLIC; GRANT SELECT ON staging.evens TO ${reader};
    COMMENT ON TABLE staging.people IS 'it''s theirs'; COMMENT ON COLUMN staging.people.version IS 'é 🚓'; COMMENT ON VIEW staging.evens IS 'even ones';
    ALTER TABLE staging.people SET (fillfactor = 70); ALTER VIEW staging.evens SET (security_barrier = true);
    ALTER TABLE staging.pets OWNER TO ${owner};
    CREATE INDEX ON staging.people (name); CREATE UNIQUE INDEX "Hand ""made""" ON staging.people (lower(name) DESC) INCLUDE (id) WHERE even;
    GRANT USAGE ON SCHEMA staging_dev TO ${developer}; ALTER DEFAULT PRIVILEGES IN SCHEMA staging_dev GRANT SELECT ON TABLES TO ${developer};
    GRANT SELECT ON staging_dev.people, staging_dev.evens, staging_dev.added TO ${developer}`);
  const relations = ['staging.people', 'staging.evens', 'staging.pets'];
  const rights = () => inTurn(relations, async (relation) => [await rightsOn(database, relation), await commentsOn(database, relation)]);
  const facts = () => rows(`SELECT relname, pg_get_userbyid(relowner), reloptions FROM pg_class WHERE relnamespace = 'staging'::regnamespace AND relkind IN ('r', 'v') AND relname <> 'added' ORDER BY 1`);
  const ofSchema = (schema: string) =>
    rows(`SELECT obj_description(oid), pg_get_userbyid(nspowner), (SELECT string_agg(concat_ws(' ', grantee::regrole, privilege_type, is_grantable), ', ' ORDER BY grantee::regrole::text, privilege_type) FROM aclexplode(nspacl) WHERE grantee <> nspowner),
        (SELECT string_agg(concat_ws(' ', defaclrole::regrole, defaclobjtype, g.grantee::regrole, g.privilege_type, g.is_grantable), ', ' ORDER BY defaclobjtype, g.grantee::regrole::text) FROM pg_default_acl, aclexplode(defaclacl) AS g WHERE defaclnamespace = n.oid AND g.grantee <> defaclrole)
      FROM pg_namespace AS n WHERE nspname = '${schema}'`);
  const expected = { rights: await rights(), facts: await facts(), indexes: await indexesOn(database, 'staging.people'), schema: await ofSchema('staging'), target: await ofSchema('staging_dev') };
  expect(expected.indexes).toHaveLength(2);

  for (const version of [2, 3]) {
    write({ 'staging.people': models['staging.people'].replace('1 as version', `${version} as version`) });
    expect((await dbl('build', '--quiet')).code).toBe(0);
    expect(await dbl('promote')).toEqual(replaced);
    expect(await rows('SELECT DISTINCT version FROM staging.evens')).toEqual([String(version)]);
    expect(await rights()).toEqual(expected.rights);
    expect(await facts()).toEqual(expected.facts);
    expect(await indexesOn(database, 'staging.people')).toEqual(expected.indexes);
    expect(await ofSchema('staging')).toEqual(expected.schema);
    expect(await ofSchema('staging_dev')).toEqual(expected.target);
    // A table without a forerunner gets what production gives to new tables, and the reader's right on it can be used.
    if (version === 2) expect(await rightsOn(database, 'staging.added')).toEqual([`- ${reader} SELECT`]);
    expect(await rows(`SET ROLE ${reader}; SELECT count(*) FROM staging.people, staging.added`)).toEqual(['4']);
    await database.query('RESET ROLE');
    expect(await rows(`SELECT has_table_privilege('${developer}', 'staging.people', 'SELECT'), has_schema_privilege('${developer}', 'staging_dev', 'USAGE') AS target`)).toEqual(['f|t']);
  }
});
