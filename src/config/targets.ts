import { didYouMean } from '../diagnostics/index.js';
import { type ConfigMistake, type ConfigPath, pathText } from './config-mistake.js';
import type { Config, TargetConfig } from './define-config.js';
import {
  foreignProductionProblem,
  inPlaceProblem,
  schemaNameProblem,
  sharedSchemaProblem,
} from './physical-schemas.js';

const defaultTargetName = 'staging_dev';
export const defaultSuffix = '_dev';

type Targets = Readonly<Record<string, TargetConfig>>;

/** The target that `--target` asks for, or `DBL_TARGET`, which is easily forgotten. */
interface AskedTarget {
  readonly name: string;
  readonly byEnvironment: boolean;
}

export interface TargetChoice {
  readonly name: string | undefined;
  readonly mistakes: readonly ConfigMistake[];
}

/** The targets of a configuration; the built-in one where it has none. */
export function targetsOf(config: Config): Targets {
  const targets = config.targets ?? {};
  return Object.keys(targets).length === 0 ? { [defaultTargetName]: {} } : targets;
}

/**
 * Chooses the target that is meant: the named one, else `defaultTarget`, else the only one. `name` is undefined where that
 * cannot be told. Whether `defaultTarget` exists is checked even where another is named.
 */
export function chooseTarget(config: Config, asked: AskedTarget | undefined): TargetChoice {
  const names = Object.keys(targetsOf(config));
  const { defaultTarget } = config;
  const mistakes: ConfigMistake[] = [];
  if (defaultTarget !== undefined && !names.includes(defaultTarget)) {
    mistakes.push(unknownTarget(defaultTarget, names, ['defaultTarget']));
  }
  if (asked !== undefined) {
    if (names.includes(asked.name)) return { name: asked.name, mistakes };
    const mistake = unknownTarget(asked.name, names, undefined);
    const message = asked.byEnvironment ? `${mistake.message}, which DBL_TARGET asks for` : mistake.message;
    return { name: undefined, mistakes: [...mistakes, { ...mistake, message }] };
  }
  if (defaultTarget !== undefined) return { name: mistakes.length === 0 ? defaultTarget : undefined, mistakes };
  return names.length === 1 ? { name: names[0], mistakes } : { name: undefined, mistakes: [noChoice(names)] };
}

function noChoice(names: readonly string[]): ConfigMistake {
  return {
    code: 'DBL1013',
    message: `no target is chosen: there are ${list(names)}`,
    hint: `Name one with --target or DBL_TARGET, or set "defaultTarget" in the configuration.`,
    at: { path: ['targets'], part: 'key' },
  };
}

function unknownTarget(name: string, names: readonly string[], path: ConfigPath | undefined): ConfigMistake {
  const near = didYouMean(name, names);
  const all = names.length === 1 ? `The only target is ${list(names)}.` : `The targets are ${list(names)}.`;
  return {
    code: 'DBL1012',
    message: `no target is named "${name}"`,
    hint: near === undefined ? all : `${near} ${all}`,
    at: path && { path, part: 'value' },
  };
}

/** What a target says about schemas, checked as far as it can be without knowing the project's models. */
export function checkTarget(name: string, target: TargetConfig): ConfigMistake[] {
  return [...checkName(name), ...checkSuffix(name, target), ...checkSchemas(name, target)];
}

function checkName(name: string): ConfigMistake[] {
  if (name !== '') return [];
  const at = { path: ['targets', ''], part: 'key' } as const;
  return [{ code: 'DBL1011', message: 'a target must have a name', hint: 'Write a name between the quotes.', at }];
}

function checkSuffix(name: string, { suffix, inPlace }: TargetConfig): ConfigMistake[] {
  if (suffix === undefined) return [];
  const path = ['targets', name, 'suffix'];
  const at = { path, part: 'value' } as const;
  if (suffix === '') {
    if (inPlace === true) return [];
    const message = `with an empty suffix the target "${name}" would build straight into production`;
    const hint = `Write a suffix such as "${defaultSuffix}" and promote, or say "inPlace: true" in the target if you mean it.`;
    return [{ code: 'DBL1016', message, hint, at }];
  }
  // The shortest logical schema there can be: what is wrong with it is wrong with every other.
  const problem = schemaNameProblem(`x${suffix}`);
  if (problem === undefined) return [];
  const { code, hint } = problem;
  return [{ code, message: `"${pathText(path)}" makes names that no schema can have`, hint, at }];
}

function checkSchemas(name: string, { schemas = {}, inPlace }: TargetConfig): ConfigMistake[] {
  const mistakes: ConfigMistake[] = [];
  const owners = new Map<string, string>();
  for (const [logical, physical] of Object.entries(schemas)) {
    const path = ['targets', name, 'schemas', logical];
    const at = { path, part: 'value' } as const;
    if (logical === '') {
      const message = `"${pathText(path.slice(0, -1))}" maps a schema without a name`;
      mistakes.push({ code: 'DBL1014', message, hint: "Write a logical schema's name between the quotes.", at: { path, part: 'key' } });
    }
    const owner = owners.get(physical);
    owners.set(physical, owner ?? logical);
    const unusable = schemaNameProblem(physical);
    if (unusable !== undefined) mistakes.push({ ...unusable, at });
    else if (owner !== undefined) {
      const first = { path: ['targets', name, 'schemas', owner], part: 'value' } as const;
      const related = [{ message: `"${owner}" is mapped here`, at: first }];
      mistakes.push({ ...sharedSchemaProblem(name, owner, logical, physical), at, related });
    } else if (physical === logical) {
      if (inPlace !== true) mistakes.push({ ...inPlaceProblem(name, logical), at });
    } else if (Object.hasOwn(schemas, physical)) {
      mistakes.push({ ...foreignProductionProblem(name, logical, physical), at });
    }
  }
  return mistakes;
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} and ${last}`;
}
