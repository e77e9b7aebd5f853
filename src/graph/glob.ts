const wildcard = /[*?[]/;

export function hasWildcard(pattern: string): boolean {
  return wildcard.test(pattern);
}

/**
 * A shell pattern as people know it: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`; a `[` that is not closed is itself.
 * In a path, `*` and `?` stop at a `/`, `**` does not, and what matches a folder matches all that it holds.
 * Undefined for a class that means nothing, such as `[z-a]`.
 */
export function globToRegExp(pattern: string, kind: 'name' | 'path'): RegExp | undefined {
  const one = kind === 'path' ? '[^/]' : '.';
  const source = pattern.replace(/\*+|\?|\[([!^]?)(\]?[^\]]*)\]|[\\^$.|+()[\]{}/]/gs, (token: string, not?: string, members?: string) => {
    if (token.startsWith('*')) return token.length > 1 ? '.*' : `${one}*`;
    if (token === '?') return one;
    if (members === undefined) return `\\${token}`;
    return `[${not === '' ? '' : '^'}${members.replace(/[\\^[\]]/g, '\\$&')}]`;
  });
  try {
    return new RegExp(`^${source}${kind === 'path' ? '(?:/.*)?' : ''}$`, 'su');
  } catch {
    return undefined;
  }
}
