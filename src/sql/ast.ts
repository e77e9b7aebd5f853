import type { AstNode } from './parsed-sql.js';

/** Reading the parser's tree: what is absent in it is the zero of its type. */

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function nodeAt(node: AstNode, key: string): AstNode | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

export function nodesAt(node: AstNode, key: string): readonly AstNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function stringAt(node: AstNode, key: string): string | undefined {
  const value = node[key];
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(node: AstNode, key: string): number {
  const value = node[key];
  return typeof value === 'number' ? value : 0;
}

/** `{"SelectStmt": {…}}` as the pair of its tag and its content: how the parser writes a node whose type the place leaves open. */
export function tagged(value: unknown): readonly [tag: string, node: AstNode] | undefined {
  if (!isNode(value)) return undefined;
  for (const tag in value) {
    const node = value[tag];
    return isTag(tag) && isNode(node) ? [tag, node] : undefined;
  }
  return undefined;
}

export function taggedAt(node: AstNode, key: string): readonly [tag: string, node: AstNode] | undefined {
  return tagged(node[key]);
}

/** The node under a given tag, or undefined where the value is of another type. */
export function untag(value: unknown, tag: string): AstNode | undefined {
  return isNode(value) ? nodeAt(value, tag) : undefined;
}

export function isTag(key: string): boolean {
  return key.charCodeAt(0) < 0x5b;
}

/** A list of `String` nodes; other nodes in it (a star, say) are left out. */
export function namesAt(node: AstNode, key: string): readonly string[] {
  return nodesAt(node, key).flatMap((item) => {
    const text = untag(item, 'String');
    return text === undefined ? [] : [stringAt(text, 'sval') ?? ''];
  });
}
