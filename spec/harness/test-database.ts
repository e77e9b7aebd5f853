import { randomBytes } from 'node:crypto';
import { TestRunner, inject, onTestFinished } from 'vitest';
import { type Row, type ServerAddress, type Session, connect } from '../../src/postgres/index.js';
import { fromUrl, toUrl } from './server-url.js';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  readonly address: ServerAddress;
  /** Runs statements, for setting up and for asserting, and gives the rows of the last one. */
  readonly query: (sql: string) => Promise<readonly Row[]>;
  /** A session more, ended by `drop` at the latest. */
  readonly session: (applicationName?: string) => Promise<Session>;
  /** Removes the database, whoever is connected. Called by itself at the end of a test that made it. */
  readonly drop: () => Promise<void>;
}

/** The server of this run, as the role and the database that its URL names. */
export function testServer(): ServerAddress {
  return fromUrl(inject('databaseUrl'));
}

/** A new, empty database on the server of this run: UTF-8, and strings in the order of their bytes, whatever the server's own way. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `dbl_test_${randomBytes(6).toString('hex')}`;
  const address = { ...testServer(), database: name };
  await administer(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`);
  const sessions: Session[] = [];
  let own: Promise<Session> | undefined;
  let dropped: Promise<void> | undefined;
  const session = async (applicationName = 'dbl tests') => {
    const opened = await openSession(address, applicationName);
    sessions.push(opened);
    return opened;
  };
  const database: TestDatabase = {
    name,
    url: toUrl(address),
    address,
    session,
    query: async (sql) => {
      own ??= session();
      const results = await (await own).batch(sql);
      return results.at(-1)?.rows ?? [];
    },
    drop: () =>
      (dropped ??= (async () => {
        await Promise.all(sessions.map((opened) => opened.end()));
        await administer(`DROP DATABASE ${name} WITH (FORCE)`);
      })()),
  };
  if (TestRunner.getCurrentTest() !== undefined) onTestFinished(() => database.drop());
  return database;
}

export async function openSession(address: ServerAddress, applicationName: string): Promise<Session> {
  const { value, diagnostics } = await connect(address, { applicationName });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
}

async function administer(statement: string): Promise<void> {
  const session = await openSession(testServer(), 'dbl tests');
  try {
    await session.query(statement);
  } finally {
    await session.end();
  }
}
