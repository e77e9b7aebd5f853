import { type Code, type Diagnostic, error } from '../diagnostics/index.js';
import { type ServerAddress, describeServer } from './server-address.js';

/** What `pg`, the socket or TLS throws while connecting; each field may be missing. */
interface Failure {
  readonly code: string;
  readonly message: string;
}

type Told = readonly [code: Code, message: string, hint?: string];

const WHERE = 'DBL_DATABASE_URL, dbluigi.config.ts';
const WHERE_PASSWORD = 'DBL_DATABASE_URL, PGPASSWORD or .pgpass';

/**
 * Why no session could be opened, for people.
 * @param timeout how long the server's answer was awaited, in milliseconds
 */
export function connectionDiagnostic(thrown: unknown, server: ServerAddress, timeout: number): Diagnostic {
  const failure = understand(thrown);
  const [code, message, hint] =
    fromServer(failure, server) ?? fromSocket(failure, server, timeout) ?? fromTls(failure, server) ?? fromProtocol(failure, server) ?? [
      'DBL2015' as const,
      `no connection to ${describeServer(server)}: ${withoutPassword(failure.message, server)}`,
    ];
  return error(code, message, undefined, { hint });
}

function understand(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { code: '', message: String(thrown) };
  const code: unknown = Reflect.get(thrown, 'code');
  return { code: typeof code === 'string' ? code : '', message: thrown.message };
}

/** By SQLSTATE: what the server itself answered. */
function fromServer({ code, message }: Failure, server: ServerAddress): Told | undefined {
  const at = describeServer(server);
  const role = JSON.stringify(server.user);
  const database = JSON.stringify(server.database);
  switch (code) {
    case '28P01':
      return [
        'DBL2004',
        `the server at ${at} refuses the password of role ${role}`,
        `Set the right one in ${WHERE_PASSWORD}. Postgres gives the same answer where there is no such role.`,
      ];
    case '28000':
      return refusedRole(message, server);
    case '3D000':
      return ['DBL2006', `the server at ${at} has no database ${database}`, `Create it: ${clientCommand('createdb', server)} ${server.database}.`];
    case '42501':
      return ['DBL2013', `role ${role} may not connect to database ${database} at ${at}`, 'Let its owner GRANT CONNECT ON DATABASE to the role.'];
    case '53300':
      return [
        'DBL2009',
        `the server at ${at} has no connection left: ${message}`,
        'Close other programs that use it, use fewer threads, or raise max_connections.',
      ];
    case '57P03':
    case '57P01':
    case '57P02':
      return ['DBL2010', `the server at ${at} does not accept connections yet: ${message}`, 'Try again in a moment.'];
    default:
      return undefined;
  }
}

function refusedRole(message: string, server: ServerAddress): Told {
  const at = describeServer(server);
  const role = JSON.stringify(server.user);
  if (message.includes(`role "${server.user}" does not exist`)) {
    return ['DBL2005', `the server at ${at} has no role ${role}`, `Create it: ${clientCommand('createuser', { ...server, user: 'postgres' })} ${server.user}.`];
  }
  const wantsTls = message.includes('no encryption') || message.includes('SSL off');
  return [
    'DBL2013',
    `the server at ${at} does not let role ${role} in: ${message}`,
    wantsTls && server.ssl === false ? 'Turn TLS on: "?sslmode=require" in the URL, or "ssl: true" in the configuration.' : 'See the server\'s pg_hba.conf.',
  ];
}

/** By the system's error code: nobody there, or no way to get there. */
function fromSocket({ code, message }: Failure, server: ServerAddress, timeout: number): Told | undefined {
  const at = describeServer(server);
  const check = `Check the address in ${WHERE} or PGHOST and PGPORT, the firewall and the VPN.`;
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return ['DBL2001', `no server listens at ${at}`, `Start it, or correct the address in ${WHERE} or PGHOST and PGPORT.`];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['DBL2002', `no host is named ${JSON.stringify(server.host)}`, `Correct the host in ${WHERE} or PGHOST.`];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return ['DBL2003', `${at} cannot be reached`, check];
    case 'EACCES':
      return ['DBL2013', `the system does not let this user open ${at}`];
    default:
      if (message !== 'timeout expired') return undefined;
      return ['DBL2003', `no answer from ${at} within ${timeout / 1000} seconds`, check];
  }
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function fromTls({ code, message }: Failure, server: ServerAddress): Told | undefined {
  const at = describeServer(server);
  if (untrusted.has(code)) {
    return [
      'DBL2008',
      `the certificate of ${at} is not trusted: ${message}`,
      'Name the certificate authority\'s file as "ssl: { ca }", or "sslrootcert=" in the URL.',
    ];
  }
  if (message.includes('does not support SSL')) {
    return ['DBL2007', `the server at ${at} does not offer TLS`, 'Turn TLS on in the server, or off here: "?sslmode=disable" in the URL, or "ssl: false".'];
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.startsWith('ERR_OSSL')) {
    return ['DBL2008', `TLS with ${at} failed: ${message}`];
  }
  return undefined;
}

/** By what `pg` says of answers that it does not understand. */
function fromProtocol({ code, message }: Failure, server: ServerAddress): Told | undefined {
  const at = describeServer(server);
  if (message.startsWith('SASL')) {
    if (message.includes('client password must be')) {
      return ['DBL2004', `the server at ${at} asks for the password of role ${JSON.stringify(server.user)}, and none was given`, `Set it in ${WHERE_PASSWORD}.`];
    }
    return ['DBL2004', `the server at ${at} and dbl cannot agree on a way to log in: ${message}`];
  }
  const closed = message.startsWith('Connection terminated') || code === 'ECONNRESET' || code === 'EPIPE';
  if (closed || message.startsWith('There was an error establishing an SSL') || message.includes('unknown message code')) {
    return ['DBL2011', `what listens at ${at} does not answer like a Postgres server`, `Correct the port in ${WHERE} or PGPORT.`];
  }
  return undefined;
}

function clientCommand(command: string, { host, port, user }: ServerAddress): string {
  return `${command} -h ${host} -p ${port} -U ${user}`;
}

/** The last resort prints a text that we do not know; it must not carry the password all the same. */
function withoutPassword(message: string, { password }: ServerAddress): string {
  return password === undefined || password === '' ? message : message.replaceAll(password, '***');
}
