import { type Code, type Diagnostic, error, type Place } from '../diagnostics/index.js';
import type { ConfigFile } from './find-config-file.js';

/** Keys that lead from the configuration to one of its values: `['targets', 'prod', 'suffix']`. */
export type ConfigPath = readonly (string | number)[];

/** Where in the configuration's source something is shown: at a key, or at the value that follows it. */
export interface ConfigPlace {
  readonly path: ConfigPath;
  readonly part: 'key' | 'value';
}

/** A mistake in what the configuration says. Its place is looked for only when it is shown, for that needs a parser. */
export interface ConfigMistake {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string | undefined;
  /** undefined: the mistake is not in the file, but on the command line or in the environment. */
  readonly at: ConfigPlace | undefined;
  readonly related?: readonly { readonly message: string; readonly at: ConfigPlace }[];
}

const plainKey = /^[A-Za-z_$][\w$]*$/;

/** `targets.prod.schemas['odd name']`, `searchPath[0]`. */
export function pathText(path: ConfigPath): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (!plainKey.test(key)) text += `['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}

/** @param file undefined where the project has no configuration file, so that nothing can be in it. */
export async function toDiagnostics(
  mistakes: readonly ConfigMistake[],
  file: ConfigFile | undefined,
): Promise<Diagnostic[]> {
  const locate = mistakes.some(({ at }) => at !== undefined) && file !== undefined ? await locatorOf(file) : undefined;
  const placeOf = (at: ConfigPlace): Place | string => locate?.(at) ?? file?.source.path ?? '';
  return mistakes.map(({ code, message, hint, at, related }) =>
    error(code, message, at && placeOf(at), {
      hint,
      related: related?.map((other) => ({ message: other.message, at: placeOf(other.at) })),
    }),
  );
}

async function locatorOf(file: ConfigFile): Promise<(at: ConfigPlace) => Place | undefined> {
  const { configLocator } = await import('./config-locator.js');
  return configLocator(file);
}
