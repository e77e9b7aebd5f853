import { describe, expect, test } from 'vitest';
import { toRecord } from '../../../src/diagnostics/index.js';
import { type Graph, cycleDiagnostic, findCycles } from '../../../src/graph/index.js';
import { graphOf, randomGraph, reachable } from './graphs.js';

const paths = (graph: Graph): string[][] => findCycles(graph).map(({ steps }) => steps.map(({ id }) => id));

const report = (graph: Graph): unknown[] =>
  findCycles(graph).map((cycle) => {
    const diagnostic = cycleDiagnostic(cycle, graph);
    const { code, message, file, line, hint } = toRecord(diagnostic);
    const related = diagnostic.related?.map(({ message, at }) => [typeof at === 'string' ? at : `${at.file.path}:${at.file.position(at.start).line}`, message]);
    return { code, message, at: `${file}:${line}`, related, hint };
  });

describe('findCycles', () => {
  test('none', () => {
    expect(paths(graphOf({ 'model.s.a': [], 'model.s.b': ['model.s.a'], 'model.s.c': ['model.s.a', 'model.s.b'] }))).toEqual([]);
  });

  test('a node that the graph does not hold closes none', () => {
    expect(paths(graphOf({ 'model.s.a': ['model.s.x'] }))).toEqual([]);
  });

  test('the shortest through the first node by id, one for each knot, in order', () => {
    const graph = graphOf({
      'model.s.z': ['model.s.y'],
      'model.s.y': ['model.s.z'],
      'model.s.d': ['model.s.a'],
      'model.s.c': ['model.s.d'],
      'model.s.b': ['model.s.c', 'model.s.d'],
      'model.s.a': ['model.s.b', 'model.s.z'],
      'model.s.m': ['model.s.m'],
    });
    expect(paths(graph)).toEqual([
      ['model.s.a', 'model.s.b', 'model.s.d'],
      ['model.s.m'],
      ['model.s.y', 'model.s.z'],
    ]);
  });

  test('a chain longer than the call stack is deep', () => {
    const length = 20_000;
    const reads = Array.from({ length }, (_, at) => [`model.s.m${at}`, [`model.s.m${(at + 1) % length}`]]);
    const [cycle] = findCycles(graphOf(Object.fromEntries(reads)));
    expect(cycle?.steps).toHaveLength(length);
  });

  test('random graphs: every step is a dependency, and nodes on a cycle are found', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomGraph(seed);
      const reaches = reachable(random);
      const cycles = findCycles(random.graph);
      for (const { steps } of cycles) {
        const ids = steps.map(({ id }) => id);
        expect(steps.map(({ reads }) => reads.id)).toEqual([...ids.slice(1), ids[0]]);
        for (const { id, reads } of steps) expect(random.graph.get(id)?.dependsOn).toContain(reads);
        expect(new Set(ids).size).toBe(ids.length);
        const knot = random.ids.filter((id) => reaches(id, ids[0] ?? '') && reaches(ids[0] ?? '', id));
        expect(ids[0]).toBe(knot[0]);
      }
      const firsts = random.ids.filter((id) => reaches(id, id) && !random.ids.some((other) => other < id && reaches(id, other) && reaches(other, id)));
      expect(cycles.map(({ steps }) => steps[0]?.id)).toEqual(firsts);
    }
  });
});

describe('cycleDiagnostic', () => {
  test('the path, and each step with its place', () => {
    const graph = graphOf({ 'model.s.b': ['model.s.c'], 'model.s.a': ['model.s.c', 'model.s.b'], 'model.s.c': [], 'model.t.c': ['model.s.a'] });
    const b = graph.get('model.s.b');
    if (b === undefined) throw new Error('b is a node');
    const closed = new Map([...graph, [b.id, { ...b, dependsOn: [...b.dependsOn, { id: 'model.t.c', via: 'name', at: undefined }] }]]) satisfies Graph;
    expect(report(closed)).toEqual([
      {
        code: 'DBL1501',
        message: 'models depend on each other in a cycle: s.a → s.b → t.c → s.a',
        at: 'models/s/POPULATE-s-a.sql:2',
        related: [
          ['models/s/POPULATE-s-a.sql:2', 's.a reads s.b'],
          ['models/s/POPULATE-s-b.sql', 's.b reads t.c'],
          ['models/t/POPULATE-t-c.sql:1', 't.c reads s.a'],
        ],
        hint: 'Take one of these references out, or move what both sides need into a model of its own.',
      },
    ]);
  });

  test('a model that reads itself', () => {
    expect(report(graphOf({ 'model.s.a': ['model.s.a'] }))).toEqual([
      {
        code: 'DBL1502',
        message: 's.a reads itself',
        at: 'models/s/POPULATE-s-a.sql:1',
        related: undefined,
        hint: 'A model is built anew from others: read what it once held from another table.',
      },
    ]);
  });
});
