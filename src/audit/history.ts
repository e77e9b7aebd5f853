import type { Row, Session } from '../postgres/index.js';

/** The newest runs first; rows as DESIGN, section 9, names the columns of `runs`. */
export async function readRuns(session: Session, limit: number): Promise<readonly Row[]> {
  const { rows } = await session.query(
    `SELECT run_id, project, command, target, status, ${instant('started_at')}, ${instant('finished_at')},
      os_user, db_user, host, pid, dbl_version, git_commit, exit_code
    FROM dbluigi.runs ORDER BY dbluigi.runs.started_at DESC LIMIT $1::bigint`,
    [limit],
  );
  return rows;
}

/** One model's executions in all targets, newest first. */
export async function readNodeHistory(session: Session, node: string, limit: number): Promise<readonly Row[]> {
  const { rows } = await session.query(
    `SELECT n.run_id, r.target, n.status, n.rows, n.reason, ${instant('n.started_at', 'started_at')},
      round(extract(epoch FROM n.finished_at - n.started_at) * 1000) AS duration_ms
    FROM dbluigi.node_runs AS n JOIN dbluigi.runs AS r USING (run_id)
    WHERE n.node = $1 AND n.started_at IS NOT NULL ORDER BY n.started_at DESC LIMIT $2::bigint`,
    [node, limit],
  );
  return rows;
}

/** ISO 8601 in UTC, whatever the session's time zone. */
function instant(column: string, alias = column): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${alias}`;
}
