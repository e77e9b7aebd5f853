import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runDbl, withProject } from '../harness/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');

interface Ended {
  readonly code: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd }, (failure, stdout, stderr) => resolve({ code: failure === null ? 0 : failure.code, stdout, stderr }));
  });
}

/** A project that has the package among its node_modules, as `npm install` would put it there. */
function installed(files: Readonly<Record<string, string>>): string {
  const { folder } = withProject(files);
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/dbluigi'), 'junction');
  return folder;
}

it('holds what is compiled from src/, the documents, and nothing else', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'], root);
  const [{ files }]: [{ files: { path: string; mode: number }[] }] = JSON.parse(stdout);
  const packed = files.map((file) => file.path);

  expect(packed.filter((file) => !/^(?:dist|docs)\//.test(file)).toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
  expect(packed.filter((file) => file.startsWith('docs/') && !/\.(?:md|svg|png)$/.test(file))).toEqual([]);
  const compiled = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `dist/${file.replaceAll(path.sep, '/').slice(0, -'.ts'.length)}`)
    .flatMap((file) => [`${file}.js`, `${file}.d.ts`]);
  expect(compiled.filter((file) => !packed.includes(file))).toEqual([]);
  // No maps, no tests. What was compiled from a file that is gone is removed by "npm pack" before it builds anew.
  expect(packed.filter((file) => file.startsWith('dist/') && !/\.(?:js|d\.ts)$/.test(file))).toEqual([]);
  // Else npx refuses to run it in a clone that another user has installed.
  expect(files.find((file) => file.path === 'dist/cli/main.js')?.mode.toString(8)).toBe('755');
});

it('tells its version', async () => {
  const { version }: { version: string } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const { folder } = withProject({});
  expect(await runDbl(['--version'], { cwd: folder })).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
});

it('exports the functions of a configuration and its own package.json, and nothing inside it', async () => {
  const folder = installed({
    'look.mjs': `
      import { createRequire } from 'node:module';
      console.log(Object.keys(await import('dbluigi')).join());
      console.log(createRequire(import.meta.url)('dbluigi/package.json').name);
      await import('dbluigi/dist/cli/main.js').catch(({ code }) => console.log(code));
    `,
  });
  expect(await run(process.execPath, ['look.mjs'], folder)).toEqual({
    code: 0,
    stdout: 'defineConfig,embedded\ndbluigi\nERR_PACKAGE_PATH_NOT_EXPORTED\n',
    stderr: '',
  });
});

it.each(['nodenext', 'bundler'])('gives a configuration its types, with moduleResolution %s', async (resolution) => {
  const folder = installed({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, types: [], target: 'es2022', module: resolution === 'bundler' ? 'esnext' : resolution, moduleResolution: resolution },
    }),
    'good.ts': `import { type Config, defineConfig, embedded } from 'dbluigi';\nconst base: Config = { database: embedded() };\nexport default defineConfig({ ...base, threads: 4 });\n`,
    'bad.ts': `import { defineConfig } from 'dbluigi';\nexport default defineConfig({\n  thread: 4,\n});\n`,
  });
  const { code, stdout } = await run(process.execPath, [tsc, '--pretty', 'false'], folder);
  expect(stdout).toBe(
    "bad.ts(3,3): error TS2561: Object literal may only specify known properties, but 'thread' does not exist in type 'Config'. Did you mean to write 'threads'?\n",
  );
  expect(code).toBe(1);
});
