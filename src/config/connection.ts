import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type ConfigMistake, type ConfigPath, pathText } from './config-mistake.js';
import { parseDatabaseUrl, portNumber, type ServerParts } from './database-url.js';
import type { Config, DatabaseFields } from './define-config.js';
import type { Connection } from './loaded-config.js';
import { tlsFromField, tlsFromParameters, type TlsProblem } from './tls.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Server = Extract<Connection, { readonly kind: 'server' }>;

/** The database that a target's or the project's own `database` names, with the way to that key. */
export interface ConfiguredDatabase {
  readonly value: NonNullable<Config['database']>;
  readonly path: ConfigPath;
}

interface Context {
  readonly folder: string;
  readonly env: Environment;
}

/** Any of them says that libpq's environment names a server. */
const naming = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE'];

/** Where the tables are: `DBL_DATABASE_URL`, else the configuration, else `PG*`, else the embedded Postgres. */
export function resolveConnection(
  configured: ConfiguredDatabase | undefined,
  context: Context,
): Connection | ConfigMistake[] {
  const { env, folder } = context;
  const url = env['DBL_DATABASE_URL'];
  if (isSet(url)) return fromUrl(url, { name: 'DBL_DATABASE_URL', path: undefined }, 'DBL_DATABASE_URL', context);
  if (configured !== undefined) {
    const { value, path } = configured;
    if (typeof value === 'string') return fromUrl(value, { name: `"${pathText(path)}"`, path }, 'config', context);
    return 'embedded' in value ? embeddedIn(folder) : fromFields(value, path, context);
  }
  if (!naming.some((name) => isSet(env[name]))) return embeddedIn(folder);
  if (isSet(env['PGSERVICE'])) {
    const hint = 'Set PGHOST, PGPORT, PGUSER and PGDATABASE, or DBL_DATABASE_URL.';
    return [mistake('PGSERVICE is set, and dbl reads no service files', hint, undefined)];
  }
  return complete({}, 'environment', undefined, context);
}

function embeddedIn(folder: string): Connection {
  return { kind: 'embedded', folder: join(folder, '.dbl', 'pg') };
}

/** What a setting is called in messages, and where it stands: an environment variable has no place. */
interface Subject {
  readonly name: string;
  readonly path: ConfigPath | undefined;
}

function fromUrl(url: string, subject: Subject, origin: Server['origin'], context: Context): Connection | ConfigMistake[] {
  const { name, path } = subject;
  if (url === '') return [mistake(`${name} is empty`, 'Write a URL, or leave the key out.', path)];
  const parts = parseDatabaseUrl(url);
  if ('problem' in parts) return [mistake(`${name} ${parts.problem}`, parts.hint, path)];
  if ([parts.host, parts.user, parts.password, parts.database].includes('undefined')) {
    const hint = 'An environment variable that it is made of is probably not set.';
    return [mistake(`${name} holds "undefined" where a value belongs`, hint, path)];
  }
  return complete(parts, origin, subject, context);
}

function fromFields(fields: DatabaseFields, path: ConfigPath, context: Context): Connection | ConfigMistake[] {
  const { ssl: field, ...parts } = fields;
  const subject = { name: `"${pathText(path)}"`, path };
  if (field === undefined) return complete(parts, 'config', subject, context);
  const tls = tlsFromField(field, context.folder);
  if ('ssl' in tls) return complete(parts, 'config', subject, context, tls.ssl);
  const at = [...path, 'ssl', tls.setting];
  const wrong = mistake(`"${pathText(at)}" ${tls.problem}`, tls.hint, at);
  const server = complete(parts, 'config', subject, context, false);
  return Array.isArray(server) ? [wrong, ...server] : [wrong];
}

/**
 * Fills what is not said from `PG*`, then with libpq's defaults.
 * @param ssl what the configuration says in its own words; then no `sslmode` counts
 */
function complete(
  parts: ServerParts,
  origin: Server['origin'],
  subject: Subject | undefined,
  { env, folder }: Context,
  ssl?: Server['ssl'],
): Server | ConfigMistake[] {
  const said = (value: string | undefined, ...names: readonly string[]): string | undefined =>
    [value, ...names.map((name) => env[name])].find(isSet);
  const mistakes: ConfigMistake[] = [];

  const host = said(parts.host, 'PGHOST', 'PGHOSTADDR') ?? 'localhost';
  if (host.includes(',')) {
    const name = isSet(parts.host) && subject !== undefined ? subject.name : 'PGHOST';
    const path = name === 'PGHOST' ? undefined : subject?.path;
    mistakes.push(mistake(`${name} names several hosts`, 'Name the one that takes writes.', path));
  }
  let { port } = parts;
  const envPort = env['PGPORT'];
  if (port === undefined && isSet(envPort)) {
    port = portNumber(envPort);
    if (port === undefined) {
      mistakes.push(mistake(`PGPORT must be a whole number from 1 to 65535, not ${JSON.stringify(envPort)}`, undefined, undefined));
    }
  }
  const tls = ssl === undefined ? tlsFor(parts, env, folder) : { ssl };
  if (!('ssl' in tls)) {
    const own = Object.values(parts.tls ?? {}).some(isSet);
    mistakes.push(tlsMistake(tls, own ? subject : undefined));
  }
  if (mistakes.length > 0 || !('ssl' in tls)) return mistakes;

  const user = said(parts.user, 'PGUSER') ?? systemUser();
  return {
    kind: 'server',
    origin,
    host,
    port: port ?? 5432,
    user,
    password: said(parts.password, 'PGPASSWORD'),
    database: said(parts.database, 'PGDATABASE') ?? user,
    // As in libpq: nothing is encrypted on a Unix socket, whatever is asked for.
    ssl: host.startsWith('/') ? false : tls.ssl,
  };
}

function tlsFor({ tls = {} }: ServerParts, env: Environment, folder: string): ReturnType<typeof tlsFromParameters> {
  const parameters = {
    sslmode: tls.sslmode || env['PGSSLMODE'],
    sslrootcert: tls.sslrootcert || env['PGSSLROOTCERT'],
    sslcert: tls.sslcert || env['PGSSLCERT'],
    sslkey: tls.sslkey || env['PGSSLKEY'],
  };
  return tlsFromParameters(parameters, folder);
}

/** @param subject undefined where the environment is to blame: `sslmode` is `PGSSLMODE` there. */
function tlsMistake({ setting, problem, hint }: TlsProblem, subject: Subject | undefined): ConfigMistake {
  if (subject === undefined) return mistake(`PG${setting.toUpperCase()} ${problem}`, hint, undefined);
  return mistake(`"${setting}" in ${subject.name} ${problem}`, hint, subject.path);
}

function mistake(message: string, hint: string | undefined, path: ConfigPath | undefined): ConfigMistake {
  return { code: 'DBL2020', message, hint, at: path && { path, part: 'value' } };
}

/** Containers run as users without a name at times; then libpq gives up, and `postgres` is the best guess. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'postgres';
  }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
