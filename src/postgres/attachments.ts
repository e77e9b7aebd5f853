import { unreachable } from '../diagnostics/index.js';
import { quoteLiteral } from '../sql/index.js';
import { ServerError } from './server-error.js';
import type { QueryResult, Row, Session } from './session.js';

/** What others hung on a relation, and what must happen to it when the relation is replaced. */
export type Attachment =
  /** A view that reads the relation: its definition is made anew over the new one. */
  | {
      readonly kind: 'view';
      readonly oid: number;
      readonly schema: string;
      readonly name: string;
      readonly owner: string;
      /** As `WITH (…)` takes them; empty where there are none. */
      readonly options: string;
      /** With every name qualified. */
      readonly query: string;
    }
  /** An index; `definition` names the old relation. */
  | { readonly kind: 'index'; readonly oid: number; readonly name: string; readonly definition: string }
  /** `grantee` undefined: PUBLIC. `column` undefined: the whole relation. */
  | {
      readonly kind: 'grant';
      readonly privilege: string;
      readonly grantee: string | undefined;
      readonly column: string | undefined;
      readonly grantable: boolean;
    }
  | { readonly kind: 'comment'; readonly column: string | undefined; readonly text: string }
  | { readonly kind: 'owner'; readonly owner: string }
  | { readonly kind: 'options'; readonly options: string }
  /** What dbl cannot carry over; `identity` as `pg_identify_object` prints it. */
  | { readonly kind: 'obstacle'; readonly type: string; readonly identity: string };

export interface Attached {
  readonly oid: number;
  /** Changes when anything that hangs on the relation does. */
  readonly fingerprint: string;
  /** For ALTER TABLE: what makes GRANTs on columns wait until the transaction ends; '' where the lock on the table does. For a table on its way out, whose statistics targets nobody needs. */
  readonly columnLock: string;
  readonly attachments: readonly Attachment[];
}

/**
 * The fingerprint of what hangs on relation `c` (a row of pg_class). `pg_depend` sees views, functions, keys, triggers, policies, indexes,
 * statistics and publications come and go; the `xmin` of those that can change in place sees them change.
 */
const fingerprint = `(
  SELECT pg_catalog.md5(pg_catalog.string_agg(f, E'\\n' ORDER BY f COLLATE "C")) FROM (
    SELECT pg_catalog.concat_ws(' ', 'c', c.relowner, c.relacl, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reltablespace,
        (SELECT t.reloptions FROM pg_catalog.pg_class AS t WHERE t.oid = c.reltoastrelid))
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'a', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attacl, a.attoptions, a.attnotnull)
      FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'd', d.classid, d.objid, d.objsubid, d.refobjsubid, d.deptype, v.oid, v.xmin, r.xmin)
      FROM pg_catalog.pg_depend AS d
      LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
      LEFT JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.oid <> c.oid
      WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid
    UNION ALL SELECT pg_catalog.concat_ws(' ', 't', d.classid, d.objid, d.objsubid, d.deptype)
      FROM pg_catalog.pg_depend AS d
      WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = c.reltype
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'i', i.inhparent) FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'm', m.objsubid, m.description) FROM pg_catalog.pg_description AS m
      WHERE m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objoid = c.oid
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'g', g.oid, g.xmin) FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = c.oid
    UNION ALL SELECT pg_catalog.concat_ws(' ', 'p', p.oid, p.xmin) FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid
  ) AS facts(f)
)`;

/** Before, GRANT takes no lock on the table, and one on a column changes nothing but the column's row of the catalog. */
export const grantLocksSince = 180000;

const columnLock = `(
  SELECT string_agg(format('ALTER %I SET STATISTICS -1', a.attname), ', ') FROM pg_attribute AS a
  WHERE a.attrelid = c.oid AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
)`;

/** The name of the statement that `prepareVerification` prepares. */
const verification = 'dbl_verify';

/** Raised by the verification when what hangs on a relation is not what it was: no other statement of a publish can divide by zero. */
export const changedSqlstate = '22012';

/** To be run once in each session that publishes. A prepared statement, since planning it anew would cost as much as the publish. */
export const prepareVerification = `PREPARE ${verification} (pg_catalog.oid, pg_catalog.text) AS
  SELECT 1 / (CASE WHEN coalesce((SELECT ${fingerprint} FROM pg_catalog.pg_class AS c WHERE c.oid = $1), '') = $2 THEN 1 ELSE 0 END)`;

/** A statement that fails with `changedSqlstate` unless exactly this hangs on the relation. */
export function verify(attached: Pick<Attached, 'oid' | 'fingerprint'>): string {
  return `EXECUTE ${verification} (${attached.oid}, '${attached.fingerprint}')`;
}

