import { quoteLiteral } from '../sql/index.js';
import type { Row, Session } from './session.js';

/** Something that lives directly in a schema: a relation, a function, a type, … */
export interface SchemaObject {
  readonly schema: string;
  readonly oid: number;
  /** Whether it is a relation, so that `oid` is one of `pg_class`. */
  readonly isRelation: boolean;
  /** As `pg_identify_object` prints them: `view`, `staging.arrests`. */
  readonly type: string;
  readonly identity: string;
}

/** What a schema itself has: to be handed on when another schema takes its name. */
export interface SchemaRights {
  readonly schema: string;
  readonly owner: string;
  readonly comment: string | undefined;
  /** `GRANT … ON SCHEMA` and default privileges; `target` names what for. */
  readonly grants: readonly SchemaGrant[];
  /** Changes when an object comes into the schema or leaves it, and when its owner or a right on it changes. */
  readonly fingerprint: string;
}

export interface SchemaGrant {
  readonly on: 'schema' | 'default';
  /** For default privileges: TABLES, SEQUENCES, FUNCTIONS, TYPES. */
  readonly objects: string;
  /** For default privileges: whose new objects. */
  readonly creator: string;
  readonly privilege: string;
  /** undefined: PUBLIC. */
  readonly grantee: string | undefined;
  readonly grantable: boolean;
}

const contents = `pg_catalog.md5(pg_catalog.concat_ws('|', n.nspowner, n.nspacl, pg_catalog.obj_description(n.oid, 'pg_namespace'),
  (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', p.defaclrole, p.defaclobjtype, p.defaclacl), ',' ORDER BY p.oid)
    FROM pg_catalog.pg_default_acl AS p WHERE p.defaclnamespace = n.oid),
  (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', d.classid, d.objid), ',' ORDER BY d.classid, d.objid)
    FROM pg_catalog.pg_depend AS d WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid)))`;

/** Every object of these schemas, by identity. Indexes, row types and the like belong to their relation and are not listed. */
export async function readSchemaObjects(session: Session, schemas: readonly string[]): Promise<readonly SchemaObject[]> {
  const { rows } = await session.query(
    `SELECT n.nspname AS schema, d.objid AS oid, d.classid = 'pg_class'::regclass AS is_relation, i.type, i.identity
    FROM pg_namespace AS n
    JOIN pg_depend AS d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid
    CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
    WHERE n.nspname = ANY ($1::text[]) AND d.classid <> 'pg_default_acl'::regclass
    ORDER BY n.nspname COLLATE "C", i.identity COLLATE "C"`,
    [schemas],
  );
  return rows.map((row) => ({
    schema: row['schema'] ?? '',
    oid: Number(row['oid']),
    isRelation: row['is_relation'] === 't',
    type: row['type'] ?? '',
    identity: row['identity'] ?? '',
  }));
}

/** Owner and rights of each schema that exists, by name. */
export async function readSchemaRights(session: Session, schemas: readonly string[]): Promise<ReadonlyMap<string, SchemaRights>> {
  const namespaces = await session.query(
    `SELECT n.nspname AS schema, pg_get_userbyid(n.nspowner) AS owner, obj_description(n.oid, 'pg_namespace') AS comment,
      ${contents} AS fingerprint
    FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text[])`,
    [schemas],
  );
  const grants = await session.query(
    `SELECT n.nspname AS schema, 'schema' AS "on", '' AS objects, '' AS creator, g.privilege_type, g.is_grantable, ${grantee}
      FROM pg_namespace AS n CROSS JOIN LATERAL aclexplode(n.nspacl) AS g
      WHERE n.nspname = ANY ($1::text[]) AND g.grantee <> n.nspowner
    UNION ALL SELECT n.nspname, 'default', ${defaultObjects}, pg_get_userbyid(d.defaclrole), g.privilege_type, g.is_grantable, ${grantee}
      FROM pg_default_acl AS d JOIN pg_namespace AS n ON n.oid = d.defaclnamespace CROSS JOIN LATERAL aclexplode(d.defaclacl) AS g
      WHERE n.nspname = ANY ($1::text[])
    ORDER BY 1, 2, 3, 4, 7, 5`,
    [schemas],
  );
  return new Map(
    namespaces.rows.map((row): [string, SchemaRights] => {
      const schema = row['schema'] ?? '';
      const own = grants.rows.filter((grant) => grant['schema'] === schema).map(toGrant);
      return [schema, { schema, owner: row['owner'] ?? '', comment: row['comment'] ?? undefined, fingerprint: row['fingerprint'] ?? '', grants: own }];
    }),
  );
}

const grantee = `CASE g.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(g.grantee) END AS role`;
const defaultObjects = `CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END`;

function toGrant(row: Row): SchemaGrant {
  return {
    on: row['on'] === 'schema' ? 'schema' : 'default',
    objects: row['objects'] ?? '',
    creator: row['creator'] ?? '',
    privilege: row['privilege_type'] ?? '',
    grantee: row['role'] ?? undefined,
    grantable: row['is_grantable'] === 't',
  };
}

/**
 * A statement that fails with `changedSqlstate` when an object came into a schema or left it since its rights were read, or when another
 * session is about to put one there: the schema's own lock tells of what is not committed yet.
 */
export function verifySchema({ schema, fingerprint }: Pick<SchemaRights, 'schema' | 'fingerprint'>): string {
  return `SELECT 1 / (CASE WHEN ${contents} = '${fingerprint}' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_locks AS l WHERE l.locktype = 'object'
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) AND l.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
      AND l.objid = n.oid AND l.pid <> pg_catalog.pg_backend_pid()) THEN 1 ELSE 0 END)
    FROM pg_catalog.pg_namespace AS n WHERE n.nspname = ${quoteLiteral(schema)}`;
}
