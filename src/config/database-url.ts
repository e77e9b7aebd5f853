import { didYouMean } from '../diagnostics/index.js';

/** What a URL or an object of fields says about a server. undefined and empty mean: not said, so that libpq's defaults hold. */
export interface ServerParts {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  readonly tls?: TlsParameters;
}

/** libpq's parameters, as written: a mode of https://www.postgresql.org/docs/current/libpq-ssl.html and paths of PEM files. */
export interface TlsParameters {
  readonly sslmode?: string | undefined;
  readonly sslrootcert?: string | undefined;
  readonly sslcert?: string | undefined;
  readonly sslkey?: string | undefined;
}

/** Why a URL cannot be used, as the words after its name. They never hold any of the URL but names of parameters. */
export interface UrlProblem {
  readonly problem: string;
  readonly hint: string;
}

/**
 * `user:password@host:port/database?parameters`. Stricter than libpq in that no part may hold an unencoded `@`, `/`, `?` or `#`,
 * so that a password with one of them is refused and never taken for something that may be printed.
 * Node's own URL refuses `postgres://user@/database`, which libpq allows.
 */
const form =
  /^(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\][@/?#]*\]|[^:@/?#]*)(?::([^:@/?#]*))?(?:\/([^@/?#]*))?(?:\?([^@#]*))?$/;
const scheme = /^postgres(?:ql)?:\/\//i;

const tlsParameters = new Set(['sslmode', 'sslrootcert', 'sslcert', 'sslkey']);
const serverParameters = new Set(['host', 'port', 'user', 'password', 'dbname']);
/** libpq knows them; for dbl they change nothing. */
const ignoredParameters = new Set([
  'application_name',
  'fallback_application_name',
  'connect_timeout',
  'client_encoding',
  'channel_binding',
  'gssencmode',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'target_session_attrs',
  'sslcompression',
  'sslsni',
]);

/** Reads `postgres://…` as libpq does: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export function parseDatabaseUrl(url: string): ServerParts | UrlProblem {
  const start = scheme.exec(url);
  if (start === null) {
    const hint = 'Write it as postgres://user:password@host:5432/database.';
    return { problem: 'does not start with postgres:// or postgresql://', hint };
  }
  const parts = form.exec(url.slice(start[0].length));
  if (parts === null) return malformed;
  const [, user, password, host = '', port, database, query = ''] = parts;
  try {
    const written = {
      user: decode(user),
      password: decode(password),
      host: decode(host.startsWith('[') ? host.slice(1, -1) : host),
      port,
      dbname: decode(database),
    };
    return fromParameters(written, query);
  } catch (thrown) {
    if (thrown instanceof URIError) return malformed;
    throw thrown;
  }
}

const malformed: UrlProblem = {
  problem: 'is not a URL that Postgres understands',
  hint: 'Write it as postgres://user:password@host:5432/database; in a name or password the characters @ : / ? # % are written as %40 %3A %2F %3F %23 %25.',
};

interface Written {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly dbname?: string | undefined;
  readonly sslmode?: string | undefined;
  readonly sslrootcert?: string | undefined;
  readonly sslcert?: string | undefined;
  readonly sslkey?: string | undefined;
}

/** A parameter beats the same part of the URL proper. */
function fromParameters(url: Written, query: string): ServerParts | UrlProblem {
  const given: Record<string, string | undefined> = { ...url };
  for (const pair of query === '' ? [] : query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals)) ?? '';
    const value = equals < 0 ? '' : (decode(pair.slice(equals + 1)) ?? '');
    if (name === 'ssl' && (value === 'true' || value === '1')) given['sslmode'] = 'verify-full';
    else if (serverParameters.has(name) || tlsParameters.has(name)) given[name] = value;
    else if (!ignoredParameters.has(name)) return unknownParameter(name);
  }
  const { user, password, host, port, dbname: database, ...tls }: Written = given;
  if (port === undefined || port === '') return { user, password, host, database, tls };
  const number = portNumber(port);
  if (number === undefined) return { problem: 'has a port that is no whole number from 1 to 65535', hint: 'Postgres listens at 5432 as a rule.' };
  return { user, password, host, port: number, database, tls };
}

function unknownParameter(name: string): UrlProblem {
  const near = didYouMean(name, [...serverParameters, ...tlsParameters, ...ignoredParameters]);
  return { problem: `has the unknown parameter "${name}"`, hint: near ?? 'Parameters are those of libpq, such as sslmode and host.' };
}

/** undefined: not a port. */
export function portNumber(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** @throws URIError where a `%` is not followed by what makes a character */
function decode(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeURIComponent(text);
}