/**
 * A statement that fails with `changedSqlstate` unless a view has exactly these options, as an attachment gives them ('' for none), and still
 * the owner that it had before this transaction locked it by giving it an owner.
 */
export function verifyView(oid: number, options: string): string {
  return `SELECT 1 / (CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = ${oid} AND coalesce(pg_catalog.array_to_string(reloptions, ', '), '') = ${quoteLiteral(options)}
    AND xmin <> pg_catalog.pg_current_xact_id()::pg_catalog.xid) THEN 1 ELSE 0 END)`;
}

/**
 * Reads all that hangs on relations, whoever hung it there, in one round trip. `ownIndexes`: indexes that the caller makes itself.
 * A relation that is gone is absent from the result.
 */
export async function readAttached(
  session: Session,
  oids: readonly number[],
  ownIndexes: ReadonlySet<number> = new Set(),
): Promise<ReadonlyMap<number, Attached>> {
  if (oids.length === 0) return new Map();
  const list = `'{${oids.join(',')}}'::pg_catalog.oid[]`;
  // One transaction and one snapshot, so that fingerprint and facts tell of the same moment; the path makes Postgres qualify every name.
  const results = await readCatalog(session, `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = pg_catalog;
    SELECT c.oid, ${fingerprint} AS fingerprint, ${session.serverVersion < grantLocksSince ? columnLock : "''"} AS column_lock FROM pg_class AS c WHERE c.oid = ANY (${list});
    ${facts.replaceAll('$oids', list)}; COMMIT`);
  const attachments = new Map<number, Attachment[]>();
  for (const row of results[3]?.rows ?? []) {
    const oid = Number(row['rel']);
    const attachment = toAttachment(row);
    if (attachment.kind === 'index' && ownIndexes.has(attachment.oid)) continue;
    const known = attachments.get(oid);
    if (known === undefined) attachments.set(oid, [attachment]);
    else known.push(attachment);
  }
  const attached = (results[2]?.rows ?? []).map((row): [number, Attached] => {
    const oid = Number(row['oid']);
    return [oid, { oid, fingerprint: row['fingerprint'] ?? '', columnLock: row['column_lock'] ?? '', attachments: attachments.get(oid) ?? [] }];
  });
  return new Map(attached);
}

/** Reads again what failed because something was dropped meanwhile: `pg_get_viewdef` and its like look at the present, not at the snapshot. */
async function readCatalog(session: Session, text: string): Promise<readonly QueryResult[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await session.batch(text);
    } catch (problem) {
      if (!(problem instanceof ServerError)) throw problem;
      await session.rollback();
      if (attempt === 20 || !['XX000', '42P01', '42704'].includes(problem.sqlstate)) throw problem;
    }
  }
}

function toAttachment(row: Row): Attachment {
  const text = (column: string): string => row[column] ?? '';
  const kind = text('kind') as Attachment['kind'];
  switch (kind) {
    case 'view':
      return {
        kind,
        oid: Number(row['oid']),
        schema: text('schema'),
        name: text('name'),
        owner: text('owner'),
        options: text('detail'),
        query: text('definition'),
      };
    case 'index':
      return { kind, oid: Number(row['oid']), name: text('name'), definition: text('definition') };
    case 'grant':
      return {
        kind,
        privilege: text('detail'),
        grantee: row['owner'] ?? undefined,
        column: row['name'] ?? undefined,
        grantable: row['definition'] === 't',
      };
    case 'comment':
      return { kind, column: row['name'] ?? undefined, text: text('definition') };
    case 'owner':
      return { kind, owner: text('owner') };
    case 'options':
      return { kind, options: text('detail') };
    case 'obstacle':
      return { kind, type: text('detail'), identity: text('definition') };
    default:
      return unreachable(kind);
  }
}

