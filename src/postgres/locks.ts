import type { Session } from './session.js';

// Locks of a session: Postgres gives them back when the session ends, however it ends, so a dead holder is known by its free lock.

/** Takes the lock named `key` in the session's database. False where another session holds it; it never waits. */
export async function tryLock(session: Session, key: string): Promise<boolean> {
  const { rows } = await session.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken', [key]);
  return rows[0]?.['taken'] === 't';
}

/** Gives the lock back; false where this session did not hold it. A lock taken twice must be given back twice. */
export async function unlock(session: Session, key: string): Promise<boolean> {
  const { rows } = await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS held', [key]);
  return rows[0]?.['held'] === 't';
}

/** Who holds the lock named `key` in the session's database; undefined: nobody. */
export async function lockHolder(session: Session, key: string): Promise<{ readonly pid: number } | undefined> {
  const { rows } = await session.query(
    `SELECT l.pid
    FROM pg_locks AS l, hashtextextended($1, 0) AS k(hash)
    WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.classid::bigint = (k.hash >> 32) & 4294967295
      AND l.objid::bigint = k.hash & 4294967295`,
    [key],
  );
  const pid = rows[0]?.['pid'];
  return pid === undefined || pid === null ? undefined : { pid: Number(pid) };
}
