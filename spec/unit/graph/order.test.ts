import { describe, expect, test } from 'vitest';
import { ancestors, descendants, publishGroups, topologicalOrder } from '../../../src/graph/index.js';
import { graphOf, randomGraph, reachable } from './graphs.js';

const seeds = Array.from({ length: 300 }, (_, at) => at + 1);
const chain = Array.from({ length: 20_000 }, (_, at) => `model.s.m${String(at).padStart(5, '0')}`);
const diamond = graphOf({ 'model.s.d': ['model.s.b', 'model.s.c'], 'model.s.c': ['model.s.a'], 'model.s.b': ['model.s.a'], 'model.s.a': ['source.raw.x'], 'source.raw.x': [] });

describe('topologicalOrder', () => {
  test('in layers, each by id', () => {
    expect(topologicalOrder(diamond)).toEqual(['source.raw.x', 'model.s.a', 'model.s.b', 'model.s.c', 'model.s.d']);
  });

  test('a cycle and what is below it come last', () => {
    const graph = graphOf({ 'model.s.a': ['model.s.b'], 'model.s.b': ['model.s.a'], 'model.s.c': ['model.s.b'], 'model.s.d': ['model.s.x'] });
    expect(topologicalOrder(graph)).toEqual(['model.s.d', 'model.s.a', 'model.s.b', 'model.s.c']);
  });

  test('a chain longer than the call stack is deep', () => {
    expect(topologicalOrder(graphOf(Object.fromEntries(chain.map((id, at) => [id, chain.slice(at + 1, at + 2)]))))).toEqual(chain.toReversed());
  });

  test('random graphs: all nodes once, parents first where there is no cycle', () => {
    for (const seed of seeds) {
      const random = randomGraph(seed);
      const reaches = reachable(random);
      const order = topologicalOrder(random.graph);
      expect(order.toSorted()).toEqual(random.ids);
      for (const { from, to } of random.edges) {
        const belowCycle = random.ids.some((id) => reaches(id, id) && (id === from || reaches(id, from)));
        if (!belowCycle && from !== to) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
      }
    }
  });
});

describe('ancestors and descendants', () => {
  test('all, or so many steps', () => {
    expect([...ancestors(diamond, ['model.s.d'])].toSorted()).toEqual(['model.s.a', 'model.s.b', 'model.s.c', 'source.raw.x']);
    expect([...ancestors(diamond, ['model.s.d'], 1)]).toEqual(['model.s.b', 'model.s.c']);
    expect([...descendants(diamond, ['source.raw.x'], 2)]).toEqual(['model.s.a', 'model.s.c', 'model.s.b']);
    expect([...descendants(diamond, ['model.s.d'])]).toEqual([]);
    expect([...descendants(diamond, ['model.s.a', 'model.s.b'], 1)]).toEqual(['model.s.c', 'model.s.b', 'model.s.d']);
  });

  test('random graphs: what can be reached', () => {
    for (const seed of seeds) {
      const random = randomGraph(seed);
      const reaches = reachable(random);
      for (const id of random.ids) {
        expect([...ancestors(random.graph, [id])].toSorted()).toEqual(random.ids.filter((other) => reaches(other, id)));
        expect([...descendants(random.graph, [id])].toSorted()).toEqual(random.ids.filter((other) => reaches(id, other)));
      }
    }
  });
});

describe('publishGroups', () => {
  test('those that need each other are one group, in the order of the edges', () => {
    const edges = [
      { from: 'c', to: 'a' },
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
      { from: 'b', to: 'd' },
      { from: 'x', to: 'c' },
    ];
    expect(publishGroups(['d', 'c', 'b', 'a'], edges)).toEqual([['c'], ['a', 'b'], ['d']]);
  });

  test('a chain longer than the call stack is deep, and one knot of all', () => {
    const edges = chain.slice(1).map((to, at) => ({ from: chain[at] ?? '', to }));
    expect(publishGroups(chain, edges)).toEqual(chain.map((id) => [id]));
    expect(publishGroups(chain, [...edges, { from: chain.at(-1) ?? '', to: chain[0] ?? '' }])).toEqual([chain]);
  });

  test('random graphs: members reach each other, and nothing outside lies between them', () => {
    for (const seed of seeds) {
      const random = randomGraph(seed);
      const reaches = reachable(random);
      const groups = publishGroups(random.ids, random.edges);
      expect(groups.flat().toSorted()).toEqual(random.ids);
      const groupOf = new Map(groups.flatMap((group, at) => group.map((id) => [id, at] as const)));
      for (const from of random.ids) {
        for (const to of random.ids) {
          const together = from === to || (reaches(from, to) && reaches(to, from));
          expect(groupOf.get(from) === groupOf.get(to)).toBe(together);
        }
      }
      // No edge leads back to an earlier group: the graph of the groups has no cycle, so that each group is convex.
      for (const { from, to } of random.edges) expect(groupOf.get(from)).toBeLessThanOrEqual(groupOf.get(to) ?? -1);
      for (const group of groups) expect(group).toEqual(group.toSorted());
      expect(publishGroups(random.ids.toReversed(), random.edges.toReversed())).toEqual(groups);
    }
  });
});
