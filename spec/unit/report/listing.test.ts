import { expect, test } from 'vitest';
import type { GraphNode } from '../../../src/graph/index.js';
import { formatChanges, formatFindings, formatNodes, formatTree } from '../../../src/report/index.js';
import { plainPaint } from '../../../src/report/look.js';
import { lines } from './source.js';

const look = { paint: plainPaint, width: 80 };

function node(id: string, parents: readonly string[]): GraphNode {
  const dependsOn = parents.map((parent) => ({ id: parent, via: 'ref' as const, at: undefined }));
  return { id, kind: 'model', schema: 's', name: id, file: `${id}.sql`, tags: [], dependsOn };
}

function graph(edges: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, GraphNode> {
  return new Map(Object.entries(edges).map(([id, parents]) => [id, node(id, parents)]));
}

test('nodes are a list', () => {
  const nodes = [
    { id: 'model.s.a', materialized: 'table', file: 'models/a.sql', tags: ['x', 'y'] },
    { id: 'source.raw.events', materialized: null, file: 'models/sources.yaml', tags: [] },
  ];
  expect(formatNodes(nodes, look)).toBe(
    lines(
      'node               made as  tags  file',
      'model.s.a          table    x,y   models/a.sql',
      'source.raw.events                 models/sources.yaml',
    ),
  );
  expect(formatNodes(nodes.slice(1), look)).toBe(
    lines('node               made as  file', 'source.raw.events           models/sources.yaml'),
  );
});

test('a tree shows what is below a shared node once', () => {
  const nodes = graph({ a: [], b: ['a'], c: ['a', 'b'], d: ['b', 'c'], e: ['b'] });
  expect(formatTree(nodes, new Set(nodes.keys()), look)).toBe(
    lines(
      'd',
      '├─ b',
      '│  └─ a',
      '└─ c',
      '   ├─ a',
      '   └─ b (see above)',
      'e',
      '└─ b (see above)',
    ),
  );
});

test('a tree has only the chosen nodes', () => {
  const nodes = graph({ a: [], b: ['a'], c: ['b'] });
  expect(formatTree(nodes, new Set(['a', 'c']), look)).toBe('a\nc');
});

test('a list or a tree of nothing says so', () => {
  expect(formatNodes([], look)).toBe('nothing to list');
  expect(formatTree(graph({ a: [] }), new Set(), look)).toBe('nothing to list');
});

test('a tree may be deep', () => {
  const chain = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`n${index}`, index === 0 ? [] : [`n${index - 1}`]]));
  const nodes = graph(chain);
  expect(formatTree(nodes, new Set(nodes.keys()), look).split('\n')).toHaveLength(3000);
});

test('findings come with their cures and a verdict', () => {
  const findings = [
    { name: 'configuration', status: 'ok', message: 'dbluigi.config.ts', cure: null },
    { name: 'jit', status: 'warning', message: 'on', cure: 'Set it off:\nALTER SYSTEM SET jit = off;' },
    { name: 'rights', status: 'error', message: 'may not create\nschemas', cure: 'GRANT CREATE ON DATABASE x TO y;' },
  ] as const;
  expect(formatFindings(findings, look)).toBe(
    lines(
      'ok       configuration  dbluigi.config.ts',
      'warning  jit            on',
      '                        cure: Set it off:',
      '                              ALTER SYSTEM SET jit = off;',
      'error    rights         may not create',
      '                        schemas',
      '                        cure: GRANT CREATE ON DATABASE x TO y;',
      '',
      '1 error, 1 warning',
    ),
  );
  expect(formatFindings(findings.slice(0, 1), look)).toBe('ok       configuration  dbluigi.config.ts\n\nall is well');
});

test('what promoting would do ends with what is in the way', () => {
  const changes = {
    added: [{ name: 'staging.a', rows: 1204 }],
    removed: [{ name: 'staging.old', rows: null }],
    changed: [{ name: 'staging.b', rows_before: 1000, rows_after: 900, changes: ['"id" is bigint instead of integer', 'no "x"'] }],
    unchanged: [
      { name: 'staging.c', rows_before: 7, rows_after: 7 },
      { name: 'staging.long', rows_before: 7, rows_after: 8 },
    ],
    repaired: ['app.v'],
    blockers: ['"staging.a" failed'],
  };
  expect(formatChanges(changes, look)).toBe(
    lines(
      'unchanged in form',
      '  staging.c     about 7 rows',
      '  staging.long  about 7 → 8 rows',
      '',
      'added',
      '  staging.a  about 1,204 rows',
      '',
      'removed',
      '  staging.old',
      '',
      'changed',
      '  staging.b  about 1,000 → 900 rows  "id" is bigint instead of integer, no "x"',
      '',
      'views that will be pointed at the new tables',
      '  app.v',
      '',
      'in the way',
      '  "staging.a" failed',
      '',
      '1 thing is in the way',
    ),
  );
  const none = { added: [], removed: [], changed: [], unchanged: [], repaired: [], blockers: [] };
  expect(formatChanges(none, look)).toBe('nothing is in the way');
});
