import type { Place, SourceFile } from '../diagnostics/index.js';
import type { TemplateDataNode, Token, TreeNode } from './nunjucks-internals.js';

const whitespace = /\s/;
const leadingWhitespace = /\s*/y;
/** A name with its members, a string or a number. */
const operand = /[\p{L}\p{N}_$]+(?:\.[\p{L}\p{N}_$]+)*|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'/uy;

/** Offset at which a node begins: of a call, a member, a filter or an operation, where the leftmost operand does. */
function startOf(file: SourceFile, node: TreeNode): number {
  const { lineno, colno } = leftmost(node);
  return lineno === undefined || colno === undefined ? 0 : file.offsetAt(lineno, colno);
}

/** A name as it stands, a call up to its closing parenthesis; of anything else, its first operand. */
export function placeOf(file: SourceFile, node: TreeNode): Place {
  const start = startOf(file, node);
  if (node.typename === 'Symbol') return file.place(start, start + node.value.length);
  if (node.typename === 'FunCall' && node.args.end !== undefined) return file.place(start, node.args.end);
  return file.place(start, start + matchLength(operand, file.text, start));
}

/** Nunjucks keeps the place of text from before `-%}` or `-}}` cut off the white space in front of it. */
export function startOfText(file: SourceFile, node: TemplateDataNode): number {
  const start = startOf(file, node);
  const cut = whitespace.test(file.text.charAt(start)) && !whitespace.test(node.value.charAt(0));
  return cut ? start + matchLength(leadingWhitespace, file.text, start) : start;
}

export function placeOfToken(file: SourceFile, token: Token): Place {
  const start = file.offsetAt(token.lineno, token.colno);
  if (typeof token.value !== 'string') return file.place(start, start + 1);
  const length = token.type === 'string' ? matchLength(operand, file.text, start) : token.value.length;
  return file.place(start, start + Math.max(length, 1));
}

function leftmost(node: TreeNode): TreeNode {
  let left = node;
  for (;;) {
    const next = leftChild(left);
    if (next === undefined) return left;
    left = next;
  }
}

function leftChild(node: TreeNode): TreeNode | undefined {
  if (node.typename === 'FunCall') return node.name;
  if (node.typename === 'LookupVal') return node.target;
  if (node.typename === 'Filter') return node.args.children[0];
  if (node.typename === 'InlineIf') return node.body;
  if (node.typename === 'Compare') return node.expr;
  return 'left' in node ? node.left : undefined;
}

function matchLength(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.exec(text)?.[0].length ?? 0;
}
