import type { Place, SourceFile } from '../diagnostics/index.js';

/** What the folder of a project holds, read but not yet understood. Everything is in a fixed order: by path. */
export interface ProjectFiles {
  readonly models: readonly ModelFile[];
  /** Files that were meant as models, and cannot be used as was reported: paths by the names that their tables probably have. */
  readonly unusable: ReadonlyMap<string, string>;
  readonly tests: readonly TestFile[];
  readonly macros: readonly SourceFile[];
  readonly properties: Properties;
  /** Reads a template for `{% include %}` and `{% import %}`: a path relative to the project's folder, or to `macros/`. */
  readonly readTemplate: (name: string) => SourceFile | undefined;
}

/** `POPULATE-<schema>-<table>.sql` */
export interface ModelFile {
  readonly schema: string;
  readonly table: string;
  readonly file: SourceFile;
}

/** `tests/a/b.sql` has the name `a.b`. */
export interface TestFile {
  readonly name: string;
  readonly file: SourceFile;
}

/** A value of a YAML file and where it stands, so that what is found wrong later can be shown there. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Place;
}

export interface Properties {
  readonly models: readonly ModelProperties[];
  readonly sources: readonly SourceProperties[];
}

export interface ModelProperties {
  /** `agencies` or `staging.agencies`, as written. */
  readonly name: Placed<string>;
  readonly description: string | undefined;
  readonly columns: readonly ColumnProperties[];
  /** Checks of the table as a whole. */
  readonly checks: readonly CheckProperties[];
  /** `config:`, the same keys as `config()` takes in a template; a template's own beat them. */
  readonly config: Readonly<Record<string, Placed<unknown>>>;
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface ColumnProperties {
  readonly name: Placed<string>;
  readonly description: string | undefined;
  readonly checks: readonly CheckProperties[];
}

export interface SourceProperties {
  readonly name: Placed<string>;
  /** The schema in the database; the source's name where the file gives none. */
  readonly schema: string;
  readonly description: string | undefined;
  readonly tables: readonly SourceTableProperties[];
}

export interface SourceTableProperties {
  readonly name: Placed<string>;
  /** The table's name in the database; its `name` where the file gives none. */
  readonly identifier: string;
  readonly description: string | undefined;
  readonly columns: readonly ColumnProperties[];
  readonly tags: readonly string[];
}

/**
 * A check as the YAML file gives it, its arguments validated in form; what they name (columns, models) is not looked at yet.
 * A column's check has the column's name in `columns` (`not_null`, `unique`) or in `column`.
 */
export type CheckProperties = CheckOptions &
  (
    | { readonly type: 'not_null'; readonly columns: readonly string[] }
    | { readonly type: 'unique'; readonly columns: readonly string[] }
    | { readonly type: 'accepted_values'; readonly column: string; readonly values: readonly (string | number | boolean)[] }
    | { readonly type: 'relationships'; readonly column: string; /** `ref('x')`, `source('a', 'b')`, `x` or `schema.x`, as written. */ readonly to: Placed<string>; readonly field: string }
    | { readonly type: 'row_count'; readonly min: number | undefined; readonly max: number | undefined }
    | { readonly type: 'row_count_ratio'; readonly min: number | undefined; readonly max: number | undefined; readonly against: 'published' | 'production' }
    | { readonly type: 'expression'; readonly expression: Placed<string> }
    | { readonly type: 'command'; /** Program and arguments; run in the project's folder. */ readonly command: readonly string[] }
  );

export interface CheckOptions {
  /** The check's type, where it stands in the file: mistakes about the check as a whole are shown here. */
  readonly at: Place;
  /** `name:`, where the author gave one. */
  readonly name: string | undefined;
  readonly severity: 'error' | 'warn';
  readonly description: string | undefined;
  /** `where:` an SQL condition; only rows that fulfil it are checked. */
  readonly where: Placed<string> | undefined;
}
