import { namesAt, nodeAt, nodesAt, numberAt, stringAt, tagged, untag } from './ast.js';
import { columnName } from './column-name.js';
import { type FromItem, type Names, readFromItem, readRelation, renamed, type Surroundings } from './from-items.js';
import type { AstNode, ParsedSql } from './parsed-sql.js';
import { byteOffsets } from './positions.js';

export interface OutputColumn {
  readonly name: string;
  /** UTF-16: where the expression, or the star, that gives it begins. */
  readonly offset: number;
}

/** The columns of a relation that is no CTE; undefined where they are not known. */
export type ColumnsOf = (relation: { readonly schema?: string; readonly name: string }) => readonly string[] | undefined;

/** CTEs that are visible at a place, innermost first. Columns are worked out when somebody asks. */
interface CteScope {
  readonly name: string;
  columns(): Names;
  readonly outer: CteScope | undefined;
}

/** A column with its place in bytes, negative where the parser gives none (TABLE, VALUES). */
interface Column {
  readonly name: string;
  readonly location: number;
}

type Columns = readonly Column[] | undefined;

/**
 * The columns that a text's only query yields, in order; a name can occur twice (CREATE TABLE AS refuses that). undefined where they cannot
 * be told: a star over an unknown relation or over a function, NATURAL JOIN, the fields of a composite value.
 */
export function outputColumns(sql: ParsedSql, columnsOf: ColumnsOf): readonly OutputColumn[] | undefined {
  const [statement] = sql.statements;
  if (statement === undefined || sql.statements.length > 1) return undefined;
  const toOffset = byteOffsets(sql);
  const columns = statementColumns(statement.kind, statement.node, undefined, columnsOf);
  return columns?.map(({ name, location }) => ({ name, offset: location < 0 ? statement.start : toOffset(location) }));
}

function statementColumns(kind: string, node: AstNode, outer: CteScope | undefined, columnsOf: ColumnsOf): Columns {
  if (kind === 'SelectStmt') return queryColumns(node, outer, columnsOf);
  const returning = nodeAt(node, 'returningClause');
  const target = nodeAt(node, 'relation');
  if (returning === undefined || target === undefined) return undefined;
  const around = surroundings(withCtes(node, outer, columnsOf), columnsOf);
  // A target is never a CTE.
  const written = readRelation(target, { ...around, relation: (schema, name) => tableColumns(schema, name, columnsOf) });
  const others = [...nodesAt(node, 'fromClause'), ...nodesAt(node, 'usingClause')];
  const read = others.map((item) => readFromItem(item, around));
  const source = node['sourceRelation'] === undefined ? [] : [readFromItem(node['sourceRelation'], around)];
  return targetColumns(nodesAt(returning, 'exprs'), [...source, written, ...read, ...versions(written)], around);
}

/** `old.*` and `new.*` have the target's columns, and add nothing to `*`. */
function versions(target: FromItem): FromItem[] {
  const names = ['old', 'new'];
  const relations = names.map((name) => ({ schema: undefined, name, columns: target.columns }));
  return [{ relations, columns: [] }];
}

/** The first arm of a set operation names the columns; a chain of 10,000 UNIONs is as deep. */
function queryColumns(select: AstNode, outer: CteScope | undefined, columnsOf: ColumnsOf): Columns {
  let arm = select;
  let scope = withCtes(arm, outer, columnsOf);
  for (let left = nodeAt(arm, 'larg'); left !== undefined; left = nodeAt(arm, 'larg')) {
    arm = left;
    scope = withCtes(arm, scope, columnsOf);
  }
  if (arm['valuesLists'] !== undefined) {
    const [, row] = tagged(nodesAt(arm, 'valuesLists')[0]) ?? [];
    return nodesAt(row ?? {}, 'items').map((_, index) => ({ name: `column${index + 1}`, location: -1 }));
  }
  const around = surroundings(scope, columnsOf);
  const from = nodesAt(arm, 'fromClause').map((item) => readFromItem(item, around));
  return targetColumns(nodesAt(arm, 'targetList'), from, around);
}

