import { type Code, type Diagnostic, type Place, error, warning } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import {
  describeStatement,
  isQuery,
  longNames,
  maxIdentifierBytes,
  modifiesData,
  type ParsedSql,
  parseSql,
  type References,
  references,
  repeatedColumns,
  type TableReference,
} from '../sql/index.js';
import type { NodeReference, UndeclaredRelation } from './compiled-project.js';
import type { NameLookup } from './name-lookup.js';

/** What the SQL of one file reads. */
export interface SqlReads {
  /** Where the statement ends; its semicolon and what stands behind are no part of it. */
  readonly end: number;
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
    const { end, hint, message, offset } = parsed.error;
    reportAt(context, 'DBL1301', message, offset, { end, hint });
    return undefined;
  }
  if (!isOneQuery(parsed.sql, context)) return undefined;
  reportLongNames(parsed.sql, context);
  if (context.schema !== undefined) reportRepeatedColumns(parsed.sql, context);
  return { ...readsOf(references(parsed.sql), context), end: parsed.sql.statements[0]?.end ?? text.length };
}

function reportLongNames({ text }: ParsedSql, context: SqlContext): void {
  for (const { bytes, end, start } of longNames(text)) {
    const surplus = bytes - maxIdentifierBytes;
    const hint = `Postgres would cut it. Shorten it by ${surplus} ${surplus === 1 ? 'byte' : 'bytes'}.`;
    reportAt(context, 'DBL1307', `the name has ${bytes} bytes, and Postgres takes ${maxIdentifierBytes}`, start, { end, hint });
  }
}

/** No table can be made of a query with two columns of one name. */
function reportRepeatedColumns(sql: ParsedSql, context: SqlContext): void {
  for (const { name, offset } of repeatedColumns(sql)) {
    const message = name === '?column?' ? 'two columns have no name' : `two columns are called "${name}"`;
    reportAt(context, 'DBL1308', message, offset, { hint: 'Give this one a name of its own: AS name.' });
  }
}

function isOneQuery(sql: ParsedSql, context: SqlContext): boolean {
  const [statement, second] = sql.statements;
  if (statement === undefined) {
    const file = context.locate(0)[0]?.file;
    const message = file?.text.includes('{%') === true ? 'the template gives no SQL statement' : 'the file holds no SQL statement';
    context.report(error('DBL1302', message, file?.place(0), { hint: 'Write one query: SELECT …' }));
    return false;
  }
  const isModel = context.schema !== undefined;
  const end = (start: number): number => start + (firstWord.exec(sql.text.slice(start, start + 40))?.[0].length ?? 0);
  if (second !== undefined) {
    const one = isModel ? 'A POPULATE- file is one query, whose result becomes the table' : 'A test is one query, whose rows are the failures';
    const hint = `${one}; take the other statements out.`;
    reportAt(context, 'DBL1303', `the file holds ${sql.statements.length} statements, one is expected`, second.start, { end: end(second.start), hint });
    return false;
  }
  const use = isModel ? 'dbl creates the table from its result' : 'its rows are the failures';
  const details = { end: end(statement.start), hint: `Write a query (SELECT, WITH … SELECT, VALUES or TABLE); ${use}.` };
  if (!isQuery(statement)) {
    reportAt(context, 'DBL1304', `${describeStatement(statement)} is not a query`, statement.start, details);
    return false;
  }
  if (modifiesData(statement)) {
    reportAt(context, 'DBL1304', 'the query changes data in a WITH clause', statement.start, details);
    return false;
  }
  return true;
}

const firstWord = /^\w+/;

/** Resolves every relation that parsed SQL names. */
export function readsOf({ tables, columns, ctes }: References, context: SqlContext): Omit<SqlReads, 'end'> {
  const found: NodeReference[] = [];
  const undeclared: UndeclaredRelation[] = [];
  for (const table of tables) {
    const resolution = context.lookup.relation(table.schema, table.name, context.schema);
    if (resolution.kind === 'node') found.push({ id: resolution.id, start: table.start, end: table.end });
    else if (resolution.kind === 'unknown' && !context.reported.has(nameOf(table))) {
      reportUnknown(table, ctes, context);
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

function reportUnknown(table: TableReference, ctes: readonly string[], context: SqlContext): void {
  if (context.undeclaredSources === 'allow') return;
  const name = nameOf(table);
  const suggestion = context.lookup.suggestion(table.schema, table.name, context.schema, ctes);
  const declare = 'Declare it under "sources:" in a .yaml file, or set undeclaredSources in the configuration.';
  const at = context.locate(table.start);
  const [innermost] = at;
  const details = { calledFrom: at.slice(1), hint: suggestion ?? declare };
  const place = innermost === undefined ? undefined : widen(innermost, table.end - table.start);
  context.report(
    context.undeclaredSources === 'warn'
      ? warning('DBL1306', `"${name}" is not declared as a source`, place, details)
      : error('DBL1305', unknownMessage(table, context), place, details),
  );
}

function unknownMessage({ schema, name }: TableReference, { lookup, schema: own }: SqlContext): string {
  const schemas = schema === undefined ? lookup.schemasWith(name) : [];
  if (schemas.length === 0) return `no model or source is named "${schema === undefined ? name : `${schema}.${name}`}"`;
  if (own !== undefined) return `"${name}" is neither in the schema "${own}" nor in the search path`;
  return schemas.length === 1 ? `"${name}" is not in the search path` : `"${name}" is in more than one schema`;
}

function nameOf(table: TableReference): string {
  return table.schema === undefined ? table.name : `${table.schema}.${table.name}`;
}

interface ReportDetails {
  /** Where what is wrong ends; by default where it begins. */
  readonly end?: number;
  readonly hint: string | undefined;
}

function reportAt(context: SqlContext, code: Code, message: string, offset: number, { end = offset, hint }: ReportDetails): void {
  const [innermost, ...calledFrom] = context.locate(offset);
  const [last] = end > offset ? context.locate(end - 1) : [];
  // Where a tag stands in between, the word is not in the template as it is.
  const isWhole = last?.file === innermost?.file && (last?.start ?? 0) - (innermost?.start ?? 0) === end - 1 - offset;
  const place = innermost !== undefined && isWhole ? widen(innermost, end - offset) : innermost;
  context.report(error(code, message, place, { calledFrom, hint }));
}

/** A place in template text covers as much of it as of the SQL, so that the frame underlines the whole name. */
export function widen(place: Place, length: number): Place {
  return place.end > place.start ? place : place.file.place(place.start, place.start + length);
}
