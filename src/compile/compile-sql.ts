import { type Diagnostic, type Place, didYouMean, error, warning } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import {
  describeStatement,
  isQuery,
  modifiesData,
  type ParsedSql,
  parseSql,
  type References,
  references,
  type TableReference,
} from '../sql/index.js';
import type { NodeReference, UndeclaredRelation } from './compiled-project.js';
import type { NameLookup } from './name-lookup.js';

/** What the SQL of one file reads. */
export interface SqlReads {
  readonly references: readonly NodeReference[];
  readonly undeclared: readonly UndeclaredRelation[];
}

export interface SqlContext {
  /** The schema that names without one belong to first; undefined for a test. */
  readonly schema: string | undefined;
  readonly lookup: NameLookup;
  readonly undeclaredSources: 'error' | 'warn' | 'allow';
  /** Quoted names that `ref()` and `source()` could not find, which were reported already. */
  readonly reported: ReadonlySet<string>;
  /** From an offset of the text to the source, innermost first. */
  readonly locate: (offset: number) => readonly Place[];
  /** Told everything that is wrong. */
  readonly report: (diagnostic: Diagnostic) => void;
}

/** Reads the one query that a model or a test is. Returns undefined where the text is no such query, after reporting why. */
export function readQuery(text: string, context: SqlContext): SqlReads | undefined {
  const parsed = parseSql(text);
  if (!parsed.ok) {
    reportAt(context, 'DBL1301', parsed.error.message, parsed.error.offset);
    return undefined;
  }
  return isOneQuery(parsed.sql, context) ? readsOf(references(parsed.sql), context) : undefined;
}

function isOneQuery(sql: ParsedSql, context: SqlContext): boolean {
  const [statement, second] = sql.statements;
  if (statement === undefined) {
    reportAt(context, 'DBL1302', 'the file holds no SQL statement', 0, 'Write one query: SELECT …');
    return false;
  }
  if (second !== undefined) {
    const hint = 'A POPULATE- file is one query, whose result becomes the table; take the other statements out.';
    reportAt(context, 'DBL1303', `the file holds ${sql.statements.length} statements, one is expected`, second.start, hint);
    return false;
  }
  const query = 'Write a query (SELECT, WITH … SELECT, VALUES or TABLE); dbl creates the table from its result.';
  if (!isQuery(statement)) {
    reportAt(context, 'DBL1304', `${describeStatement(statement)} is not a query`, statement.start, query);
    return false;
  }
  if (modifiesData(statement)) {
    reportAt(context, 'DBL1304', 'the query changes data in a WITH clause', statement.start, query);
    return false;
  }
  return true;
}

/** Resolves every relation that parsed SQL names. */
export function readsOf({ tables, columns }: References, context: SqlContext): SqlReads {
  const found: NodeReference[] = [];
  const undeclared: UndeclaredRelation[] = [];
  for (const table of tables) {
    const resolution = context.lookup.relation(table.schema, table.name, context.schema);
    if (resolution.kind === 'node') found.push({ id: resolution.id, start: table.start, end: table.end });
    else if (resolution.kind === 'unknown' && !context.reported.has(nameOf(table))) {
      reportUnknown(table, context);
      undeclared.push({ schema: table.schema, name: table.name, start: table.start, end: table.end });
    }
  }
  for (const column of columns) {
    const resolution = context.lookup.relation(column.schema, column.table, context.schema);
    if (resolution.kind === 'node') found.push({ id: resolution.id, start: column.start, end: column.end });
  }
  return { references: found.toSorted((a, b) => a.start - b.start), undeclared };
}

/** Ids that the references name, each once, in order. */
export function idsOf(references: readonly NodeReference[]): readonly NodeId[] {
  return [...new Set(references.map(({ id }) => id))].toSorted();
}

function reportUnknown(table: TableReference, context: SqlContext): void {
  if (context.undeclaredSources === 'allow') return;
  const name = nameOf(table);
  const nearest = didYouMean(name, context.lookup.relationNames());
  const declare = 'Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.';
  const at = context.locate(table.start);
  const [innermost] = at;
  const details = { calledFrom: at.slice(1), hint: nearest ?? declare };
  const place = innermost === undefined ? undefined : widen(innermost, table.end - table.start);
  context.report(
    context.undeclaredSources === 'warn'
      ? warning('DBL1306', `"${name}" is not declared as a source`, place, details)
      : error('DBL1305', `no model or source is named "${name}"`, place, details),
  );
}

function nameOf(table: TableReference): string {
  return table.schema === undefined ? table.name : `${table.schema}.${table.name}`;
}

function reportAt(context: SqlContext, code: 'DBL1301' | 'DBL1302' | 'DBL1303' | 'DBL1304', message: string, offset: number, hint?: string): void {
  const [innermost, ...calledFrom] = context.locate(offset);
  context.report(error(code, message, innermost, { calledFrom, hint }));
}

/** A place in template text covers as much of it as of the SQL, so that the frame underlines the whole name. */
export function widen(place: Place, length: number): Place {
  return place.end > place.start ? place : place.file.place(place.start, place.start + length);
}
