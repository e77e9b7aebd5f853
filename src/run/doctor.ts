import { defaultThreads, describeConnection } from '../config/index.js';
import { workbenchOf } from '../plan/index.js';
import type { Session } from '../postgres/index.js';
import { quoteIdentifier } from '../sql/index.js';
import { Announcer, exitCodes, type RunOutcome } from './context.js';
import type { LookContext } from './history.js';
import { withSession } from './run-session.js';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly message: string;
  /** What to do about it; null where all is well. */
  readonly cure: string | null;
}

/** Looks at the connection, the server, what the role may do there, and settings that will hurt. Changes nothing. */
export async function diagnose(context: LookContext, schemas: readonly string[]): Promise<RunOutcome & { readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  const { config } = context;
  const outcome = await withSession(context, new Announcer(context.sink, undefined), async (session) => {
    findings.push(good('connection', describeConnection(config.connection)));
    findings.push(serverVersion(session));
    findings.push(...(await rights(session, schemas)));
    findings.push(...(await settings(session, config.threads ?? defaultThreads(config.connection))));
    const failed = findings.some(({ status }) => status === 'error');
    return { status: failed ? 'failed' : 'success', exitCode: failed ? exitCodes.failed : exitCodes.good };
  });
  return { ...outcome, findings };
}

function good(name: string, message: string): Finding {
  return { name, status: 'ok', message, cure: null };
}

function serverVersion({ serverVersion: version }: Session): Finding {
  const text = `Postgres ${Math.floor(version / 10000)}.${version % 10000}`;
  if (version >= 140000) return good('server', text);
  const cure = 'Use Postgres 14 or later: older servers go on with a statement after its client has died.';
  return { name: 'server', status: 'warning', message: text, cure };
}

/** What building and promoting need of the role. */
async function rights(session: Session, schemas: readonly string[]): Promise<readonly Finding[]> {
  const { rows } = await session.query(
    `SELECT current_user AS role, current_database() AS database, has_database_privilege(current_database(), 'CREATE') AS may_create`,
  );
  const { role = '', database = '', may_create: mayCreate } = rows[0] ?? {};
  const grant = `GRANT CREATE ON DATABASE ${quoteIdentifier(database ?? '')} TO ${quoteIdentifier(role ?? '')};`;
  const findings: Finding[] = [];
  if (mayCreate === 't') findings.push(good('rights', `"${role}" may create schemas in "${database}"`));
  else findings.push({ name: 'rights', status: 'error', message: `"${role}" may not create schemas in "${database}"`, cure: grant });
  const mine = await session.query(
    `SELECT nspname AS schema, pg_has_role(nspowner, 'USAGE') AS owned, pg_get_userbyid(nspowner) AS owner,
      has_schema_privilege(oid, 'CREATE') AS may_create
    FROM pg_namespace WHERE nspname = ANY ($1::text[]) ORDER BY nspname`,
    [[...schemas, ...schemas.map(workbenchOf), 'dbluigi']],
  );
  for (const { schema, owned, owner, may_create: create } of mine.rows) {
    if (owned === 't' && create === 't') continue;
    const cure = `ALTER SCHEMA ${quoteIdentifier(schema ?? '')} OWNER TO ${quoteIdentifier(role ?? '')};`;
    findings.push({ name: 'rights', status: 'error', message: `the schema "${schema}" belongs to "${owner}", so "${role}" cannot publish or promote there`, cure });
  }
  const audited = mine.rows.some(({ schema }) => schema === 'dbluigi');
  findings.push(good('audit', audited ? 'the schema "dbluigi" is there' : 'the schema "dbluigi" is not there yet; the first build makes it'));
  return findings;
}

interface Rule {
  readonly setting: string;
  /** Judges the value as `pg_settings` gives it; undefined: it is fine. */
  readonly judge: (value: string, threads: number) => { readonly message: string; readonly cure: string } | undefined;
}

const rules: readonly Rule[] = [
  {
    setting: 'max_connections',
    judge: (value, threads) =>
      Number(value) >= threads + 5
        ? undefined
        : { message: `${value} connections are few for ${threads} threads`, cure: 'Raise max_connections, or set "threads" in the configuration.' },
  },
  {
    setting: 'fsync',
    judge: (value) =>
      value === 'on' ? undefined : { message: 'a crash of the machine can destroy the database', cure: 'Set fsync = on wherever the data matters.' },
  },
  {
    setting: 'maintenance_work_mem',
    judge: (value) =>
      Number(value) >= 64 * 1024
        ? undefined
        : { message: `indexes are built with only ${Math.round(Number(value) / 1024)} MB of memory`, cure: "Set maintenance_work_mem to '256MB' or more." },
  },
  {
    setting: 'max_wal_size',
    judge: (value) =>
      Number(value) >= 1024 ? undefined : { message: `checkpoints will be frequent with ${value} MB`, cure: "Set max_wal_size to '4GB' or more." },
  },
  {
    setting: 'max_locks_per_transaction',
    judge: (value) =>
      Number(value) >= 64 ? undefined : { message: 'the lock table is small', cure: 'Set max_locks_per_transaction to 64 or more.' },
  },
  {
    setting: 'statement_timeout',
    judge: (value) =>
      value === '0'
        ? undefined
        : { message: `statements are cut off after ${value} ms`, cure: 'ALTER ROLE … SET statement_timeout = 0 for the role that builds.' },
  },
];

async function settings(session: Session, threads: number): Promise<readonly Finding[]> {
  const { rows } = await session.query(
    'SELECT name, setting, current_setting(name) AS shown FROM pg_settings WHERE name = ANY ($1::text[])',
    [rules.map(({ setting }) => setting)],
  );
  const values = new Map(rows.map((row) => [row['name'], row]));
  return rules.map(({ setting, judge }) => {
    const value = values.get(setting);
    const problem = judge(value?.['setting'] ?? '', threads);
    return problem === undefined ? good(setting, value?.['shown'] ?? '') : { name: setting, status: 'warning', ...problem };
  });
}
