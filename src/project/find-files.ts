import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, type Result, compare, error } from '../diagnostics/index.js';

/**
 * The files at any depth below a folder of the project, as paths relative to the project, sorted. Names that begin with a dot
 * and `node_modules` are left out. Links are followed, but no folder is entered twice, so that a loop of links ends.
 * A folder that does not exist holds no files.
 */
export function findFiles(project: string, root: string): Result<readonly string[]> {
  const search = new Search(project);
  search.run(root);
  return { value: search.files.toSorted(compare), diagnostics: search.diagnostics };
}

/** What a failed system call means to the user: `permission denied (EACCES)`. */
export function reasonOf(failure: unknown): string {
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : undefined;
  const known: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EIO: 'input/output error',
    ELOOP: 'too many symbolic links',
    EMFILE: 'too many open files',
    ENAMETOOLONG: 'its path is too long',
    ENOENT: 'it does not exist',
    EPERM: 'operation not permitted',
  };
  return code === undefined ? String(failure) : known[code] === undefined ? code : `${known[code]} (${code})`;
}

const fileExtension = /\.(?:sql|njk|ya?ml)$/;

class Search {
  readonly files: string[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #project: string;
  readonly #folders: string[] = [];
  readonly #links: string[] = [];

  constructor(project: string) {
    this.#project = project;
  }

  /** Links to folders come last, so that a file is known by its own path where it has one in the project. */
  run(root: string): void {
    if (!this.#isFolder(root)) return;
    this.#walk(root, undefined);
    if (this.#links.length === 0) return;
    const entered = new Set(this.#folders.map((folder) => realpathSync(join(this.#project, folder))));
    for (let link = this.#links.shift(); link !== undefined; link = this.#links.shift()) this.#walk(link, entered);
  }

  #isFolder(root: string): boolean {
    try {
      const stats = statSync(join(this.#project, root), { throwIfNoEntry: false });
      if (stats === undefined) {
        if (lstatSync(join(this.#project, root), { throwIfNoEntry: false }) !== undefined) this.#follow(root);
        return false;
      }
      if (!stats.isDirectory()) this.diagnostics.push(error('DBL1116', `"${root}" is not a folder`, root));
      return stats.isDirectory();
    } catch (failure) {
      this.diagnostics.push(error('DBL1114', `the folder cannot be read: ${reasonOf(failure)}`, root));
      return false;
    }
  }

  #walk(start: string, entered: Set<string> | undefined): void {
    const waiting = [start];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      if (entered !== undefined) {
        const real = realpathSync(join(this.#project, folder));
        if (entered.has(real)) continue;
        entered.add(real);
      }
      this.#folders.push(folder);
      for (const entry of this.#list(folder)) {
        if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
        const path = `${folder}/${entry.name}`;
        if (entry.isFile()) this.files.push(path);
        else if (entry.isDirectory()) waiting.push(this.#folder(path, entry.name));
        else if (entry.isSymbolicLink()) this.#follow(path);
      }
    }
  }

  /** A folder that looks like a file would be passed over in silence. */
  #folder(path: string, name: string): string {
    const extension = fileExtension.exec(name)?.[0];
    if (extension !== undefined) {
      this.diagnostics.push(error('DBL1118', `"${name}" is a folder`, path, { hint: `Names that end in "${extension}" are for files.` }));
    }
    return path;
  }

  #list(folder: string): readonly Dirent[] {
    try {
      return readdirSync(join(this.#project, folder), { withFileTypes: true }).toSorted((a, b) => compare(a.name, b.name));
    } catch (failure) {
      this.diagnostics.push(error('DBL1114', `the folder cannot be read: ${reasonOf(failure)}`, folder));
      return [];
    }
  }

  #follow(path: string): void {
    try {
      const stats = statSync(join(this.#project, path));
      if (stats.isFile()) this.files.push(path);
      else if (stats.isDirectory()) this.#links.push(path);
    } catch (failure) {
      this.diagnostics.push(error('DBL1115', `the symbolic link leads nowhere: ${reasonOf(failure)}`, path));
    }
  }
}