/** Columns: rel, kind, oid, schema, name, owner, detail, definition. */
const facts = `
  WITH rel AS MATERIALIZED (SELECT * FROM pg_class WHERE oid = ANY ($oids)),
  depends AS MATERIALIZED (
    SELECT rel.oid AS rel, d.classid, d.objid, d.objsubid, d.deptype FROM rel
      JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = rel.oid
    UNION ALL SELECT rel.oid, d.classid, d.objid, d.objsubid, d.deptype FROM rel
      JOIN pg_depend AS d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = rel.reltype AND rel.reltype <> 0
      WHERE d.classid <> 'pg_class'::regclass OR d.objid <> rel.oid
    UNION ALL SELECT rel.oid, d.classid, d.objid, d.objsubid, d.deptype FROM rel
      JOIN pg_type AS t ON t.oid = rel.reltype
      JOIN pg_depend AS d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.typarray AND t.typarray <> 0
  ),
  readers AS MATERIALIZED (
    SELECT DISTINCT depends.rel, v.oid, v.relkind, v.relname, v.relnamespace, v.relowner, v.reloptions
    FROM depends JOIN pg_rewrite AS r ON depends.classid = 'pg_rewrite'::regclass AND r.oid = depends.objid
    JOIN pg_class AS v ON v.oid = r.ev_class AND v.oid <> depends.rel
  )
  SELECT rel, 'view' AS kind, oid, (SELECT nspname FROM pg_namespace AS n WHERE n.oid = relnamespace) AS schema,
    relname AS name, pg_get_userbyid(relowner) AS owner, array_to_string(reloptions, ', ') AS detail, rtrim(pg_get_viewdef(oid), ';') AS definition
    FROM readers WHERE relkind = 'v' AND pg_has_role(relowner, 'USAGE')
  UNION ALL SELECT rel, 'obstacle', NULL, NULL, NULL, NULL, 'view', concat(oid::regclass, ', which belongs to ', quote_ident(pg_get_userbyid(relowner)))
    FROM readers WHERE relkind = 'v' AND NOT pg_has_role(relowner, 'USAGE')
  UNION ALL SELECT rel.oid, 'index', i.indexrelid, NULL, x.relname, NULL, NULL, pg_get_indexdef(i.indexrelid)
    FROM rel JOIN pg_index AS i ON i.indrelid = rel.oid JOIN pg_class AS x ON x.oid = i.indexrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.conrelid = rel.oid)
  UNION ALL SELECT rel.oid, 'grant', NULL, NULL, NULL, CASE g.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, CASE WHEN g.is_grantable THEN 't' ELSE 'f' END
    FROM rel CROSS JOIN LATERAL aclexplode(rel.relacl) AS g WHERE g.grantee <> rel.relowner
  UNION ALL SELECT rel.oid, 'grant', NULL, NULL, a.attname, CASE g.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, CASE WHEN g.is_grantable THEN 't' ELSE 'f' END
    FROM rel JOIN pg_attribute AS a ON a.attrelid = rel.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped CROSS JOIN LATERAL aclexplode(a.attacl) AS g
  UNION ALL SELECT rel.oid, 'comment', NULL, NULL, a.attname, NULL, NULL, m.description
    FROM rel JOIN pg_description AS m ON m.classoid = 'pg_class'::regclass AND m.objoid = rel.oid
    LEFT JOIN pg_attribute AS a ON a.attrelid = rel.oid AND a.attnum = m.objsubid AND m.objsubid > 0
  UNION ALL SELECT oid, 'owner', NULL, NULL, NULL, pg_get_userbyid(relowner), NULL, NULL FROM rel WHERE pg_get_userbyid(relowner) <> current_user
  UNION ALL SELECT oid, 'options', NULL, NULL, NULL, NULL, array_to_string(options, ', '), NULL FROM rel
    CROSS JOIN LATERAL (SELECT rel.reloptions || (SELECT array_agg('toast.' || o) FROM pg_class AS t, unnest(t.reloptions) AS o WHERE t.oid = rel.reltoastrelid)) AS all_options(options)
    WHERE options IS NOT NULL
  UNION ALL SELECT o.rel, 'obstacle', NULL, NULL, NULL, NULL, i.type, i.identity
    FROM (
      SELECT DISTINCT rel, classid, objid, objsubid FROM depends
      WHERE classid <> 'pg_rewrite'::regclass
        AND NOT (classid IN ('pg_class'::regclass, 'pg_type'::regclass) AND deptype = 'i')
        AND NOT (classid = 'pg_class'::regclass AND objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = depends.rel))
        AND NOT (classid = 'pg_constraint'::regclass AND objid IN (SELECT oid FROM pg_constraint WHERE conrelid = depends.rel AND contype = 'n'))
        AND NOT (classid = 'pg_trigger'::regclass AND deptype = 'i')
      UNION SELECT rel, 'pg_class'::regclass, oid, 0 FROM readers WHERE relkind <> 'v'
      UNION SELECT ev_class, 'pg_rewrite'::regclass, oid, 0 FROM pg_rewrite WHERE ev_class = ANY ($oids) AND rulename <> '_RETURN'
      UNION SELECT conrelid, 'pg_constraint'::regclass, oid, 0 FROM pg_constraint WHERE conrelid = ANY ($oids) AND contype <> 'n'
    ) AS o CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, o.objsubid) AS i
  UNION ALL SELECT inhrelid, 'obstacle', NULL, NULL, NULL, NULL, CASE WHEN relispartition THEN 'partition of' ELSE 'inheritance from' END, inhparent::regclass::text
    FROM rel JOIN pg_inherits ON inhrelid = oid
  UNION ALL SELECT rel.oid, 'obstacle', NULL, NULL, NULL, NULL, 'not-null constraint', concat_ws('.', rel.oid::regclass, quote_ident(a.attname))
    FROM rel JOIN pg_attribute AS a ON a.attrelid = rel.oid AND a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped
    WHERE relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = rel.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
  UNION ALL SELECT oid, 'obstacle', NULL, NULL, NULL, NULL, 'owner', quote_ident(pg_get_userbyid(relowner)) FROM rel WHERE NOT pg_has_role(relowner, 'USAGE')
  UNION ALL SELECT oid, 'obstacle', NULL, NULL, NULL, NULL, 'row security', oid::regclass::text FROM rel WHERE relrowsecurity OR relforcerowsecurity
  UNION ALL SELECT oid, 'obstacle', NULL, NULL, NULL, NULL, 'replica identity', oid::regclass::text FROM rel WHERE relreplident NOT IN ('d', 'n') AND relkind = 'r'
  UNION ALL SELECT oid, 'obstacle', NULL, NULL, NULL, NULL, 'tablespace', oid::regclass::text FROM rel
    WHERE reltablespace NOT IN (0, coalesce((SELECT oid FROM pg_tablespace WHERE spcname = current_setting('default_tablespace')), 0))
  UNION ALL SELECT rel.oid, 'obstacle', NULL, NULL, NULL, NULL, 'column options', a.attname FROM rel JOIN pg_attribute AS a ON a.attrelid = rel.oid AND a.attoptions IS NOT NULL AND NOT a.attisdropped
  ORDER BY 1, 2, 4, 5, 6, 7`;

