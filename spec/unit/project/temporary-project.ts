import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Diagnostic, sortDiagnostics, toRecord } from '../../../src/diagnostics/index.js';
import { type ProjectFiles, loadProject } from '../../../src/project/index.js';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A folder with these files, gone when the test is over. */
export function temporaryProject(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'dbl-project-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

export interface Loaded {
  readonly project: ProjectFiles;
  readonly diagnostics: readonly Diagnostic[];
  /** One line for each diagnostic and each of its related places, and hints below. */
  readonly report: readonly string[];
}

export function load(files: Files): Loaded {
  return loadFolder(temporaryProject(files));
}

export function loadFolder(folder: string): Loaded {
  const { value: project, diagnostics } = loadProject(folder);
  if (project === undefined) throw new Error('a project is always loaded');
  return { project, diagnostics, report: sortDiagnostics(diagnostics).flatMap(lines) };
}

/** Loads one file of properties and gives the report without the name of the file. */
export function reportOf(yaml: string, files: Files = {}): readonly string[] {
  return load({ 'models/p.yaml': yaml, ...files }).report.map((line) => line.replaceAll('models/p.yaml:', ''));
}

function lines(diagnostic: Diagnostic): string[] {
  const { code, severity, file, line, column, message, hint } = toRecord(diagnostic);
  const place = line === null ? file : `${file}:${line}:${column}`;
  const related = (diagnostic.related ?? []).map(({ message, at }) => {
    if (typeof at === 'string') return `  - ${at} ${message}`;
    const { line, column } = at.file.position(at.start);
    return `  - ${at.file.path}:${line}:${column} ${message}`;
  });
  return [
    `${place} ${code}${severity === 'warning' ? ' warning' : ''} ${message}`,
    ...related,
    ...(hint === null ? [] : [`  ${hint}`]),
  ];
}
