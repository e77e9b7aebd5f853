import { basename, resolve } from 'node:path';
import { failed, hasErrors, isGood, ok, type Result } from '../diagnostics/index.js';
import { type ConfigMistake, toDiagnostics } from './config-mistake.js';
import { type ConfiguredDatabase, resolveConnection } from './connection.js';
import { applyToProcess, readEnvironment } from './environment.js';
import { type ConfigFile, findConfigFile } from './find-config-file.js';
import type { LoadedConfig, Target } from './loaded-config.js';
import { checkTarget, chooseTarget, defaultSuffix, targetsOf } from './targets.js';
import type { Validated } from './validate.js';

export interface LoadConfigOptions {
  readonly projectDir: string;
  /** `--config`, relative to the working directory; undefined: the file is looked for in the project's folder. */
  readonly configPath?: string | undefined;
  /** `--target`; undefined: `DBL_TARGET`, else the configuration says. */
  readonly targetName?: string | undefined;
  /** `--vars`. */
  readonly vars?: Readonly<Record<string, unknown>> | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Reads `.env`, evaluates and checks the configuration file, and chooses target and connection. Without a file a folder that
 * has `models/` is a project with defaults. No value comes with mistakes. What `.env` sets is set in this process too.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<Result<LoadedConfig>> {
  const folder = resolve(options.projectDir);
  const found = findConfigFile(folder, options.configPath);
  const environment = readEnvironment(folder, options.env);
  if (!isGood(found) || !isGood(environment)) return failed(...found.diagnostics, ...environment.diagnostics);
  applyToProcess(environment.value);

  const { file } = found.value;
  const evaluated = file === undefined ? ok({}) : await evaluate(folder, file);
  if (!isGood(evaluated)) return failed(...evaluated.diagnostics);
  const validated = await validateLazily(evaluated.value);
  const { target, mistakes } = checkTargets(validated, options, environment.value.merged['DBL_TARGET']);
  const connection = connect(validated, target?.name, { folder, env: environment.value.merged });
  const connectionMistakes = Array.isArray(connection) ? connection : [];
  const diagnostics = [
    ...evaluated.diagnostics,
    ...(await toDiagnostics([...validated.mistakes, ...mistakes, ...connectionMistakes], file)),
  ];
  if (hasErrors(diagnostics) || target === undefined || connection === undefined || Array.isArray(connection)) {
    return failed(...diagnostics);
  }
  const { config } = validated;
  return ok(
    {
      folder,
      file: file?.source,
      name: config.name ?? basename(folder),
      vars: withoutUndefined(config.vars ?? {}),
      searchPath: config.searchPath ?? [],
      undeclaredSources: config.undeclaredSources ?? 'error',
      threads: config.threads,
      comments: config.comments ?? false,
      target,
      targetNames: Object.keys(targetsOf(config)),
      env: environment.value.merged,
      connection,
    },
    diagnostics,
  );
}

async function evaluate(folder: string, file: ConfigFile): Promise<Result<object>> {
  const { evaluateConfig } = await import('./evaluate-config.js');
  return evaluateConfig(folder, file);
}

/** The validator takes longer to load than everything else here, and there is nothing to check about an empty configuration. */
async function validateLazily(value: object): Promise<Validated> {
  if (Object.keys(value).length === 0) return { config: {}, mistakes: [] };
  const { validate } = await import('./validate.js');
  return validate(value);
}

interface CheckedTargets {
  readonly target: Target | undefined;
  readonly mistakes: readonly ConfigMistake[];
}

function checkTargets({ config, mistakes: formal }: Validated, options: LoadConfigOptions, ofEnvironment: string | undefined): CheckedTargets {
  const wrongForm = (...path: readonly string[]): boolean =>
    formal.some(({ at }) => path.every((key, index) => at.path[index] === key));
  const targets = targetsOf(config);
  const mistakes: ConfigMistake[] = [];
  for (const [name, target] of Object.entries(targets)) {
    // What is left of a target of the wrong form could look like another mistake.
    if (!wrongForm('targets', name)) mistakes.push(...checkTarget(name, target));
  }
  // A target that is no object, or all of them, are not among `targets`; then no name can be called unknown.
  const someAreGone = formal.some(({ at: { path } }) => path[0] === 'targets' && path.length <= 2);
  if (someAreGone || wrongForm('defaultTarget')) return { target: undefined, mistakes };
  const asked = [
    { name: options.targetName ?? '', byEnvironment: false },
    { name: ofEnvironment ?? '', byEnvironment: true },
  ];
  const choice = chooseTarget(config, asked.find(({ name }) => name !== ''));
  mistakes.push(...choice.mistakes);
  if (choice.name === undefined) return { target: undefined, mistakes };
  const chosen = targets[choice.name] ?? {};
  const target: Target = {
    name: choice.name,
    schemas: chosen.schemas ?? {},
    suffix: chosen.suffix ?? defaultSuffix,
    vars: withoutUndefined({ ...config.vars, ...withoutUndefined(chosen.vars ?? {}), ...options.vars }),
    inPlace: chosen.inPlace ?? false,
  };
  return { target, mistakes };
}

/** A variable that is undefined, such as `process.env.YEAR`, is one that is not given. */
function withoutUndefined(vars: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== undefined));
}

/** undefined: which `database` counts cannot be told, or its form is wrong, as is reported already. */
function connect(
  { config, mistakes: formal }: Validated,
  targetName: string | undefined,
  context: Parameters<typeof resolveConnection>[1],
): ReturnType<typeof resolveConnection> | undefined {
  if (targetName === undefined) return undefined;
  const own = config.targets?.[targetName]?.database;
  const chosen: ConfiguredDatabase | undefined =
    own !== undefined
      ? { value: own, path: ['targets', targetName, 'database'] }
      : config.database === undefined
        ? undefined
        : { value: config.database, path: ['database'] };
  const wrongForm = formal.some(({ at: { path } }) => path.includes('database'));
  return wrongForm ? undefined : resolveConnection(chosen, context);
}

