import { createHash } from 'node:crypto';
import { type Diagnostic, error, type Place, unreachable } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import type { CheckProperties, ModelProperties, Placed } from '../project/index.js';
import {
  acceptedValuesCheck,
  expressionCheck,
  notNullCheck,
  parseExpression,
  relationName,
  relationshipsCheck,
  uniqueCheck,
} from '../sql/index.js';
import { idsOf, readsOf } from './compile-sql.js';
import type { Check, CheckBase, CheckQuery, Placement } from './compiled-project.js';
import type { NameLookup, Unresolved } from './name-lookup.js';
import { placedSql } from './placement.js';

interface CheckContext {
  readonly node: NodeId;
  readonly schema: string;
  readonly table: string;
  readonly lookup: NameLookup;
  readonly undeclaredSources: 'error' | 'warn' | 'allow';
  readonly report: (diagnostic: Diagnostic) => void;
}

/** Makes the checks that a model's properties declare, in the order of the file. */
export function propertyChecks(properties: ModelProperties, context: CheckContext): readonly Check[] {
  const declared = [...properties.checks, ...properties.columns.flatMap((column) => column.checks)];
  const byId = new Map<string, Check>();
  for (const check of declared) {
    const made = makeCheck(check, context);
    if (made === undefined) continue;
    const first = byId.get(made.id);
    if (first === undefined) {
      byId.set(made.id, made);
      continue;
    }
    context.report(
      error('DBL1451', `two checks of "${context.table}" are called "${made.id}"`, check.at, {
        related: [{ message: 'the first one', at: first.at }],
        hint: 'Give one of them a "name:".',
      }),
    );
  }
  return [...byId.values()];
}

function makeCheck(check: CheckProperties, context: CheckContext): Check | undefined {
  const base = {
    id: `${context.schema}.${context.table}.${check.name ?? defaultName(check)}`,
    node: context.node,
    severity: check.severity,
    description: check.description,
    at: check.at,
    reads: [],
  } satisfies CheckBase;
  switch (check.type) {
    case 'row_count':
      return { ...base, kind: 'row_count', min: check.min, max: check.max };
    case 'row_count_ratio':
      return { ...base, kind: 'row_count_ratio', min: check.min, max: check.max, against: check.against };
    case 'command':
      return { ...base, kind: 'command', command: check.command };
    case 'not_null':
    case 'unique':
    case 'accepted_values':
    case 'relationships':
    case 'expression':
      return queryCheck(check, base, context);
    default:
      return unreachable(check);
  }
}

function queryCheck(check: QueryProperties, base: CheckBase, context: CheckContext): Check | undefined {
  const where = sqlText(check.where, context);
  const made = checkQuery(check, where?.text, context);
  if (made === undefined || (check.where !== undefined && where === undefined)) return undefined;
  const reads = [...new Set([...made.reads, ...(where?.reads ?? [])])].filter((id) => id !== context.node).toSorted();
  return { ...base, kind: 'query', reads, query: made.query, file: undefined };
}

interface MadeQuery {
  readonly query: CheckQuery;
  readonly reads: readonly NodeId[];
}

type QueryProperties = Exclude<CheckProperties, { readonly type: 'row_count' | 'row_count_ratio' | 'command' }>;

function checkQuery(
  check: QueryProperties,
  whereText: ((place: Placement) => string) | undefined,
  context: CheckContext,
): MadeQuery | undefined {
  const options = (place: Placement) => {
    const { schema, name } = place(context.node);
    return { relation: relationName(schema, name), where: whereText?.(place) };
  };
  switch (check.type) {
    case 'not_null':
      return { reads: [], query: (place) => notNullCheck({ ...options(place), columns: check.columns }) };
    case 'unique':
      return { reads: [], query: (place) => uniqueCheck({ ...options(place), columns: check.columns }) };
    case 'accepted_values':
      return {
        reads: [],
        query: (place) => acceptedValuesCheck({ ...options(place), column: check.column, values: check.values }),
      };
    case 'relationships': {
      const parent = relationshipTarget(check.to, context);
      if (parent === undefined) return undefined;
      const query: CheckQuery = (place) => {
        const { schema, name } = place(parent);
        const { column, field } = check;
        const parentName = relationName(schema, name);
        return relationshipsCheck({ ...options(place), columns: [column], parent: parentName, parentColumns: [field] });
      };
      return { reads: [parent], query };
    }
    case 'expression': {
      const expression = sqlText(check.expression, context);
      if (expression === undefined) return undefined;
      const query: CheckQuery = (place) => expressionCheck({ ...options(place), expression: expression.text(place) });
      return { reads: expression.reads, query };
    }
    default:
      return unreachable(check);
  }
}

/** An expression of the author's; relations in its subqueries are resolved as in a model's SQL. */
function sqlText(
  given: Placed<string> | undefined,
  context: CheckContext,
): { readonly text: (place: Placement) => string; readonly reads: readonly NodeId[] } | undefined {
  if (given === undefined) return undefined;
  const { value, at } = given;
  // YAML may fold lines and unescape characters; where it did neither, the very place within the text can be told.
  const isVerbatim = at.file.text.slice(at.start, at.end) === value;
  const locate = (offset: number, end = offset): Place => (isVerbatim ? at.file.place(at.start + offset, at.start + end) : at);
  const parsed = parseExpression(value);
  if (!parsed.ok) {
    const { end, message, offset } = parsed.error;
    context.report(error('DBL1453', `the expression is not valid SQL: ${message}`, locate(offset, end)));
    return undefined;
  }
  const { references } = readsOf(parsed.references, { ...context, reported: new Set(), locate: (offset) => [locate(offset)] });
  return { text: (place) => placedSql({ text: value, references }, place).text, reads: idsOf(references) };
}

const call = /^\s*(ref|source)\s*\(\s*(.*?)\s*\)\s*$/;
const quoted = /^(?:'([^']*)'|"([^"]*)")$/;

/** What `to:` names: `ref('x')`, `source('a', 'b')`, `x` or `schema.x`. */
function relationshipTarget({ value, at }: Placed<string>, context: CheckContext): NodeId | undefined {
  const [, func, inner = ''] = call.exec(value) ?? [];
  let found: NodeId | Unresolved;
  if (func === undefined) {
    const dot = value.indexOf('.');
    const names = dot < 0 ? [value] : [value.slice(0, dot), value.slice(dot + 1)];
    found = context.lookup.ref(names, context.schema);
  } else {
    const names = inner.split(/\s*,\s*/).map((part) => {
      const [, single, double] = quoted.exec(part) ?? [];
      return single ?? double ?? '';
    });
    found = func === 'ref' ? context.lookup.ref(names, context.schema) : context.lookup.source(names[0] ?? '', names[1] ?? '');
  }
  if (typeof found === 'string') return found;
  reportTarget(found, at, context);
  return undefined;
}

function reportTarget(problem: Unresolved, at: Place, context: CheckContext): void {
  context.report(error('DBL1452', problem.message, at, { hint: problem.hint }));
}

/** Stable from run to run, and different for two checks of one table unless they say the same thing. */
function defaultName(check: CheckProperties): string {
  switch (check.type) {
    case 'not_null':
    case 'unique':
      return [check.type, ...check.columns].join('.');
    case 'accepted_values':
    case 'relationships':
      return `${check.type}.${check.column}`;
    case 'row_count':
    case 'row_count_ratio':
      return check.type;
    case 'expression':
      return `expression.${shortHash(check.expression.value)}`;
    case 'command':
      return `command.${shortHash(check.command.join('\0'))}`;
    default:
      return unreachable(check);
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
