import type { CheckRecord } from '../audit/index.js';
import { type Check, placedSql, type Placement, type RelationName } from '../compile/index.js';
import { type Diagnostic, error, unreachable, warning } from '../diagnostics/index.js';
import { type QueryResult, type ServerAddress, ServerError, type Session } from '../postgres/index.js';
import { relationName } from '../sql/index.js';
import { runCommandCheck } from './command-check.js';
import type { Announcer } from './context.js';
import type { CheckStatus, RunEvent } from './events.js';
import { isCancelled, placesOf } from './failure.js';

export interface CheckContext {
  readonly announcer: Announcer<string>;
  readonly place: Placement;
  /** What a model replaces: in the target, else in production; undefined: nothing yet. For `row_count_ratio`. */
  readonly earlier: (check: Check) => RelationName | undefined;
  readonly searchPath: string;
  readonly address: ServerAddress;
  /** The project's folder, in which commands run. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface CheckOutcome {
  readonly check: Check;
  readonly status: CheckStatus;
  readonly record: CheckRecord;
  readonly diagnostic: Diagnostic | undefined;
}

/** What a check came to, before its severity says what that means. */
export interface Verdict {
  readonly passed: boolean;
  /** Rows that fail; undefined where the check does not count rows. */
  readonly failures: number | undefined;
  /** One line for people. */
  readonly message: string;
  /** True where it passed for want of something to compare with. */
  readonly notice?: boolean;
  readonly sql: string | undefined;
  readonly sample: Extract<RunEvent, { readonly event: 'check_end' }>['sample'];
}

const sampleRows = 5;

/** Runs checks one after the other, tells of each, and gives what the audit schema should keep. Throws only what was cancelled or lost. */
export async function runChecks(session: Session, checks: readonly Check[], context: CheckContext): Promise<readonly CheckOutcome[]> {
  const counts = await countAll(session, checks, context);
  const outcomes: CheckOutcome[] = [];
  for (const check of checks) {
    const started = performance.now();
    const outcome = await judge(session, check, counts?.get(check.id), context);
    context.announcer.tell({ ...outcome.event, duration_ms: performance.now() - started });
    outcomes.push(outcome);
  }
  return outcomes;
}

/** Severity `error` that did not pass: the model must not be published. */
export function gateFails(outcomes: readonly CheckOutcome[]): boolean {
  return outcomes.some(({ status }) => status === 'fail' || status === 'error');
}

/** Counts the failures of all checks that are queries in one round trip; undefined where one of them is refused, so that each must be asked alone. */
async function countAll(session: Session, checks: readonly Check[], context: CheckContext): Promise<ReadonlyMap<string, number> | undefined> {
  const queries = checks.flatMap((check) => (check.kind === 'query' ? [{ id: check.id, sql: check.query(context.place) }] : []));
  if (queries.length < 2) return undefined;
  try {
    const statements = queries.map(({ sql }) => countOf(sql)).join(';\n');
    const results = await readOnly(session, statements, context);
    return new Map(queries.map(({ id }, index) => [id, Number(results[index]?.rows[0]?.['failures'])]));
  } catch (problem) {
    if (!(problem instanceof ServerError) || (isCancelled(problem) && context.signal.aborted)) throw problem;
    return undefined;
  }
}

type Judged = CheckOutcome & { readonly event: Omit<Extract<RunEvent, { readonly event: 'check_end' }>, 'duration_ms'> };

/** A check that the server found fulfilled in the transaction that published what it gates. */
export function passed(check: Check, runId: string): Judged {
  return outcomeOf(check, { passed: true, failures: 0, message: 'passed', sql: undefined, sample: null }, undefined, runId);
}

async function judge(session: Session, check: Check, counted: number | undefined, context: CheckContext): Promise<Judged> {
  let verdict: Verdict;
  let broken: Diagnostic | undefined;
  try {
    verdict = await verdictOf(session, check, counted, context);
  } catch (problem) {
    if (!(problem instanceof ServerError) || (isCancelled(problem) && context.signal.aborted)) throw problem;
    broken = brokenCheck(check, problem, context);
    const sql = check.kind === 'query' ? check.query(context.place) : undefined;
    verdict = { passed: false, failures: undefined, message: broken.message, sql, sample: null };
  }
  return outcomeOf(check, verdict, broken, context.announcer.runId);
}

function outcomeOf(check: Check, verdict: Verdict, broken: Diagnostic | undefined, runId: string): Judged {
  const failed = check.severity === 'warn' ? 'warn' : broken === undefined ? 'fail' : 'error';
  const status: CheckStatus = verdict.passed ? 'pass' : failed;
  const { failures, sql, message, notice, sample } = verdict;
  const { id, node, severity, description } = check;
  return {
    check,
    status,
    record: { runId, checkId: id, node, status, severity, failures, sql },
    diagnostic: verdict.passed ? undefined : (broken ?? failedCheck(check, verdict)),
    event: {
      event: 'check_end',
      node,
      check_id: id,
      status,
      severity,
      failures: failures ?? null,
      description: description ?? null,
      message,
      ...(notice === undefined ? {} : { notice }),
      sample,
      sql: verdict.passed ? null : (sql ?? null),
    },
  };
}

async function verdictOf(session: Session, check: Check, counted: number | undefined, context: CheckContext): Promise<Verdict> {
  switch (check.kind) {
    case 'query': {
      const sql = check.query(context.place);
      const failures = counted ?? (await count(session, countOf(sql), 'failures', context));
      const sample = failures === 0 ? null : await readSample(session, sql, context);
      const message = failures === 0 ? 'passed' : rowsOf(failures, 'failing ');
      return { passed: failures === 0, failures, message, sql, sample };
    }
    case 'row_count': {
      const sql = countRows(context.place(check.node));
      const rows = await count(session, sql, 'rows', context);
      const passed = rows >= (check.min ?? 0) && rows <= (check.max ?? Infinity);
      const message = `${rowsOf(rows)}, ${bounds(check.min, check.max)} expected`;
      return { passed, failures: undefined, message, sql, sample: null };
    }
    case 'row_count_ratio':
      return rowCountRatio(session, check, context);
    case 'command':
      return runCommandCheck(check, context);
    default:
      return unreachable(check);
  }
}

async function rowCountRatio(
  session: Session,
  check: Extract<Check, { readonly kind: 'row_count_ratio' }>,
  context: CheckContext,
): Promise<Verdict> {
  const sql = countRows(context.place(check.node));
  const earlier = context.earlier(check);
  if (earlier === undefined) {
    const message = `nothing is ${check.against === 'production' ? 'in production' : 'published'} yet to compare with`;
    return { passed: true, failures: undefined, message, notice: true, sql, sample: null };
  }
  const now = await count(session, sql, 'rows', context);
  const before = await count(session, countRows(earlier), 'rows', context);
  const ratio = before === 0 ? (now === 0 ? 1 : Infinity) : now / before;
  const passed = ratio >= (check.min ?? 0) && ratio <= (check.max ?? Infinity);
  const compared = before === 0 ? 'and none in' : `${ratio.toFixed(3)} times the ${before} of`;
  const wanted = `${bounds(check.min, check.max)} expected`;
  const message = `${rowsOf(now)}, ${compared} ${relationName(earlier.schema, earlier.name)}, ${wanted}`;
  return { passed, failures: undefined, message, sql, sample: null };
}

function rowsOf(count: number, adjective = ''): string {
  return `${count} ${adjective}${count === 1 ? 'row' : 'rows'}`;
}

function bounds(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return min === max ? `exactly ${min}` : `${min} to ${max}`;
  return min === undefined ? `at most ${max}` : `at least ${min}`;
}

const countPrefix = 'SELECT pg_catalog.count(*) AS failures FROM (';

function countOf(sql: string): string {
  return `${countPrefix}${sql}\n) AS failures`;
}

function countRows({ schema, name }: RelationName): string {
  return `SELECT pg_catalog.count(*) AS rows FROM ${relationName(schema, name)}`;
}

async function count(session: Session, sql: string, column: string, context: CheckContext): Promise<number> {
  const [result] = await readOnly(session, sql, context);
  return Number(result?.rows[0]?.[column]);
}

async function readSample(session: Session, sql: string, context: CheckContext): Promise<Verdict['sample']> {
  const [result] = await readOnly(session, `SELECT * FROM (${sql}\n) AS failures LIMIT ${sampleRows}`, context);
  return { columns: result?.columns.map(({ name }) => name) ?? [], rows: result?.values ?? [] };
}

/** Runs an author's query in a transaction that can change nothing, and gives the results of its statements alone. */
async function readOnly(session: Session, statements: string, context: CheckContext): Promise<readonly QueryResult[]> {
  context.signal.throwIfAborted();
  try {
    const results = await session.batch(`${transactionStart(context)}${statements};\nCOMMIT`);
    return results.slice(2, -1);
  } catch (problem) {
    if (session.isOpen) await session.rollback();
    throw problem;
  }
}

function transactionStart({ searchPath }: CheckContext): string {
  return `BEGIN READ ONLY; SET LOCAL search_path = ${searchPath};\n`;
}

/** A query that the server refuses: shown in the file below `tests/`, or at the check in the properties. */
function brokenCheck(check: Check, problem: ServerError, context: CheckContext): Diagnostic {
  const message = `the check "${check.id}" could not run: ${problem.message}`;
  const tell = check.severity === 'warn' ? warning : error;
  if (check.kind !== 'query' || check.file === undefined) return tell('DBL2302', message, check.at, { hint: problem.hint });
  const before = transactionStart(context).length + countPrefix.length;
  const offset = problem.offset === undefined ? undefined : problem.offset - before;
  const [at, ...calledFrom] = placesOf({ sql: check.file, placed: placedSql(check.file, context.place) }, offset);
  return tell('DBL2302', message, at, { calledFrom, hint: problem.hint });
}

function failedCheck(check: Check, verdict: Verdict): Diagnostic {
  const wanted = check.description === undefined ? '' : ` (${check.description})`;
  const message = `the check "${check.id}" failed: ${verdict.message}${wanted}`;
  return check.severity === 'warn' ? warning('DBL2301', message, check.at) : error('DBL2301', message, check.at);
}
