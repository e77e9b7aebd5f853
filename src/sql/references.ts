import { isNode, isTag, namesAt, nodeAt, nodesAt, numberAt, stringAt, untag } from './ast.js';
import { identifierEnd, skipTrivia } from './lexer.js';
import type { AstNode, ParsedSql, QualifiedColumn, References, TableReference } from './parsed-sql.js';
import { byteOffsets } from './positions.js';

/** The names of the CTEs that are visible at a place, innermost first. */
interface CteScope {
  readonly name: string;
  readonly outer: CteScope | undefined;
}

interface Visit {
  readonly node: AstNode;
  /** The tag of the node, or of the nearest tagged one around it. */
  readonly owner: string;
  readonly scope: CteScope | undefined;
}

/** Where a relation that is given as such (and not in a list of things to read from) is read all the same. */
const readers: ReadonlySet<string> = new Set(['TableLikeClause', 'Constraint', 'VacuumRelation']);

/** Where a list of relations is one of targets. */
const writers: ReadonlySet<string> = new Set(['TruncateStmt']);

/**
 * The relations that a text names, and the columns that name their schema too; both by their place in the text. What DROP and COMMENT ON
 * name is not among them: the parser does not say where those names are.
 */
export function references(sql: ParsedSql): References {
  const found = new Finder(sql);
  for (const { kind, node } of sql.statements) found.walk(kind, node);
  return found.references();
}

/** Walks with a stack of its own: a chain of 10,000 UNIONs is a tree as deep. */
class Finder {
  readonly #text: string;
  readonly #toOffset: (byte: number) => number;
  readonly #tables: TableReference[] = [];
  readonly #columnRefs: AstNode[] = [];
  readonly #ctes = new Set<string>();
  readonly #pending: Visit[] = [];

  constructor(sql: ParsedSql) {
    this.#text = sql.text;
    this.#toOffset = byteOffsets(sql);
  }

  walk(kind: string, node: AstNode): void {
    this.#pending.push({ node, owner: kind, scope: undefined });
    for (let visit = this.#pending.pop(); visit !== undefined; visit = this.#pending.pop()) this.#visit(visit);
  }

  references(): References {
    const tables = this.#tables.toSorted((a, b) => a.start - b.start);
    return { tables, columns: this.#qualifiedColumns(), ctes: [...this.#ctes] };
  }

  #visit({ node, owner, scope }: Visit): void {
    const withClause = nodeAt(node, 'withClause');
    const inner = withClause === undefined ? scope : this.#visitCtes(withClause, scope);
    for (const key in node) {
      const value = node[key];
      // The relations of FOR UPDATE OF are aliases.
      if (typeof value !== 'object' || value === null || key === 'withClause' || key === 'lockedRels') continue;
      if (Array.isArray(value)) this.#visitList(value, owner, inner);
      else if (isNode(value)) this.#visitChild(key, value, owner, inner);
    }
  }

  #visitList(list: readonly unknown[], owner: string, scope: CteScope | undefined): void {
    for (const node of list) if (isNode(node)) this.#pending.push({ node, owner, scope });
  }

  #visitChild(key: string, node: AstNode, owner: string, scope: CteScope | undefined): void {
    if (key === 'RangeVar') {
      const isCte = node['schemaname'] === undefined && isVisible(stringAt(node, 'relname'), scope);
      if (!isCte) this.#addTable(node, writers.has(owner));
    } else if (key === 'ColumnRef') {
      if (nodesAt(node, 'fields').length > 2) this.#columnRefs.push(node);
    } else if (!isTag(key) && typeof node['relname'] === 'string') {
      // The target of a statement: never a CTE.
      this.#addTable(node, !readers.has(owner));
    } else {
      this.#pending.push({ node, owner: isTag(key) ? key : owner, scope });
    }
  }

  /** Each CTE sees those before it; with RECURSIVE, all of them. Gives what the statement itself sees. */
  #visitCtes(withClause: AstNode, outer: CteScope | undefined): CteScope | undefined {
    const ctes = nodesAt(withClause, 'ctes').map((item) => untag(item, 'CommonTableExpr') ?? item);
    let all = outer;
    const before: (CteScope | undefined)[] = [];
    for (const cte of ctes) {
      before.push(all);
      const name = stringAt(cte, 'ctename') ?? '';
      all = { name, outer: all };
      this.#ctes.add(name);
    }
    const recursive = withClause['recursive'] === true;
    ctes.forEach((node, index) => {
      this.#pending.push({ node, owner: 'CommonTableExpr', scope: recursive ? all : before[index] });
    });
    return all;
  }

  #addTable(node: AstNode, write: boolean): void {
    const schema = stringAt(node, 'schemaname');
    const name = stringAt(node, 'relname') ?? '';
    const skipped = node['catalogname'] === undefined ? 0 : 1;
    const { start, end } = this.#span(node, skipped, schema === undefined ? 1 : 2);
    this.#tables.push({ schema, name, start, end, write });
  }

  /** To Postgres three names are always schema, table and column, whatever alias is in scope: a field of a composite column needs parentheses. */
  #qualifiedColumns(): QualifiedColumn[] {
    // A table that is named without a schema may turn out to be the one that the column names with it.
    const known = new Set(this.#tables.map(({ schema, name }) => JSON.stringify([schema ?? null, name])));
    const columns: QualifiedColumn[] = [];
    for (const node of this.#columnRefs) {
      const names = namesAt(node, 'fields');
      const skipped = nodesAt(node, 'fields').length - 3;
      const [schema, table] = names.slice(skipped);
      if (schema === undefined || table === undefined || !(known.has(JSON.stringify([schema, table])) || known.has(JSON.stringify([null, table])))) continue;
      columns.push({ schema, table, ...this.#span(node, skipped, 2) });
    }
    return columns.toSorted((a, b) => a.start - b.start);
  }

  /** The stretch of `count` names with dots between them, after `skipped` others. */
  #span(node: AstNode, skipped: number, count: number): { readonly start: number; readonly end: number } {
    let start = this.#toOffset(numberAt(node, 'location'));
    let end = start;
    for (let index = 0; index < skipped + count; index += 1) {
      const at = index === 0 ? start : skipTrivia(this.#text, skipTrivia(this.#text, end) + 1);
      const nameEnd = identifierEnd(this.#text, at);
      if (nameEnd === undefined) throw new Error(`no name at offset ${at} of ${JSON.stringify(this.#text)}`);
      if (index <= skipped) start = at;
      end = nameEnd;
    }
    return { start, end };
  }
}

function isVisible(name: string | undefined, scope: CteScope | undefined): boolean {
  for (let at = scope; at !== undefined; at = at.outer) if (at.name === name) return true;
  return false;
}
