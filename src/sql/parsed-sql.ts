/** A text of SQL as Postgres's parser read it. All offsets are UTF-16 offsets into `text`. */
export interface ParsedSql {
  readonly text: string;
  readonly statements: readonly Statement[];
}

export interface Statement {
  /** The parser's name of the node: `SelectStmt`, `InsertStmt`, … */
  readonly kind: string;
  readonly node: AstNode;
  readonly start: number;
  /** Exclusive; the semicolon is not part of the statement. */
  readonly end: number;
}

/** A node of the parser's tree, as JSON gives it; its `location`s are **byte** offsets, see `byteOffsets`. */
export interface AstNode {
  readonly [key: string]: unknown;
}

/** Why a text is no SQL. */
export interface SqlSyntaxError {
  readonly message: string;
  /** UTF-16; where the text ended too early, the end of the last thing in it that is no white space or comment. */
  readonly offset: number;
  /** Where the word ends that the parser did not expect; `offset` where there is none. */
  readonly end: number;
  /** What was probably meant, a full sentence. */
  readonly hint: string | undefined;
}

/** A relation that a statement names: never the name of a CTE, an alias or a function. */
export interface TableReference {
  /** undefined where the text gives none. */
  readonly schema: string | undefined;
  readonly name: string;
  /** Where the schema begins, or the name where there is no schema. */
  readonly start: number;
  /** Where the name ends. */
  readonly end: number;
  /** True where the statement writes to it (INSERT, UPDATE, DELETE, MERGE, CREATE, …). */
  readonly write: boolean;
}

/** `staging.arrests.id` in an expression: its table must be moved along with the reference in FROM. */
export interface QualifiedColumn {
  readonly schema: string;
  readonly table: string;
  readonly start: number;
  /** Where the table's name ends. */
  readonly end: number;
}

export interface References {
  readonly tables: readonly TableReference[];
  readonly columns: readonly QualifiedColumn[];
  /** The names of all CTEs, wherever they are visible. */
  readonly ctes: readonly string[];
}

/** Replaces `text.slice(start, end)`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}
