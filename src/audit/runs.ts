import type { Session } from '../postgres/index.js';

/** What is known of a run when it begins; see DESIGN, section 9, for the columns. */
export interface NewRun {
  readonly runId: string;
  readonly project: string;
  readonly command: string;
  readonly target: string;
  /** Physical schemas that the run may write to. */
  readonly schemas: readonly string[];
  readonly osUser: string;
  readonly host: string;
  readonly pid: number;
  readonly dblVersion: string;
  /** undefined where the project is in no git checkout. */
  readonly gitCommit: string | undefined;
  /** What the command was told, without connection and secrets. */
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface RunHolder {
  readonly osUser: string;
  readonly host: string;
  readonly pid: string;
  readonly command: string;
  /** As the server prints it, to the second. */
  readonly since: string;
}

/** Held by a run's session for as long as it lives; whoever can take it knows that the run is dead. */
export function runLock(runId: string): string {
  return `dbl:run:${runId}`;
}

/** Held by the one run that may write to a physical schema. */
export function schemaLock(schema: string): string {
  return `dbl:${schema}`;
}

/** Takes the run's lock and writes its row, on the session that will hold the lock until the end. */
export async function startRun(session: Session, run: NewRun): Promise<void> {
  await session.query(
    `WITH lock AS (SELECT pg_advisory_lock(hashtextextended($1, 0)))
    INSERT INTO dbluigi.runs (run_id, project, command, target, status, os_user, host, pid, dbl_version, git_commit, schemas, arguments)
    SELECT $2::uuid, $3, $4, $5, 'running', $6, $7, $8::integer, $9, $10, $11::text[], $12::jsonb FROM lock`,
    [
      runLock(run.runId),
      run.runId,
      run.project,
      run.command,
      run.target,
      run.osUser,
      run.host,
      run.pid,
      run.dblVersion,
      run.gitCommit ?? null,
      run.schemas,
      JSON.stringify(run.arguments),
    ],
  );
}

export async function finishRun(
  session: Session,
  runId: string,
  status: 'success' | 'failed' | 'cancelled',
  exitCode: number,
): Promise<void> {
  await session.query(
    'UPDATE dbluigi.runs SET status = $2, exit_code = $3::integer, finished_at = clock_timestamp() WHERE run_id = $1::uuid',
    [runId, status, exitCode],
  );
}

/**
 * Closes runs whose process died as `crashed`, and what they were to build and did not get to the end of as well. Call it before the session
 * starts a run of its own. Returns their ids.
 */
export async function closeCrashedRuns(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query(
    `WITH running AS MATERIALIZED (SELECT run_id FROM dbluigi.runs WHERE status = 'running'),
    dead AS MATERIALIZED (
      SELECT run_id FROM running WHERE pg_try_advisory_xact_lock(hashtextextended('dbl:run:' || run_id, 0))
    ),
    closed AS (
      UPDATE dbluigi.runs AS r SET status = 'crashed', finished_at = clock_timestamp()
      FROM dead WHERE r.run_id = dead.run_id AND r.status = 'running'
      RETURNING r.run_id, r.schemas, r.arguments
    ),
    unfinished AS (
      UPDATE dbluigi.relations AS l SET last_run = closed.run_id, last_status = 'crashed'
      FROM closed
      WHERE l.schema = ANY (closed.schemas) AND closed.arguments -> 'nodes' ? l.node
        AND NOT EXISTS (SELECT FROM dbluigi.node_runs AS n WHERE n.run_id = closed.run_id AND n.node = l.node)
    )
    SELECT run_id FROM closed`,
  );
  return rows.map((row) => row['run_id'] ?? '');
}

/** Adds what a run turns out to build to what is known of it, for when it should not come to its end. */
export async function recordNodes(session: Session, runId: string, nodes: readonly string[]): Promise<void> {
  await session.query(`UPDATE dbluigi.runs SET arguments = arguments || jsonb_build_object('nodes', $2::jsonb) WHERE run_id = $1::uuid`, [
    runId,
    JSON.stringify(nodes),
  ]);
}

/** The run that a server process belongs to, which holds a lock that we want; undefined where it is none of dbl's. */
export async function readHolder(session: Session, backendPid: number): Promise<RunHolder | undefined> {
  const { rows } = await session.query(
    `SELECT os_user, host, pid, command, to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZH:TZM') AS since
    FROM dbluigi.runs WHERE backend_pid = $1::integer AND status = 'running' ORDER BY started_at DESC LIMIT 1`,
    [backendPid],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    osUser: row['os_user'] ?? '',
    host: row['host'] ?? '',
    pid: row['pid'] ?? '',
    command: row['command'] ?? '',
    since: row['since'] ?? '',
  };
}

/** Builds that belong together: one, and those that resumed it. */
export interface BuildChain {
  readonly runIds: ReadonlySet<string>;
  /** How the last of them ended. */
  readonly status: string;
  /** Ids of the models that the first of them was to build. */
  readonly nodes: readonly string[];
  readonly hold: boolean;
}

/** The last build of a target before the run `before`, with what it resumed; undefined where there is none. */
export async function readLastBuild(
  session: Session,
  { project, target, before }: { readonly project: string; readonly target: string; readonly before: string },
): Promise<BuildChain | undefined> {
  const { rows } = await session.query(
    `SELECT run_id, status, arguments ->> 'resume' AS resume, arguments ->> 'hold' AS hold, arguments -> 'nodes' AS nodes
    FROM dbluigi.runs
    WHERE command = 'build' AND project = $1 AND target = $2 AND run_id <> $3::uuid
    ORDER BY started_at DESC LIMIT 100`,
    [project, target, before],
  );
  const first = rows.findIndex((row) => row['resume'] !== 'true');
  const chain = rows.slice(0, first + 1);
  const begun = chain.at(-1);
  if (begun === undefined) return undefined;
  return {
    runIds: new Set(chain.map((row) => row['run_id'] ?? '')),
    status: chain[0]?.['status'] ?? '',
    nodes: JSON.parse(begun['nodes'] ?? '[]') as string[],
    hold: begun['hold'] === 'true',
  };
}
