import type { ServerAddress } from '../../src/postgres/index.js';

export function toUrl({ host, port, user, password, database }: ServerAddress): string {
  const login = [user, password ?? ''].map(encodeURIComponent).join(':');
  return `postgres://${login}@${host}:${port}/${encodeURIComponent(database)}`;
}

/** Only what `toUrl` writes, and people put into DBL_TEST_DATABASE_URL: no TLS, no sockets. */
export function fromUrl(text: string): ServerAddress {
  const url = new URL(text);
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname,
    port: url.port === '' ? 5432 : Number(url.port),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    ssl: false,
  };
}
