import { onTestFinished } from 'vitest';
import type { Row } from '../../../src/postgres/index.js';
import type { TestDatabase } from '../../harness/index.js';

/** A role of the server's, gone at the end of the test; roles are shared by all databases, so the name is made up. */
export async function createRole(database: TestDatabase): Promise<string> {
  const role = `dbl_role_${database.name.slice(-8)}_${(roles += 1)}`;
  await database.query(`CREATE ROLE ${role}`);
  // Registered after the database's own removal, so it runs before it, while the grants can still be taken back.
  onTestFinished(async () => {
    await database.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  });
  return role;
}

let roles = 0;

/** Rights on a relation and on its columns, one line each, sorted: `id reader SELECT grantable`; a right on the whole has `-` for a column. */
export async function rightsOn({ query }: Pick<TestDatabase, 'query'>, relation: string): Promise<readonly string[]> {
  const rows = await query(`
    SELECT concat_ws(' ', col, CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, CASE WHEN g.is_grantable THEN 'grantable' END) AS line
    FROM (SELECT '-' AS col, relacl AS acl FROM pg_class WHERE oid = '${relation}'::regclass
      UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = '${relation}'::regclass) AS a
    CROSS JOIN LATERAL aclexplode(a.acl) AS g
    WHERE g.grantee <> (SELECT relowner FROM pg_class WHERE oid = '${relation}'::regclass)
    ORDER BY 1`);
  return rows.map((row) => row['line'] ?? '');
}

/** Comments of a relation and its columns: `- text`, `id text`. */
export async function commentsOn({ query }: Pick<TestDatabase, 'query'>, relation: string): Promise<readonly string[]> {
  const rows = await query(`
    SELECT concat_ws(' ', coalesce(a.attname, '-'), d.description) AS line FROM pg_description AS d
    LEFT JOIN pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE d.classoid = 'pg_class'::regclass AND d.objoid = '${relation}'::regclass ORDER BY d.objsubid`);
  return rows.map((row) => row['line'] ?? '');
}

/** Every index of a table as `pg_get_indexdef` prints it, sorted. */
export async function indexesOn({ query }: Pick<TestDatabase, 'query'>, table: string): Promise<readonly string[]> {
  const rows = await query(`SELECT pg_get_indexdef(indexrelid) AS line FROM pg_index WHERE indrelid = '${table}'::regclass ORDER BY 1`);
  return rows.map((row) => row['line'] ?? '');
}

/** Owner, options and oid of a relation, and the oids of what it reads by a rule. */
export async function relationFacts({ query }: Pick<TestDatabase, 'query'>, relation: string): Promise<Row> {
  const [row] = await query(`
    SELECT relkind AS kind, pg_get_userbyid(relowner) AS owner, array_to_string(reloptions, ',') AS options, oid FROM pg_class WHERE oid = '${relation}'::regclass`);
  return row ?? {};
}

/** The schemas that are not Postgres's own. */
export async function schemasOf({ query }: Pick<TestDatabase, 'query'>): Promise<readonly string[]> {
  const rows = await query(`SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY nspname COLLATE "C"`);
  return rows.map((row) => row['nspname'] ?? '');
}

/** Every relation of a schema with its kind: `table x`. */
export async function relationsIn({ query }: Pick<TestDatabase, 'query'>, schema: string): Promise<readonly string[]> {
  const rows = await query(`
    SELECT concat(CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' ELSE relkind::text END, ' ', relname) AS line
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE nspname = '${schema}' AND relkind NOT IN ('i', 't') ORDER BY relname COLLATE "C"`);
  return rows.map((row) => row['line'] ?? '');
}
