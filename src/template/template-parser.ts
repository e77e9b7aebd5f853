import { didYouMean, error, type SourceFile } from '../diagnostics/index.js';
import { habitualTag } from './dbt-habits.js';
import { type ArgumentsNode, nodes, type OutputNode, Parser, type Statement, type Token, type Tokenizer } from './nunjucks-internals.js';
import { placeOfToken } from './places.js';
import { expected, SyntaxMistake } from './syntax-mistake.js';

/** Every tag that opens, and what may follow it before it is closed. A tag without followers stands alone. */
const followers: Readonly<Record<string, readonly string[]>> = {
  if: ['elif', 'elseif', 'else', 'endif'],
  ifAsync: ['elif', 'elseif', 'else', 'endif'],
  for: ['else', 'endfor'],
  asyncEach: ['endeach'],
  asyncAll: ['endall'],
  set: ['endset'],
  macro: ['endmacro'],
  call: ['endcall'],
  filter: ['endfilter'],
  switch: ['case', 'default', 'endswitch'],
  raw: ['endraw'],
  verbatim: ['endverbatim'],
  block: ['endblock'],
  include: [],
  import: [],
  from: [],
  extends: [],
};
const openers = new Set(Object.keys(followers));
const continuations = new Set(Object.values(followers).flat());

/**
 * Nunjucks's parser, made to know what was left open, to write down where calls end, and with a `raw` block of its own:
 * that of Nunjucks loses its place, and takes one that is never closed for ordinary text.
 */
export class TemplateParser extends Parser {
  /** Names of the tags that are open, outermost first. */
  readonly open: Token[] = [];
  /** The last `{{` or `{%`. */
  opening: Token | undefined;
  /** The last string since `opening`. */
  lastString: Token | undefined;
  /** The last token taken from the text, be it only looked at. */
  last: Token | undefined;
  /** Offset at which the tokenizer stood before `last`. */
  lastStart = 0;
  readonly #file: SourceFile;

  constructor(tokens: Tokenizer, file: SourceFile) {
    super(tokens);
    this.#file = file;
  }

  override nextToken(withWhitespace?: boolean): Token | null {
    if (this.peeked === null) this.lastStart = this.tokens.index;
    const token = super.nextToken(withWhitespace);
    if (token === null) return token;
    this.last = token;
    if (token.type === 'string') {
      this.lastString = token;
    } else if (token.type === 'variable-start' || token.type === 'block-start') {
      this.opening = token;
      this.lastString = undefined;
    }
    return token;
  }

  override parseStatement(): Statement | null {
    const tag = this.peekToken();
    if (tag === null || tag.type !== 'symbol' || typeof tag.value !== 'string') throw expected('the name of a tag', tag, this.#file);
    if (this.breakOnBlocks?.includes(tag.value) === true) return null;
    if (!openers.has(tag.value)) throw this.#unknownTag(tag, tag.value);
    this.open.push(tag);
    const node = super.parseStatement();
    this.open.pop();
    return node;
  }

  override advanceAfterBlockEnd(name?: string): Token {
    if (name === undefined) {
      if (this.peekToken() === null) throw this.neverClosed();
      this.nextToken();
    }
    const token = this.peekToken();
    if (token === null || token.type !== 'block-end') throw expected('"%}"', token, this.#file);
    this.nextToken();
    if (token.value === '-%}') this.dropLeadingWhitespace = true;
    return token;
  }

  override parseSignature(tolerant?: boolean, noParens?: boolean): ArgumentsNode | null {
    const args = super.parseSignature(tolerant, noParens);
    if (args !== null) args.end = this.tokens.index;
    return args;
  }

  override parseRaw(tag = 'raw'): OutputNode {
    const begun = this.advanceAfterBlockEnd();
    const { colno, index, lineno } = this.tokens;
    const ending = this.#endOfRaw(tag, index);
    this.tokens.forwardN(ending.next - index);
    const text = this.tokens.str.slice(index, ending.start);
    const left = begun.value === '-%}' ? text.trimStart() : text;
    this.dropLeadingWhitespace = ending.trimAfter;
    return new nodes.Output(lineno, colno, [new nodes.TemplateData(lineno, colno, ending.trimBefore ? left.trimEnd() : left)]);
  }

  /** What is wrong where the file ends inside a tag with a body. */
  neverClosed(): SyntaxMistake {
    const tag = this.open.at(-1);
    if (tag === undefined) return expected('more', null, this.#file);
    const name = String(tag.value);
    return new SyntaxMistake(
      error('DBL1201', `"{% ${name} %}" is never closed`, placeOfToken(this.#file, tag), {
        hint: `Close it with "{% ${followers[name]?.at(-1) ?? `end${name}`} %}".`,
      }),
    );
  }

  #endOfRaw(tag: string, from: number): { start: number; next: number; trimBefore: boolean; trimAfter: boolean } {
    const pattern = new RegExp(`\\{%(-?)\\s*(${tag}|end${tag})\\s*(-?)%\\}`, 'g');
    pattern.lastIndex = from;
    let level = 1;
    for (let match = pattern.exec(this.tokens.str); match !== null; match = pattern.exec(this.tokens.str)) {
      level += match[2] === tag ? 1 : -1;
      if (level > 0) continue;
      return { start: match.index, next: pattern.lastIndex, trimBefore: match[1] === '-', trimAfter: match[3] === '-' };
    }
    throw this.neverClosed();
  }

  #unknownTag(tag: Token, name: string): SyntaxMistake {
    const place = placeOfToken(this.#file, tag);
    const open = this.open.at(-1);
    if (!continuations.has(name)) {
      const hint = habitualTag(name) ?? didYouMean(name, [...openers, ...continuations]);
      return new SyntaxMistake(error('DBL1201', `there is no tag "${name}"`, place, hint === undefined ? {} : { hint }));
    }
    if (open === undefined) return new SyntaxMistake(error('DBL1201', `"{% ${name} %}" stands alone: no tag is open here`, place));
    const opener = String(open.value);
    const related = [{ message: `"{% ${opener} %}" is open`, at: placeOfToken(this.#file, open) }];
    return new SyntaxMistake(error('DBL1201', `"{% ${name} %}" does not belong to "{% ${opener} %}"`, place, { related }));
  }
}
