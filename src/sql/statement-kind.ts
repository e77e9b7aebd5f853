import { isNode, nodeAt, nodesAt, stringAt, taggedAt, untag } from './ast.js';
import type { AstNode, Statement } from './parsed-sql.js';

const dataModifying: ReadonlyMap<string, string> = new Map([
  ['InsertStmt', 'INSERT'],
  ['UpdateStmt', 'UPDATE'],
  ['DeleteStmt', 'DELETE'],
  ['MergeStmt', 'MERGE'],
]);

/** What the parser's name of a statement does not say by itself. */
const names: ReadonlyMap<string, string> = new Map([
  ...dataModifying,
  ['SelectStmt', 'SELECT'],
  ['CreateStmt', 'CREATE TABLE'],
  ['ViewStmt', 'CREATE VIEW'],
  ['IndexStmt', 'CREATE INDEX'],
  ['RuleStmt', 'CREATE RULE'],
  ['CreateSeqStmt', 'CREATE SEQUENCE'],
  ['CreateTrigStmt', 'CREATE TRIGGER'],
  ['CreatePLangStmt', 'CREATE LANGUAGE'],
  ['CreatedbStmt', 'CREATE DATABASE'],
  ['DropdbStmt', 'DROP DATABASE'],
  ['CompositeTypeStmt', 'CREATE TYPE'],
  ['CreateEnumStmt', 'CREATE TYPE'],
  ['CreateRangeStmt', 'CREATE TYPE'],
  ['RefreshMatViewStmt', 'REFRESH MATERIALIZED VIEW'],
  ['GrantRoleStmt', 'GRANT'],
  ['VariableSetStmt', 'SET'],
  ['VariableShowStmt', 'SHOW'],
  ['ConstraintsSetStmt', 'SET CONSTRAINTS'],
  ['CheckPointStmt', 'CHECKPOINT'],
]);

/** True for what yields rows and does nothing else: SELECT, VALUES, TABLE, also after WITH and in set operations; not SELECT INTO. */
export function isQuery(statement: Statement): boolean {
  return statement.kind === 'SelectStmt' && !selectsInto(statement.node);
}

/** True where one of the statement's CTEs, at any depth, is an INSERT, UPDATE, DELETE or MERGE. */
export function modifiesData(statement: Statement): boolean {
  return modifyingCte(statement) !== undefined;
}

/** What people call a statement: `INSERT`, `CREATE TABLE AS`, `SELECT INTO`, `WITH … DELETE in a query`. */
export function describeStatement(statement: Statement): string {
  const { kind, node } = statement;
  if (kind === 'SelectStmt') {
    if (selectsInto(node)) return 'SELECT INTO';
    const modifying = modifyingCte(statement);
    return modifying === undefined ? 'SELECT' : `WITH … ${modifying} in a query`;
  }
  return byDetails(kind, node) ?? names.get(kind) ?? spellOut(kind);
}

/** Names that depend on what the statement is about. */
function byDetails(kind: string, node: AstNode): string | undefined {
  switch (kind) {
    case 'CreateTableAsStmt':
      return stringAt(node, 'objtype') === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS';
    case 'CreateFunctionStmt':
      return node['is_procedure'] === true ? 'CREATE PROCEDURE' : 'CREATE FUNCTION';
    case 'DropStmt':
      return `DROP ${objectName(stringAt(node, 'removeType'))}`;
    case 'AlterTableStmt':
      return `ALTER ${objectName(stringAt(node, 'objtype'))}`;
    case 'RenameStmt':
      return `ALTER ${objectName(stringAt(node, 'renameType'))}`;
    case 'AlterObjectSchemaStmt':
    case 'AlterOwnerStmt':
      return `ALTER ${objectName(stringAt(node, 'objectType'))}`;
    case 'TransactionStmt':
      return spellConstant(stringAt(node, 'kind'), 'TRANS_STMT_');
    case 'GrantStmt':
      return node['is_grant'] === true ? 'GRANT' : 'REVOKE';
    case 'VacuumStmt':
      return node['is_vacuumcmd'] === true ? 'VACUUM' : 'ANALYZE';
    case 'DefineStmt':
      return `CREATE ${objectName(stringAt(node, 'kind'))}`;
    default:
      return undefined;
  }
}

function objectName(constant: string | undefined): string {
  return spellConstant(constant, 'OBJECT_').replace('MATVIEW', 'MATERIALIZED VIEW');
}

function spellConstant(constant: string | undefined, prefix: string): string {
  return (constant ?? prefix).slice(prefix.length).replaceAll('_', ' ');
}

/** `CreateSchemaStmt` as `CREATE SCHEMA`. */
function spellOut(kind: string): string {
  return kind
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

/** INTO belongs to the first arm of a set operation. */
function selectsInto(select: AstNode): boolean {
  let first = select;
  for (let arm = nodeAt(first, 'larg'); arm !== undefined; arm = nodeAt(arm, 'larg')) first = arm;
  return first['intoClause'] !== undefined;
}

function modifyingCte({ node }: Statement): string | undefined {
  const pending: AstNode[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const withClause = nodeAt(next, 'withClause');
    for (const item of withClause === undefined ? [] : nodesAt(withClause, 'ctes')) {
      const [tag] = taggedAt(untag(item, 'CommonTableExpr') ?? {}, 'ctequery') ?? [];
      const name = tag === undefined ? undefined : dataModifying.get(tag);
      if (name !== undefined) return name;
    }
    for (const key in next) {
      const value = next[key];
      if (Array.isArray(value)) for (const item of value) pending.push(...(isNode(item) ? [item] : []));
      else if (isNode(value)) pending.push(value);
    }
  }
  return undefined;
}
