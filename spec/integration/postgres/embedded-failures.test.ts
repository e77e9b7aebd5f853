import { existsSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { linkLibraries } from '../../../src/postgres/embedded/binaries.js';
import { folderFailure, spawnFailure, startFailure } from '../../../src/postgres/embedded/diagnostics.js';
import { withProject } from '../../harness/index.js';

test.each([
  [
    'initdb: error while loading shared libraries: libstdc++.so.6: cannot open shared object file: No such file or directory',
    'DBL2033 the embedded Postgres needs the library "libstdc++.so.6", which this system lacks',
  ],
  ['initdb: error: could not write to file "x": No space left on device', 'DBL2032 the disk that holds /p/.dbl/pg is full'],
  ['setpriv: setresuid failed: Operation not permitted', 'DBL2036 Postgres does not run as root, and another user cannot be put in its place: setpriv: setresuid failed: Operation not permitted'],
  [
    '2026-01-01 00:00:00.000 UTC [7] FATAL:  database files are incompatible with server\n2026-01-01 00:00:00.000 UTC [7] DETAIL:  The data directory was initialized by PostgreSQL version 17, which is not compatible with this version 18.4.\n',
    'DBL2034 the database in /p/.dbl/pg was made by Postgres 17',
  ],
  [
    '2026-01-01 00:00:00.000 UTC [7] LOG:  invalid checkpoint record\n2026-01-01 00:00:00.000 UTC [7] PANIC:  could not locate a valid checkpoint record\n',
    'DBL2031 the embedded Postgres did not start:\n  LOG:  invalid checkpoint record\n  PANIC:  could not locate a valid checkpoint record',
  ],
  ['initdb: error: invalid locale', 'DBL2031 the embedded database could not be made:\n  initdb: error: invalid locale'],
  ['', 'DBL2031 the embedded Postgres did not start, and it is not said why'],
])('%s', (output, expected) => {
  const { code, message } = startFailure(output, '/p/.dbl/pg', output.startsWith('initdb') ? 'initdb' : 'postgres');
  expect(`${code} ${message}`).toBe(expected);
});

test.each([
  ['ENOENT', 'the embedded Postgres needs the C library glibc, which this system lacks'],
  ['EACCES', 'the system refuses to start initdb (EACCES)'],
])('a program that cannot be started: %s', (code, expected) => {
  expect(spawnFailure(Object.assign(new Error(code), { code }), 'initdb').message).toBe(expected);
});

test('only what the system says is a mistake of the folder', () => {
  expect(folderFailure(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'mkdir' }), '/p').code).toBe('DBL2032');
  expect(() => folderFailure(new TypeError('a bug'), '/p')).toThrow('a bug');
});

const links = JSON.stringify([
  { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
]);

test('links that npm did not make are made in the package', () => {
  const { folder } = withProject({ 'native/pg-symlinks.json': links, 'native/lib/libpq.so.5.18': '' });
  for (let time = 1; time <= 2; time += 1) {
    expect(linkLibraries(folder, path.join(folder, 'elsewhere'))).toBeUndefined();
    expect(readlinkSync(path.join(folder, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
  }
  expect(existsSync(path.join(folder, 'elsewhere'))).toBe(false);
});

test('where the package cannot be written, they are made elsewhere', () => {
  // Root may write everywhere, so a folder that is not there stands for one that is closed.
  const { folder } = withProject({ 'native/pg-symlinks.json': links });
  const elsewhere = path.join(folder, 'elsewhere');
  for (let time = 1; time <= 2; time += 1) {
    expect(linkLibraries(folder, elsewhere)).toBe([elsewhere, path.join(folder, 'native/lib')].join(path.delimiter));
    expect(readlinkSync(path.join(elsewhere, 'libpq.so'))).toBe(path.join(folder, 'native/lib/libpq.so.5.18'));
  }
});
