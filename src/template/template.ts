import type { SourceFile } from '../diagnostics/index.js';
import type { RootNode } from './nunjucks-internals.js';

/** A parsed template. What it holds is the engine's own business. */
export class Template {
  readonly file: SourceFile;
  /** undefined where the text has no tags: it renders to itself. */
  readonly root: RootNode | undefined;

  /** Made by `parseTemplate` only. */
  constructor(file: SourceFile, root: RootNode | undefined) {
    this.file = file;
    this.root = root;
  }
}
