import { type Code, type Diagnostic, type Place, error } from '../diagnostics/index.js';

/** Something of which there may be one only: two with the same key are a mistake. */
export interface Unique {
  readonly key: string;
  readonly at: Place | string;
}

/** Reports each item that shares its key with another one, the others beside it; gives the first item of each key. */
export function firstOfEach<T extends Unique>(items: readonly T[], code: Code, message: (item: T) => string, diagnostics: Diagnostic[]): readonly T[] {
  const byKey = new Map<string, T[]>();
  for (const item of items) {
    const group = byKey.get(item.key);
    if (group === undefined) byKey.set(item.key, [item]);
    else group.push(item);
  }
  if (byKey.size === items.length) return items;
  for (const group of byKey.values()) {
    if (group.length < 2) continue;
    for (const item of group) {
      const related = group.filter((other) => other !== item).map(({ at }) => ({ message: 'the other one', at }));
      diagnostics.push(error(code, message(item), item.at, { related }));
    }
  }
  return [...byKey.values()].flatMap((group) => group.slice(0, 1));
}
