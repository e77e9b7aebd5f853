import { namesAt, nodeAt, nodesAt, stringAt, tagged, untag } from './ast.js';
import type { AstNode } from './parsed-sql.js';

/** The names of columns in order; undefined where they are not known. */
export type Names = readonly string[] | undefined;

/** What `t.*` can mean. */
interface NamedRelation {
  /** Only without an alias can it be named with its schema. */
  readonly schema: string | undefined;
  readonly name: string;
  readonly columns: Names;
}

/** An item of FROM: the relations in it by name, and the columns that `*` takes from it. */
export interface FromItem {
  readonly relations: readonly NamedRelation[];
  readonly columns: Names;
}

/** What is needed of the surroundings: the columns of a table or CTE, and of a subquery. */
export interface Surroundings {
  relation(schema: string | undefined, name: string): Names;
  query(tag: string, node: AstNode): Names;
}

/** Functions that yield one column, which takes the alias's name, else the function's. */
const singleColumn: ReadonlySet<string> = new Set([
  'generate_series',
  'generate_subscripts',
  'regexp_split_to_table',
  'string_to_table',
]);

const unknownItem: FromItem = { relations: [], columns: undefined };

/** Reads an item of FROM. A chain of joins leans to the left and may be long, so it is gone through without recursion. */
export function readFromItem(item: unknown, around: Surroundings): FromItem {
  const joins: AstNode[] = [];
  let leftmost = item;
  for (let join = untag(leftmost, 'JoinExpr'); join !== undefined; join = untag(leftmost, 'JoinExpr')) {
    joins.push(join);
    leftmost = join['larg'];
  }
  let left = readSingle(leftmost, around);
  for (const join of joins.toReversed()) left = joined(join, left, readFromItem(join['rarg'], around));
  return left;
}

export function readRelation(range: AstNode, around: Surroundings): FromItem {
  const schema = stringAt(range, 'schemaname');
  const name = stringAt(range, 'relname') ?? '';
  const columns = around.relation(schema, name);
  const alias = nodeAt(range, 'alias');
  return alias === undefined ? item({ schema, name, columns }) : item(underAlias(alias, columns));
}

function readSingle(value: unknown, around: Surroundings): FromItem {
  const [tag, node] = tagged(value) ?? [];
  if (tag === undefined || node === undefined) return unknownItem;
  const alias = nodeAt(node, 'alias');
  switch (tag) {
    case 'RangeVar':
      return readRelation(node, around);
    case 'RangeTableSample':
      return readSingle(node['relation'], around);
    case 'RangeSubselect': {
      const [queryTag, query] = tagged(node['subquery']) ?? [];
      const columns = queryTag === undefined || query === undefined ? undefined : around.query(queryTag, query);
      return alias === undefined ? { relations: [], columns } : item(underAlias(alias, columns));
    }
    case 'RangeFunction':
      return readFunction(node, alias);
    case 'RangeTableFunc': {
      const columns = nodesAt(node, 'columns').map((column) => stringAt(untag(column, 'RangeTableFuncCol') ?? {}, 'colname') ?? '');
      return alias === undefined ? { relations: [], columns } : item(underAlias(alias, columns));
    }
    default:
      return alias === undefined ? unknownItem : item(underAlias(alias, undefined));
  }
}

/** Only what the text itself says of a function's columns: a definition list, the alias's columns, or a function known to yield one. */
function readFunction(node: AstNode, alias: AstNode | undefined): FromItem {
  const [, first] = tagged(nodesAt(node, 'functions')[0]) ?? [];
  const call = first === undefined ? undefined : untag(nodesAt(first, 'items')[0], 'FuncCall');
  const called = call === undefined ? undefined : namesAt(call, 'funcname').at(-1);
  const name = (alias === undefined ? undefined : stringAt(alias, 'aliasname')) ?? called;
  if (name === undefined) return unknownItem;
  const columns = functionColumns(node, alias, called, name);
  return item({ schema: undefined, name, columns });
}

function functionColumns(node: AstNode, alias: AstNode | undefined, called: string | undefined, name: string): Names {
  const ordinality = node['ordinality'] === true ? ['ordinality'] : [];
  const single = nodesAt(node, 'functions').length === 1;
  const defined = nodesAt(node, 'coldeflist').map((column) => stringAt(untag(column, 'ColumnDef') ?? {}, 'colname') ?? '');
  const aliased = alias === undefined ? [] : namesAt(alias, 'colnames');
  if (defined.length > 0) return [...defined, ...ordinality];
  if (single && called !== undefined && singleColumn.has(called)) return renamed([name, ...ordinality], aliased);
  if (aliased.length === 0) return undefined;
  return single && aliased.length === 1 ? [...aliased, ...ordinality] : aliased;
}

/** The columns of USING come first, once; then the rest of the left, then the rest of the right. */
function joined(join: AstNode, left: FromItem, right: FromItem): FromItem {
  const using = namesAt(join, 'usingClause');
  const known = join['isNatural'] !== true && left.columns !== undefined && right.columns !== undefined;
  const rest = (names: Names): readonly string[] => (names ?? []).filter((name) => !using.includes(name));
  const columns = known ? [...using, ...rest(left.columns), ...rest(right.columns)] : undefined;
  const alias = nodeAt(join, 'alias');
  if (alias !== undefined) return item(underAlias(alias, columns));
  const usingAlias = nodeAt(join, 'join_using_alias');
  const merged = usingAlias === undefined ? [] : [underAlias(usingAlias, using)];
  return { relations: [...left.relations, ...right.relations, ...merged], columns };
}

function item(relation: NamedRelation): FromItem {
  return { relations: [relation], columns: relation.columns };
}

function underAlias(alias: AstNode, columns: Names): NamedRelation {
  const name = stringAt(alias, 'aliasname') ?? '';
  return { schema: undefined, name, columns: columns && renamed(columns, namesAt(alias, 'colnames')) };
}

/** Gives the first columns other names; there may be fewer names than columns. */
export function renamed(columns: readonly string[], names: readonly string[]): readonly string[] {
  return columns.map((column, index) => names[index] ?? column);
}
