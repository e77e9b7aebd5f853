import type { LoadedConfig } from '../config/index.js';
import { didYouMean } from '../diagnostics/index.js';
import type { NodeId } from '../graph/index.js';
import { relationName } from '../sql/index.js';
import { type TemplateFunction, TemplateMistake } from '../template/index.js';
import type { RelationName } from './compiled-project.js';
import type { NameLookup, Unresolved } from './name-lookup.js';

/** The template that is being rendered: what its functions need to know, and what they leave behind. */
export interface Rendering {
  /** undefined for a test. */
  readonly schema: string | undefined;
  /** What `ref()` and `source()` were called for. */
  readonly reads: Set<NodeId>;
  /** Names that no model or source has; reported already, from the static walk. */
  readonly unknown: ReadonlySet<string>;
  config: Readonly<Record<string, unknown>>;
  readonly checkConfig: (options: Readonly<Record<string, unknown>>) => void;
}

/** Gives `ref`, `source`, `config`, `is_incremental`, `var` and `env_var`; `current` tells which template calls them. */
export function templateFunctions(
  config: LoadedConfig,
  lookup: NameLookup,
  relations: ReadonlyMap<NodeId, RelationName>,
  current: () => Rendering,
): Readonly<Record<string, TemplateFunction>> {
  const print = (found: NodeId | Unresolved, names: readonly string[]): string => {
    if (typeof found !== 'string') {
      if (current().unknown.has(names.join('\0'))) return names.map((name) => relationName(undefined, name)).join('.');
      throw new TemplateMistake(found.problem === 'unknown' ? 'DBL1250' : 'DBL1251', found.message, found.hint);
    }
    current().reads.add(found);
    const relation = relations.get(found);
    if (relation === undefined) throw new Error(`${found} has no relation`);
    return relationName(relation.schema, relation.name);
  };
  return {
    ref: (args, keywords) => {
      const names = refArguments(args, keywords);
      return print(lookup.ref(names, current().schema), names);
    },
    source: (args, keywords) => {
      const [source, table] = sourceArguments(args, keywords);
      return print(lookup.source(source, table), [source, table]);
    },
    config: (args, keywords) => {
      if (args.length > 0) {
        throw new TemplateMistake('DBL1252', 'config() takes keyword arguments', "Write config(materialized='view').");
      }
      current().checkConfig(keywords);
      current().config = { ...current().config, ...keywords };
      return '';
    },
    // Every build makes a table anew.
    is_incremental: () => false,
    var: (args, keywords) => {
      const [name, fallback] = nameAndDefault('var', args, keywords);
      if (Object.hasOwn(config.target.vars, name)) return config.target.vars[name];
      if (fallback !== undefined) return fallback;
      throw new TemplateMistake(
        'DBL1253',
        `the variable "${name}" has no value`,
        didYouMean(name, Object.keys(config.target.vars)) ??
          `Give it one under "vars" in the configuration, by --vars, or by var('${name}', default).`,
      );
    },
    env_var: (args, keywords) => {
      const [name, fallback] = nameAndDefault('env_var', args, keywords);
      const value = Object.hasOwn(config.env, name) ? config.env[name] : undefined;
      if (value !== undefined) return value;
      if (fallback !== undefined) return fallback;
      throw new TemplateMistake(
        'DBL1254',
        `the environment variable "${name}" is not set`,
        `Set it, add it to .env, or give a default: env_var('${name}', 'default').`,
      );
    },
  };
}

export function refArguments(args: readonly unknown[], keywords: Readonly<Record<string, unknown>>): readonly string[] {
  const right = (args.length === 1 || args.length === 2) && args.every((arg) => typeof arg === 'string' && arg !== '');
  if (!right || Object.keys(keywords).length > 0) {
    throw new TemplateMistake(
      'DBL1252',
      'ref() takes the name of a table, or of a schema and a table',
      "Write ref('arrests') or ref('staging', 'arrests').",
    );
  }
  return args.map(String);
}

export function sourceArguments(
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
): readonly [string, string] {
  const [source, table] = args;
  const right = args.length === 2 && typeof source === 'string' && typeof table === 'string';
  if (!right || Object.keys(keywords).length > 0) {
    throw new TemplateMistake(
      'DBL1252',
      'source() takes the names of a source and of its table',
      "Write source('raw', 'events').",
    );
  }
  return [source, table];
}

function nameAndDefault(
  func: 'var' | 'env_var',
  args: readonly unknown[],
  keywords: Readonly<Record<string, unknown>>,
): readonly [string, unknown] {
  const { default: keywordDefault, ...others } = keywords;
  const [name, fallback = keywordDefault] = args;
  if (typeof name !== 'string' || args.length > 2 || Object.keys(others).length > 0) {
    throw new TemplateMistake(
      'DBL1252',
      `${func}() takes a name and, if you like, a default`,
      `Write ${func}('name') or ${func}('name', 'default').`,
    );
  }
  return [name, fallback];
}
