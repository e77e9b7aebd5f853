/** What `dbluigi.config.ts` exports. Every key may be left out: `export default {}` is a valid configuration. */
export interface Config {
  /** The project's name, in the audit schema and in messages. Default: the folder's name. */
  readonly name?: string;
  /** Where the tables are: a URL, fields, or `embedded()`. `DBL_DATABASE_URL` beats it; without it `PG*` count, then `embedded()`. */
  readonly database?: string | DatabaseFields | EmbeddedDatabase;
  /** Without any there is one, `staging_dev`, whose physical schemas are the logical ones with the suffix `_dev`. */
  readonly targets?: Readonly<Record<string, TargetConfig>>;
  /** The target that is meant when none is named. */
  readonly defaultTarget?: string;
  /** What `var('name')` gives; a target's `vars` and `--vars` come on top. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Schemas in which a name without a schema is looked for, after the file's own schema. */
  readonly searchPath?: readonly string[];
  /** What to do about a table that is neither a model nor a declared source. Default: 'error'. */
  readonly undeclaredSources?: 'error' | 'warn' | 'allow';
  /** How many tables are built at the same time. `--threads` and `DBL_THREADS` beat it. */
  readonly threads?: number;
  /** Whether descriptions of models and columns become COMMENTs in the database. Default: false. */
  readonly comments?: boolean;
}

export interface DatabaseFields {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  /** true: verify the server's certificate; an object: as Node's `tls.connect` takes it. */
  readonly ssl?: boolean | SslOptions;
}

export interface SslOptions {
  readonly rejectUnauthorized?: boolean;
  /** Paths of PEM files, relative to the project's folder. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface TargetConfig {
  readonly database?: Config['database'];
  /** Physical schema for each logical one: `{ staging: 'staging_dev' }`. */
  readonly schemas?: Readonly<Record<string, string>>;
  /** Appended to a logical schema that `schemas` does not map. Default: `_dev`. */
  readonly suffix?: string;
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Says that this target may build straight into production: its physical schemas carry the logical names. */
  readonly inPlace?: boolean;
}

/** A Postgres of the project's own, kept in `.dbl/pg/` and started when it is needed. */
export interface EmbeddedDatabase {
  readonly embedded: true;
}

export function embedded(): EmbeddedDatabase {
  return { embedded: true };
}

/** Gives the configuration its type; returns it unchanged. */
export function defineConfig(config: Config): Config {
  return config;
}
