import { type Diagnostic, hasErrors, type Result, type SourceFile } from '../diagnostics/index.js';
import { builtIns } from './built-ins.js';
import { lint } from './lint.js';
import { MacroLibrary } from './macro-library.js';
import { parseTemplate } from './parsing.js';
import { render } from './rendering.js';
import type { Rendered, StaticCall, TemplateFunction } from './rendered.js';
import { StaticCalls } from './static-calls.js';
import type { Template } from './template.js';

interface TemplateEngineOptions {
  /** Finds what `{% include %}`, `{% import %}` and `{% from %}` name; undefined where there is no such file. */
  readonly readTemplate: (name: string) => SourceFile | undefined;
  /** Callable by name everywhere, in macros too. */
  readonly functions: Readonly<Record<string, TemplateFunction>>;
}

/**
 * Nunjucks for SQL: the language of Nunjucks 3 without `extends`, `block` and asynchronous tags, strict about undefined names,
 * with the macros of the project callable everywhere. Everything is synchronous, and nothing reaches the JavaScript behind the
 * values: of objects a template sees its own properties alone.
 */
export class TemplateEngine {
  readonly #readTemplate: TemplateEngineOptions['readTemplate'];
  readonly #functions: ReadonlyMap<string, TemplateFunction>;
  readonly #macros: MacroLibrary;
  readonly #staticCalls: StaticCalls;
  readonly #holders = new WeakSet<object>();
  /** What `readTemplate` gave, parsed once. */
  readonly #included = new Map<string, Result<Template> | undefined>();

  constructor({ readTemplate, functions }: TemplateEngineOptions) {
    this.#readTemplate = readTemplate;
    this.#functions = new Map(Object.entries({ ...builtIns, ...functions }));
    this.#macros = new MacroLibrary(new Set(this.#functions.keys()));
    this.#staticCalls = new StaticCalls(this.#macros, (name) => this.#include(name)?.value);
  }

  /** Makes every macro of every file callable by name everywhere, but for names with a leading underscore, which stay in their file. */
  loadMacros(files: readonly SourceFile[]): readonly Diagnostic[] {
    return this.#macros.load(files, (file) => this.parse(file));
  }

  /** There is a value even where names in it are wrong; it is undefined where the syntax is. */
  parse(file: SourceFile): Result<Template> {
    const parsed = parseTemplate(file);
    return parsed.value === undefined ? parsed : lint(parsed.value, this.#functions);
  }

  /**
   * The calls of functions with these names that the template holds, in every branch, taken or not; those in macros, includes
   * and imports that it reaches too.
   */
  staticCalls(template: Template, names: ReadonlySet<string>): readonly StaticCall[] {
    return this.#staticCalls.of(template, names);
  }

  /** Without a value where there are mistakes. `variables` are seen everywhere, inside macros too, and should be frozen by their owner. */
  render(template: Template, variables: Readonly<Record<string, unknown>>): Result<Rendered> {
    return render(template, {
      variables,
      functions: this.#functions,
      macros: this.#macros,
      holders: this.#holders,
      include: (name) => this.#include(name),
    });
  }

  #include(name: string): Result<Template> | undefined {
    if (!this.#included.has(name)) {
      const file = this.#readTemplate(name);
      this.#included.set(name, file === undefined ? undefined : withoutBroken(this.parse(file)));
    }
    return this.#included.get(name);
  }
}

/** A template with errors is not run from another one. */
function withoutBroken(parsed: Result<Template>): Result<Template> {
  return hasErrors(parsed.diagnostics) ? { value: undefined, diagnostics: parsed.diagnostics } : parsed;
}
