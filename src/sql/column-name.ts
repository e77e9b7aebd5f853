import { namesAt, nodeAt, stringAt, tagged, taggedAt } from './ast.js';
import type { AstNode } from './parsed-sql.js';

/** The name that Postgres gives to what has none. */
const noName = '?column?';

const fixedNames: ReadonlyMap<string, string> = new Map([
  ['GroupingFunc', 'grouping'],
  ['MergeSupportFunc', 'merge_action'],
  ['A_ArrayExpr', 'array'],
  ['RowExpr', 'row'],
  ['CoalesceExpr', 'coalesce'],
  ['XmlSerialize', 'xmlserialize'],
  ['JsonParseExpr', 'json'],
  ['JsonScalarExpr', 'json_scalar'],
  ['JsonSerializeExpr', 'json_serialize'],
  ['JsonObjectConstructor', 'json_object'],
  ['JsonArrayConstructor', 'json_array'],
  ['JsonArrayQueryConstructor', 'json_array'],
  ['JsonObjectAgg', 'json_objectagg'],
  ['JsonArrayAgg', 'json_arrayagg'],
]);

const namesByOperation: ReadonlyMap<string, string> = new Map([
  ['AEXPR_NULLIF', 'nullif'],
  ['IS_GREATEST', 'greatest'],
  ['IS_LEAST', 'least'],
  ['IS_XMLCONCAT', 'xmlconcat'],
  ['IS_XMLELEMENT', 'xmlelement'],
  ['IS_XMLFOREST', 'xmlforest'],
  ['IS_XMLPARSE', 'xmlparse'],
  ['IS_XMLPI', 'xmlpi'],
  ['IS_XMLROOT', 'xmlroot'],
  ['JSON_EXISTS_OP', 'json_exists'],
  ['JSON_QUERY_OP', 'json_query'],
  ['JSON_VALUE_OP', 'json_value'],
]);

/** What one level of an expression says: its name, or what is inside decides, and `otherwise` is the name where that has none. */
type Figured =
  | { readonly name: string | undefined }
  | { readonly inner: unknown; readonly otherwise?: string | undefined }
  | { readonly subquery: AstNode };

/**
 * The name of an output column that the query does not name, by the rules of Postgres's `FigureColname`. `firstColumn` gives the name
 * of a scalar subquery's column; where it gives undefined, the name is undefined too. A chain of casts may be long, so this does not recurse.
 * https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/parser/parse_target.c
 */
export function columnName(expression: unknown, firstColumn: (select: AstNode) => string | undefined): string | undefined {
  let otherwise: string | undefined;
  let figured = figure(expression);
  while ('inner' in figured) {
    otherwise ??= figured.otherwise;
    figured = figure(figured.inner);
  }
  if ('subquery' in figured) return firstColumn(figured.subquery);
  return figured.name ?? otherwise ?? noName;
}

function figure(expression: unknown): Figured {
  const [tag, node] = tagged(expression) ?? [];
  if (tag === undefined || node === undefined) return { name: undefined };
  switch (tag) {
    case 'ColumnRef':
      return { name: namesAt(node, 'fields').at(-1) };
    case 'FuncCall':
      return { name: namesAt(node, 'funcname').at(-1) };
    case 'A_Indirection': {
      const field = namesAt(node, 'indirection').at(-1);
      return field === undefined ? { inner: node['arg'] } : { name: field };
    }
    case 'CollateClause':
      return { inner: node['arg'] };
    case 'TypeCast':
      return { inner: node['arg'], otherwise: namesAt(nodeAt(node, 'typeName') ?? {}, 'names').at(-1) };
    case 'CaseExpr':
      return { inner: node['defresult'], otherwise: 'case' };
    case 'SubLink':
      return subLink(node);
    case 'SQLValueFunction':
      return { name: valueFunction(stringAt(node, 'op') ?? '') };
    case 'A_Expr':
      return { name: namesByOperation.get(stringAt(node, 'kind') ?? '') };
    case 'MinMaxExpr':
    case 'XmlExpr':
    case 'JsonFuncExpr':
      return { name: namesByOperation.get(stringAt(node, 'op') ?? '') };
    default:
      return { name: fixedNames.get(tag) };
  }
}

function subLink(node: AstNode): Figured {
  const [, select] = taggedAt(node, 'subselect') ?? [];
  switch (stringAt(node, 'subLinkType') ?? '') {
    case 'EXISTS_SUBLINK':
      return { name: 'exists' };
    case 'ARRAY_SUBLINK':
      return { name: 'array' };
    case 'EXPR_SUBLINK':
      return select === undefined ? { name: undefined } : { subquery: select };
    default:
      return { name: undefined };
  }
}

/** `SVFOP_CURRENT_TIMESTAMP_N` as `current_timestamp`. */
function valueFunction(operation: string): string {
  return operation.replace(/^SVFOP_/, '').replace(/_N$/, '').toLowerCase();
}
