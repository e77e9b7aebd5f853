import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TestRunner, onTestFinished } from 'vitest';

export interface TestProject {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** Writes more files, or others over the old ones. */
  readonly write: (files: Readonly<Record<string, string>>) => void;
  /** Called by itself at the end of a test that made the project. */
  readonly remove: () => void;
}

/** A temporary folder with these files: paths with `/`, relative to it, and texts. */
export function withProject(files: Readonly<Record<string, string>>): TestProject {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'dbl-project-')));
  const project: TestProject = {
    folder,
    write: (more) => {
      for (const [name, text] of Object.entries(more)) {
        const file = path.join(folder, name);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
  project.write(files);
  if (TestRunner.getCurrentTest() !== undefined) onTestFinished(() => project.remove());
  return project;
}
