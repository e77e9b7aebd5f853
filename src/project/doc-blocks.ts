import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, type Place, type Result, type SourceFile, didYouMean, error, ok } from '../diagnostics/index.js';
import { readText } from './read-text.js';
import { firstOfEach } from './twice.js';

/** `{% docs name %}…{% enddocs %}` in a Markdown file. */
export interface DocBlock {
  readonly name: string;
  readonly text: string;
  readonly at: Place;
}

const tag = /\{%-?\s*(?:docs\b\s*([^\s%}]*)|enddocs)\s*-?%\}/g;
const call = /\{\{-?\s*doc\(\s*(['"])([^'"]*)\1\s*\)\s*-?\}\}/g;

/** Most Markdown files hold no blocks and are not dbl's business, whatever else is in them. */
export function readDocBlocks(project: string, path: string): Result<readonly DocBlock[]> {
  const { value: file, diagnostics } = readText(project, path);
  if (file !== undefined) return findBlocks(file);
  return diagnostics.some(({ code }) => code === 'DBL1114') || mentionsDocs(project, path) ? { value: [], diagnostics } : ok([]);
}

function mentionsDocs(project: string, path: string): boolean {
  return readFileSync(join(project, path)).includes('enddocs');
}

function findBlocks(file: SourceFile): Result<readonly DocBlock[]> {
  const blocks: DocBlock[] = [];
  const diagnostics: Diagnostic[] = [];
  if (!file.text.includes('docs')) return ok(blocks);
  let open: { readonly name: string; readonly at: Place; readonly from: number } | undefined;
  const unclosed = (): void => {
    if (open === undefined) return;
    const hint = 'Write {% enddocs %} where it ends.';
    diagnostics.push(error('DBL1419', `the doc block "${open.name}" is not closed`, open.at, { hint }));
  };
  for (const match of file.text.matchAll(tag)) {
    const [text, name] = match;
    const at = file.place(match.index, match.index + text.length);
    if (name === undefined) {
      if (open === undefined) diagnostics.push(error('DBL1419', '{% enddocs %} closes no doc block', at));
      else blocks.push({ name: open.name, text: file.text.slice(open.from, match.index).trim(), at: open.at });
      open = undefined;
      continue;
    }
    unclosed();
    if (name === '') diagnostics.push(error('DBL1419', 'the doc block has no name', at, { hint: 'Write {% docs a_name %}.' }));
    open = { name, at, from: match.index + text.length };
  }
  unclosed();
  return { value: blocks.filter(({ name }) => name !== ''), diagnostics };
}

/** Puts the text of doc blocks into descriptions. */
export class Docs {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(blocks: readonly DocBlock[], diagnostics: Diagnostic[]) {
    const keyed = blocks.map((block) => ({ ...block, key: block.name }));
    const unique = firstOfEach(keyed, 'DBL1418', ({ name }) => `the doc block "${name}" is defined twice`, diagnostics);
    this.#texts = new Map(unique.map(({ name, text }) => [name, text]));
  }

  /** A description with each `{{ doc('name') }}` replaced; `place` gives the place of a piece of it. Other template syntax stays. */
  expand(description: string, place: (text: string) => Place, diagnostics: Diagnostic[]): string {
    if (!description.includes('{{')) return description;
    return description.replace(call, (text: string, _quote: string, name: string) => {
      const block = this.#texts.get(name);
      if (block !== undefined) return block;
      const hint =
        didYouMean(name, this.#texts.keys()) ?? `Write {% docs ${name} %} … {% enddocs %} in a file that ends in ".md", below "models".`;
      diagnostics.push(error('DBL1417', `no doc block is named "${name}"`, place(text), { hint }));
      return text;
    });
  }
}
