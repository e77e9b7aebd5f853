import { resolve } from 'node:path';
import type { CompiledProject } from '../compile/index.js';
import type { LoadedConfig } from '../config/index.js';
import { type Result, failed, hasErrors, isGood } from '../diagnostics/index.js';
import type { Output } from './output.js';
import type { Settings } from './settings.js';

// The rooms are loaded when they are needed: help and mistakes on the command line must not wait for them.

/** The configuration as the command line sees it. */
export async function readConfig(settings: Settings): Promise<Result<LoadedConfig>> {
  const { loadConfig } = await import('../config/index.js');
  const { config, projectDir, target, vars } = settings;
  return loadConfig({
    projectDir: resolve(projectDir ?? '.'),
    configPath: config,
    targetName: target,
    vars,
    env: process.env,
  });
}

/** Loads and compiles a project. What is wrong in it does not hide what else is wrong. */
export async function readProject(settings: Settings): Promise<Result<CompiledProject>> {
  const config = await readConfig(settings);
  // Without a place the mistake is in what was asked for, and the folder is perhaps no project.
  if (!isGood(config) && config.diagnostics.some(({ at }) => at === undefined)) return failed(...config.diagnostics);
  const { loadProject } = await import('../project/index.js');
  const files = loadProject(isGood(config) ? config.value.folder : resolve(settings.projectDir ?? '.'));
  if (!isGood(config)) return failed(...config.diagnostics, ...files.diagnostics);
  const before = [...config.diagnostics, ...files.diagnostics];
  if (files.value === undefined) return { value: undefined, diagnostics: before };
  const { compileProject } = await import('../compile/index.js');
  const project = await compileProject(config.value, files.value);
  return { value: project.value, diagnostics: [...before, ...project.diagnostics] };
}

/** The project, with all that there is to say about it said; undefined where it has errors. */
export async function openProject(settings: Settings, output: Output): Promise<CompiledProject | undefined> {
  const { diagnostics, value } = await readProject(settings);
  output.diagnostics(diagnostics);
  if (hasErrors(diagnostics)) return undefined;
  // A blank line between warnings and what the command has to tell.
  if (diagnostics.length > 0 && !output.json && !output.quiet) output.note('');
  return value;
}
