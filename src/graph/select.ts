import { type Diagnostic, type Result, error, failed, hasErrors, ok, warning } from '../diagnostics/index.js';
import { Matcher, isDiagnostic } from './match.js';
import type { Graph, NodeId } from './node.js';
import { ancestors, descendants } from './order.js';

/** The words after `--select` and `--exclude`; undefined or empty where the option is not given. */
export interface Selection {
  readonly select?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/**
 * The nodes that dbt's selectors mean: `name`, `schema.table`, `+name`, `name+`, `2+name+1`, `@name` (what depends on it and
 * all that those need), `tag:`, `path:`, `source:`, `type:`, wildcards, union by space, intersection by comma. Without
 * `select`, all nodes. A selector that matches nothing is an error, one to exclude a warning.
 */
export function select(graph: Graph, { select = [], exclude = [] }: Selection): Result<ReadonlySet<NodeId>> {
  const diagnostics: Diagnostic[] = [];
  const evaluator = new Evaluator(graph, diagnostics);
  const chosen = select.length === 0 ? new Set(graph.keys()) : evaluator.union(select);
  const before = diagnostics.length;
  const excluded = evaluator.union(exclude);
  for (let at = before; at < diagnostics.length; at += 1) {
    const { code, message, hint } = diagnostics[at] ?? {};
    if (code === 'DBL1601' || code === 'DBL1602') {
      diagnostics[at] = warning('DBL1607', `nothing to exclude: ${message}`, undefined, { hint });
    }
  }
  return hasErrors(diagnostics) ? failed(...diagnostics) : ok(new Set([...chosen].filter((id) => !excluded.has(id))), diagnostics);
}

/** `2+name+1` taken apart; the numbers are as written, '' where there is only the plus. */
interface Term {
  readonly text: string;
  readonly at: boolean;
  readonly up: string | undefined;
  readonly body: string;
  readonly down: string | undefined;
}

/** Signs before, signs after, both: the first that leaves a name is meant, since a plus sign can be part of one. */
const termForms = [
  /^(?<at>@)?(?:(?<up>\d*)\+)?(?<body>.*)$/s,
  /^(?<body>.*?)(?:\+(?<down>\d*))?$/s,
  /^(?<at>@)?(?:(?<up>\d*)\+)?(?<body>.*?)(?:\+(?<down>\d*))?$/s,
];

class Evaluator {
  readonly #graph: Graph;
  readonly #matcher: Matcher;
  readonly #diagnostics: Diagnostic[];

  constructor(graph: Graph, diagnostics: Diagnostic[]) {
    this.#graph = graph;
    this.#matcher = new Matcher(graph);
    this.#diagnostics = diagnostics;
  }

  union(texts: readonly string[]): Set<NodeId> {
    const found = new Set<NodeId>();
    for (const text of texts) {
      const words = this.#isOneTerm(text) ? [text] : text.split(/\s+/).filter((word) => word !== '');
      if (words.length === 0) this.#diagnostics.push(error('DBL1605', 'a selector is empty'));
      for (const word of words) for (const id of this.#intersection(word)) found.add(id);
    }
    return found;
  }

  #intersection(word: string): ReadonlySet<NodeId> {
    const parts = this.#isOneTerm(word) ? [word] : word.split(',');
    if (parts.includes('')) {
      const hint = 'A comma joins two selectors and keeps what both select.';
      this.#diagnostics.push(error('DBL1605', `a part of "${word}" is empty`, undefined, { hint }));
      return new Set();
    }
    const sets = parts.map((part) => this.#term(part));
    const good = sets.filter((set) => set !== undefined);
    if (good.length < sets.length) return new Set();
    const common = good.reduce((kept, set) => new Set([...kept].filter((id) => set.has(id))));
    if (common.size === 0) {
      this.#diagnostics.push(error('DBL1602', `nothing is in all parts of "${word}"`, undefined, {
        hint: 'A comma keeps what both sides select; put a space to select what either does.',
      }));
    }
    return common;
  }

  /** A name may hold spaces, commas and plus signs: what is a name as it stands is not taken apart. */
  #isOneTerm(text: string): boolean {
    return this.#matcher.knows(this.#parse(text).body);
  }

  #parse(text: string): Term {
    let term: Term = { text, at: false, up: undefined, body: text, down: undefined };
    for (const form of termForms) {
      if (this.#matcher.knows(term.body)) break;
      const { at, up, body = '', down } = form.exec(text)?.groups ?? {};
      term = { text, at: at !== undefined, up, body, down };
    }
    return term;
  }

  /** Undefined where something is wrong, which is then among the diagnostics. */
  #term(text: string): ReadonlySet<NodeId> | undefined {
    const term = this.#parse(text);
    const match = this.#malformed(term) ?? this.#matcher.match(term.body);
    if (!isDiagnostic(match)) return this.#widen(term, match);
    this.#diagnostics.push(match);
    return undefined;
  }

  #widen({ at, up, down }: Term, ids: readonly NodeId[]): Set<NodeId> {
    if (at) {
      const below = [...ids, ...descendants(this.#graph, ids)];
      return new Set([...below, ...ancestors(this.#graph, below)]);
    }
    const above = up === undefined ? [] : ancestors(this.#graph, ids, depth(up));
    const below = down === undefined ? [] : descendants(this.#graph, ids, depth(down));
    return new Set([...ids, ...above, ...below]);
  }

  #malformed({ text, at, up, body, down }: Term): Diagnostic | undefined {
    if (body === '') return error('DBL1605', `"${text}" names nothing`, undefined, { hint: 'Write a name beside the sign, like "+agencies".' });
    if (at && (up !== undefined || down !== undefined)) {
      const hint = `"@${body}" holds what "+" would add before it and after it.`;
      return error('DBL1605', `"@" and "+" do not go together in "${text}"`, undefined, { hint });
    }
    const hint = 'A number of steps is 1 or more, like "2+agencies" or "agencies+1".';
    const zero = [up, down].find((steps) => steps !== undefined && /^0+$/.test(steps));
    if (zero !== undefined) return error('DBL1606', `"${zero}" is not a number of steps in "${text}"`, undefined, { hint });
    const [, left, right] = /^([^:/+]*)\+([^:/+]*)$/.exec(body) ?? [];
    if (left === undefined || this.#matcher.knows(body)) return undefined;
    const bad = this.#matcher.knows(right ?? '') || /^[-.\d]/.test(left) ? left : right;
    if (/^\d+$/.test(bad ?? '')) {
      const once = 'A name has one "+" before it and one after it at most.';
      return error('DBL1605', `"${text}" has a "+" too many`, undefined, { hint: once });
    }
    return error('DBL1606', `"${bad}" is not a number of steps in "${text}"`, undefined, { hint });
  }
}

function depth(digits: string): number {
  return digits === '' ? Infinity : Number(digits);
}