function targetColumns(targets: readonly AstNode[], from: readonly FromItem[], around: Surroundings): Columns {
  const columns: Column[] = [];
  for (const item of targets) {
    const target = untag(item, 'ResTarget') ?? item;
    const names = targetNames(target, from, around);
    if (names === undefined) return undefined;
    for (const name of names) columns.push({ name, location: numberAt(target, 'location') });
  }
  return columns;
}

function targetNames(target: AstNode, from: readonly FromItem[], around: Surroundings): Names {
  const given = stringAt(target, 'name');
  if (given !== undefined) return [given];
  const expression = target['val'];
  const [tag, node] = tagged(expression) ?? [];
  if (tag === 'ColumnRef' && node !== undefined && endsInStar(nodesAt(node, 'fields'))) {
    return starColumns(namesAt(node, 'fields'), from);
  }
  if (tag === 'A_Indirection' && node !== undefined && endsInStar(nodesAt(node, 'indirection'))) return undefined;
  const name = columnName(expression, (select) => around.query('SelectStmt', select)?.[0]);
  return name === undefined ? undefined : [name];
}

function endsInStar(fields: readonly AstNode[]): boolean {
  return fields.at(-1)?.['A_Star'] !== undefined;
}

/** `qualifier` are the names before the star: none, a relation's, or a schema's and a relation's. */
function starColumns(qualifier: readonly string[], from: readonly FromItem[]): Names {
  const name = qualifier.at(-1);
  if (name === undefined) {
    return from.some(({ columns }) => columns === undefined) ? undefined : from.flatMap(({ columns }) => columns ?? []);
  }
  const schema = qualifier.at(-2);
  const relations = from.flatMap((item) => item.relations);
  return relations.find((relation) => relation.name === name && (schema === undefined || relation.schema === schema))?.columns;
}

function surroundings(scope: CteScope | undefined, columnsOf: ColumnsOf): Surroundings {
  return {
    relation(schema, name) {
      for (let at = schema === undefined ? scope : undefined; at !== undefined; at = at.outer) {
        if (at.name === name) return at.columns();
      }
      return tableColumns(schema, name, columnsOf);
    },
    query: (tag, node) => statementColumns(tag, node, scope, columnsOf)?.map(({ name }) => name),
  };
}

function tableColumns(schema: string | undefined, name: string, columnsOf: ColumnsOf): Names {
  return columnsOf(schema === undefined ? { name } : { schema, name });
}

/** Each CTE sees those before it; with RECURSIVE, all of them and itself. Gives what the statement itself sees. */
function withCtes(node: AstNode, outer: CteScope | undefined, columnsOf: ColumnsOf): CteScope | undefined {
  const withClause = nodeAt(node, 'withClause');
  let all = outer;
  if (withClause === undefined) return all;
  const recursive = withClause['recursive'] === true;
  for (const item of nodesAt(withClause, 'ctes')) {
    const cte = untag(item, 'CommonTableExpr') ?? item;
    const before = all;
    const columns = once(() => cteColumns(cte, recursive ? all : before, columnsOf));
    all = { name: stringAt(cte, 'ctename') ?? '', columns, outer: before };
  }
  return all;
}

function cteColumns(cte: AstNode, scope: CteScope | undefined, columnsOf: ColumnsOf): Names {
  const [kind, query] = tagged(cte['ctequery']) ?? [];
  if (kind === undefined || query === undefined) return undefined;
  const columns = statementColumns(kind, query, scope, columnsOf)?.map(({ name }) => name);
  const added = [
    stringAt(nodeAt(cte, 'search_clause') ?? {}, 'search_seq_column'),
    stringAt(nodeAt(cte, 'cycle_clause') ?? {}, 'cycle_mark_column'),
    stringAt(nodeAt(cte, 'cycle_clause') ?? {}, 'cycle_path_column'),
  ].filter((name) => name !== undefined);
  return columns && [...renamed(columns, namesAt(cte, 'aliascolnames')), ...added];
}

/** Asked for while being worked out (a CTE whose columns are its own), the answer is unknown. */
function once(compute: () => Names): () => Names {
  let made: { readonly names: Names } | undefined;
  return () => {
    if (made === undefined) {
      made = { names: undefined };
      made = { names: compute() };
    }
    return made.names;
  };
}
