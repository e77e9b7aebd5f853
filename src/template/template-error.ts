import { type Code, type Diagnostic, DiagnosticError, error, type Place, type SourceFile } from '../diagnostics/index.js';
import type { CallNode, TreeNode } from './nunjucks-internals.js';
import { placeOf } from './places.js';
import { TemplateMistake, TemplateMistakes } from './rendered.js';
import { keyOf, splitArguments } from './syntax-tree.js';

type Details = Pick<Diagnostic, 'hint' | 'related'>;

/** Ends a render: the author's mistake, and the calls it is reached through, which are added while they are left. */
export class TemplateError extends Error {
  readonly calledFrom: Place[] = [];

  constructor(readonly mistakes: readonly Diagnostic[]) {
    super(mistakes.map(({ message }) => message).join('\n'));
    this.name = 'TemplateError';
  }

  /** The mistakes as they leave the room. A recursion names each of its calls once. */
  toDiagnostics(): Diagnostic[] {
    return this.mistakes.map((mistake) => {
      const calledFrom = distinct([...(mistake.calledFrom ?? []), ...this.calledFrom]).filter((place) => !isSame(place, mistake.at));
      return calledFrom.length === 0 ? mistake : { ...mistake, calledFrom };
    });
  }
}

function distinct(places: readonly Place[]): Place[] {
  return places.filter((place, index) => places.findIndex((other) => isSame(place, other)) === index);
}

function isSame(place: Place, other: Diagnostic['at']): boolean {
  return typeof other === 'object' && other.file === place.file && other.start === place.start;
}

/** Where a mistake is made: anything that knows the file that its nodes are of. */
export interface Site {
  readonly file: SourceFile;
}

export function fail(site: Site, node: TreeNode, code: Code, message: string, details?: Details): never {
  throw new TemplateError([error(code, message, placeOf(site.file, node), details)]);
}

/** What a function of the host threw, as a mistake at its call; anything but a mistake is a bug and passes unchanged. */
export function asMistakeAt(thrown: unknown, site: Site, node: CallNode): unknown {
  if (thrown instanceof TemplateMistakes) return new TemplateError(thrown.mistakes.map((mistake) => toDiagnostic(mistake, site, node)));
  if (thrown instanceof TemplateMistake) return new TemplateError([toDiagnostic(thrown, site, node)]);
  if (!(thrown instanceof DiagnosticError)) return thrown;
  const wrapped = new TemplateError(thrown.diagnostics);
  wrapped.calledFrom.push(placeOf(site.file, node));
  return wrapped;
}

function toDiagnostic(mistake: TemplateMistake, site: Site, node: CallNode): Diagnostic {
  const { code, hint, message } = mistake;
  return error(code, message, placeOfArgument(mistake, site, node) ?? placeOf(site.file, node), hint === undefined ? {} : { hint });
}

/** undefined where the mistake is about the whole call. A value that is no single word is blamed by its name. */
function placeOfArgument({ argument }: TemplateMistake, { file }: Site, node: CallNode): Place | undefined {
  if (argument === undefined) return undefined;
  const pair = splitArguments(node.args.children).keywords?.children.find((candidate) => keyOf(candidate) === argument.name);
  if (pair === undefined) return undefined;
  const value = placeOf(file, pair.value);
  return argument.part === 'value' && value.end > value.start ? value : placeOf(file, pair.key);
}

/** Runs what a call, an include or an import leads to, and adds its place to an error that comes out of it. */
export function through<T>(site: Site, node: TreeNode, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (thrown instanceof TemplateError) thrown.calledFrom.push(placeOf(site.file, node));
    throw thrown;
  }
}
