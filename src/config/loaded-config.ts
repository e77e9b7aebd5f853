import type { SourceFile } from '../diagnostics/index.js';

/** The configuration after loading, validation and defaults. */
export interface LoadedConfig {
  /** The project's folder, absolute. */
  readonly folder: string;
  /** undefined where the project has no configuration file and is built from defaults. */
  readonly file: SourceFile | undefined;
  readonly name: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly searchPath: readonly string[];
  readonly undeclaredSources: 'error' | 'warn' | 'allow';
  /** undefined: as many as `defaultThreads` says. */
  readonly threads: number | undefined;
  readonly comments: boolean;
  readonly target: Target;
  readonly targetNames: readonly string[];
  /** The environment that templates and connections see: `process.env` over `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly connection: Connection;
}

/** One target, resolved: what `--target` chose. */
export interface Target {
  readonly name: string;
  readonly schemas: Readonly<Record<string, string>>;
  readonly suffix: string;
  /** The project's, the target's and the command line's variables, the later over the earlier. */
  readonly vars: Readonly<Record<string, unknown>>;
  readonly inPlace: boolean;
}

/** How to reach the database. The password is kept out of every message; `describeConnection` prints the rest. */
export type Connection =
  | { readonly kind: 'embedded'; /** `.dbl/pg` of the project, absolute. */ readonly folder: string }
  | {
      readonly kind: 'server';
      readonly origin: 'DBL_DATABASE_URL' | 'config' | 'environment';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      /** undefined: `.pgpass` is asked, as libpq would. */
      readonly password: string | undefined;
      readonly database: string;
      readonly ssl: boolean | TlsSettings;
    };

/** PEM texts, read already. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The schema in the database that a logical schema means in a target. */
export function physicalSchema(target: Target, logical: string): string {
  return Object.hasOwn(target.schemas, logical) ? (target.schemas[logical] ?? logical) : logical + target.suffix;
}
