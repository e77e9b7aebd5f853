import { existsSync } from 'node:fs';
import { isAbsolute, join, posix } from 'node:path';
import { type Diagnostic, type Result, type SourceFile, ok, warning } from '../diagnostics/index.js';
import { type DocBlock, readDocBlocks } from './doc-blocks.js';
import { probableTables, roleOf, wrongExtension } from './file-names.js';
import { findFiles } from './find-files.js';
import type { ModelFile, ProjectFiles, Properties, TestFile } from './project-files.js';
import { readProperties } from './properties.js';
import { readText } from './read-text.js';
import { firstOfEach } from './twice.js';

/**
 * Reads what a project's folder holds: `models/`, `tests/`, `macros/`, each of which may be absent. There is always a value;
 * a file that is wrong is left out of it, of two files for one table or test the second.
 */
export function loadProject(folder: string): Result<ProjectFiles> {
  const loader = new Loader(folder);
  const { models, properties } = loader.models();
  const tests = loader.tests();
  const macros = loader.macros();
  const { readTemplate, unusable } = loader;
  return ok({ models, unusable, tests, macros, properties, readTemplate }, loader.diagnostics);
}

/** A file by its path, and what tells it from others of its kind. */
interface NamedFile {
  readonly at: string;
  readonly key: string;
}

const templateExtension = /\.(?:sql|jinja2?|j2|nunjucks|html)$/;
const macroTag = /\{%-?\s*macro\s+\w+/;

class Loader {
  readonly diagnostics: Diagnostic[] = [];
  readonly unusable = new Map<string, string>();
  readonly #folder: string;
  /** Every file read so far, so that a template that is included is the same object as the file itself. */
  readonly #files = new Map<string, SourceFile | undefined>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  models(): { models: readonly ModelFile[]; properties: Properties } {
    const named: (NamedFile & Omit<ModelFile, 'file'>)[] = [];
    const properties: SourceFile[] = [];
    const blocks: DocBlock[] = [];
    for (const path of this.#find('models')) {
      const role = roleOf(path);
      if (role.kind === 'wrong') this.#refuse(path, role.diagnostics);
      else if (role.kind === 'model') named.push({ ...role, at: path, key: `${role.schema}/${role.table}` });
      else if (role.kind === 'properties') properties.push(...this.#read(path));
      else if (role.kind === 'docs') blocks.push(...this.#take(readDocBlocks(this.#folder, path)));
    }
    const unique = firstOfEach(named, 'DBL1109', ({ schema, table }) => `two files fill the table "${schema}.${table}"`, this.diagnostics);
    const models = unique.flatMap(({ at, schema, table }) => this.#read(at).map((file) => ({ schema, table, file })));
    for (const { at, table } of unique) if (this.#files.get(at) === undefined) this.unusable.set(table, at);
    const { diagnostics, ...understood } = readProperties(properties, blocks, unique);
    this.diagnostics.push(...diagnostics);
    return { models, properties: understood };
  }

  #refuse(path: string, diagnostics: readonly Diagnostic[]): void {
    this.diagnostics.push(...diagnostics);
    for (const table of probableTables(path)) this.unusable.set(table, path);
  }

  tests(): readonly TestFile[] {
    const named: NamedFile[] = [];
    for (const path of this.#find('tests')) {
      const wrong = wrongExtension(path, 'sql');
      if (wrong !== undefined) this.diagnostics.push(wrong);
      if (!path.endsWith('.sql')) continue;
      named.push({ at: path, key: path.slice('tests/'.length, -'.sql'.length).replaceAll('/', '.') });
    }
    const unique = firstOfEach(named, 'DBL1110', ({ key }) => `two files are the test "${key}"`, this.diagnostics);
    return unique.flatMap(({ at, key }) => this.#read(at).map((file) => ({ name: key, file })));
  }

  macros(): readonly SourceFile[] {
    const files: SourceFile[] = [];
    for (const path of this.#find('macros')) {
      const wrong = wrongExtension(path, 'njk');
      if (wrong !== undefined) this.diagnostics.push(wrong);
      if (path.endsWith('.njk')) files.push(...this.#read(path));
      else if (wrong === undefined && templateExtension.test(path)) this.#passOver(path);
    }
    return files;
  }

  /** In other tools macros stand in `.sql` files, which here are only read where a template includes or imports them. */
  #passOver(path: string): void {
    const { value: file } = readText(this.#folder, path);
    const found = file === undefined ? null : macroTag.exec(file.text);
    if (file === undefined || found === null) return;
    const place = file.place(found.index, found.index + found[0].length);
    const hint = `Rename the file to "${path.replace(templateExtension, '.njk')}".`;
    this.diagnostics.push(warning('DBL1119', 'macros are read from files that end in ".njk" alone', place, { hint }));
  }

  /** What is outside the project's folder is not read. */
  readonly readTemplate = (name: string): SourceFile | undefined => {
    if (isAbsolute(name) || name === '') return undefined;
    const paths = [posix.normalize(name), posix.join('macros', name)];
    const path = paths.find((path) => !path.startsWith('../') && (this.#files.has(path) || existsSync(join(this.#folder, path))));
    if (path === undefined) return undefined;
    if (!this.#files.has(path)) this.#files.set(path, readText(this.#folder, path).value);
    return this.#files.get(path);
  };

  #find(root: string): readonly string[] {
    return this.#take(findFiles(this.#folder, root));
  }

  /** One file, or none where it cannot be read. */
  #read(path: string): readonly SourceFile[] {
    const { value, diagnostics } = readText(this.#folder, path);
    this.diagnostics.push(...diagnostics);
    this.#files.set(path, value);
    return value === undefined ? [] : [value];
  }

  #take<T>({ value = [], diagnostics }: Result<readonly T[]>): readonly T[] {
    this.diagnostics.push(...diagnostics);
    return value;
  }
}