/** The grants that a table newly made by this role gets from default privileges: by schema, and under '' what it gets in every schema. */
export async function readDefaultGrants(session: Session, schemas: readonly string[]): Promise<ReadonlyMap<string, readonly Attachment[]>> {
  const { rows } = await session.query(
    `SELECT coalesce(n.nspname, '') AS schema, g.privilege_type AS detail, CASE g.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(g.grantee) END AS owner,
      CASE WHEN g.is_grantable THEN 't' ELSE 'f' END AS definition, 'grant' AS kind, NULL AS name
    FROM pg_catalog.pg_default_acl AS d
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = d.defaclnamespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) AS g
    WHERE (n.nspname = ANY ($1::text[]) OR d.defaclnamespace = 0) AND d.defaclobjtype = 'r' AND pg_get_userbyid(d.defaclrole) = current_user
      AND g.grantee <> d.defaclrole
    ORDER BY 1, 3, 2`,
    [schemas],
  );
  const grants = new Map<string, Attachment[]>();
  for (const row of rows) {
    const schema = row['schema'] ?? '';
    const known = grants.get(schema);
    if (known === undefined) grants.set(schema, [toAttachment(row)]);
    else known.push(toAttachment(row));
  }
  return grants;
}

/** As `verify`, for many relations at once: one round of planning and one statement. With `search_path` at `pg_catalog`: `unnest` of several arrays is known by its bare name alone. */
export function verifyAll(attached: readonly Pick<Attached, 'oid' | 'fingerprint'>[]): string {
  const oids = attached.map(({ oid }) => oid).join(',');
  const fingerprints = attached.map((one) => one.fingerprint).join(',');
  return `SELECT 1 / (CASE WHEN EXISTS (
    SELECT FROM unnest('{${oids}}'::pg_catalog.oid[], '{${fingerprints}}'::pg_catalog.text[]) AS known (oid, fingerprint)
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = known.oid
    WHERE c.oid IS NULL OR ${fingerprint} IS DISTINCT FROM known.fingerprint) THEN 0 ELSE 1 END)`;
}

/** A statement that fails with `changedSqlstate` when a view in another schema than these reads one of the relations: it came while they moved. */
export function verifyUnread(relations: readonly Pick<Attached, 'oid'>[], schemas: readonly string[]): string {
  return `SELECT 1 / (CASE WHEN EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
    JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class
    JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
    WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY ('{${relations.map(({ oid }) => oid).join(',')}}'::pg_catalog.oid[])
      AND n.nspname NOT IN (${schemas.map(quoteLiteral).join(', ')})) THEN 0 ELSE 1 END)`;
}
