import { type Diagnostic, hasErrors, type Place, SourceFile } from '../../../src/diagnostics/index.js';
import { type Rendered, TemplateEngine, type TemplateFunction, TemplateMistake } from '../../../src/template/index.js';

/** Text of each file by path; those below `macros/` are loaded as macros, the others can be included. */
export type Files = Readonly<Record<string, string>>;

export const functions: Readonly<Record<string, TemplateFunction>> = {
  ref: (args) => `staging.${args.map(String).join('.')}`,
  config: () => '',
  pick: ([value]) => value,
  refuse: () => {
    throw new TemplateMistake('DBL1250', 'no model is named "agencis"', 'Did you mean "agencies"?');
  },
};

export interface Run {
  readonly engine: TemplateEngine;
  readonly loading: readonly Diagnostic[];
  readonly diagnostics: readonly Diagnostic[];
  readonly rendered: Rendered | undefined;
}

/** Loads the macros, then parses and renders `m`. Macros' own mistakes are in `loading`. */
export function run(files: Files, variables: Readonly<Record<string, unknown>> = {}): Run {
  const sources = new Map(Object.entries(files).map(([path, text]) => [path, new SourceFile(path, text)]));
  const engine = new TemplateEngine({ readTemplate: (name) => sources.get(name), functions });
  const loading = engine.loadMacros([...sources.values()].filter(({ path }) => path.startsWith('macros/')));
  const file = sources.get('m');
  if (file === undefined) return { engine, loading, diagnostics: [], rendered: undefined };
  const parsed = engine.parse(file);
  if (parsed.value === undefined || hasErrors(parsed.diagnostics)) {
    return { engine, loading, diagnostics: parsed.diagnostics, rendered: undefined };
  }
  const { diagnostics, value } = engine.render(parsed.value, variables);
  return { engine, loading, diagnostics, rendered: value };
}

/** The text, where nothing is wrong. */
export function text(template: string, variables?: Readonly<Record<string, unknown>>): string {
  const { diagnostics, rendered } = run({ m: template }, variables);
  if (rendered === undefined) throw new Error(diagnostics.map(show).join('\n'));
  return rendered.text;
}

export function position({ file, start }: Place): string {
  const { column, line } = file.position(start);
  return `${file.path}:${line}:${column}`;
}

/** `code place < calledFrom: message (hint)` */
function show({ at, calledFrom = [], code, hint, message, related = [] }: Diagnostic): string {
  const places = [at, ...calledFrom].map((place) => (typeof place === 'object' ? position(place) : String(place)));
  const notes = related.map((note) => `\n  ${typeof note.at === 'object' ? position(note.at) : note.at}: ${note.message}`);
  return `${code} ${places.join(' < ')}: ${message}${hint === undefined ? '' : ` (${hint})`}${notes.join('')}`;
}

/** All that is wrong with the files, one line each. */
export function mistakes(files: Files, variables?: Readonly<Record<string, unknown>>): string[] {
  const { diagnostics, loading } = run(files, variables);
  return [...loading, ...diagnostics].map(show);
}

export function underlined(diagnostic: Diagnostic | undefined): string | undefined {
  const at = diagnostic?.at;
  return typeof at === 'object' ? at.file.text.slice(at.start, at.end) : undefined;
}
