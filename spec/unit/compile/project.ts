import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CompiledProject, compileProject, type ModelNode } from '../../../src/compile/index.js';
import { loadConfig } from '../../../src/config/index.js';
import type { Diagnostic } from '../../../src/diagnostics/index.js';
import { loadProject } from '../../../src/project/index.js';

/** Compiles a project of these files, for its default target. */
export async function compileFiles(
  files: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly project: CompiledProject; readonly diagnostics: readonly Diagnostic[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'dbl-compile-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ 'dbluigi.config.mjs': 'export default {}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const config = await loadConfig({ projectDir: folder, env });
  const loaded = loadProject(folder);
  if (config.value === undefined || loaded.value === undefined) throw new Error(JSON.stringify([config.diagnostics, loaded.diagnostics]));
  const { value, diagnostics } = await compileProject(config.value, loaded.value);
  return { project: value, diagnostics: [...loaded.diagnostics, ...diagnostics] };
}

export function modelOf(project: CompiledProject, name: string): ModelNode {
  const node = project.graph.get(`model.${name}`);
  if (node?.kind !== 'model') throw new Error(`no model ${name}`);
  return node;
}
