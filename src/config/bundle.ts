import { readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { build, type Loader, type Location, type Message, type Plugin } from 'esbuild';
import { type Diagnostic, error, failed, ok, type Place, type Result, SourceFile } from '../diagnostics/index.js';
import { contentHash } from './content-hash.js';
import { type ConfigFile, readSource } from './find-config-file.js';
import { ownPlaceNames, preludeOf } from './module-prelude.js';

/** A configuration and the local modules that it imports, as one JavaScript module. */
export interface Bundle {
  readonly code: string;
  /** The content hash of every file that is in it, by absolute path. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface BundleOptions {
  readonly folder: string;
  readonly file: ConfigFile;
  /** The module that `dbluigi` means in a configuration. */
  readonly dbluigi: string;
  /** Where the bundle will be: paths in its source map are relative to it. */
  readonly outfile: string;
}

const loaders: Readonly<Record<string, Loader>> = { '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.js': 'js', '.mjs': 'js', '.cjs': 'js' };

/** Packages stay outside and are found by Node at run time. Mistakes in syntax and imports are diagnostics. */
export async function bundle({ folder, file, dbluigi, outfile }: BundleOptions): Promise<Result<Bundle>> {
  const inputs: Record<string, string> = {};
  try {
    const built = await build({
      entryPoints: [file.path],
      outfile,
      absWorkingDir: folder,
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      charset: 'utf8',
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      // The project's tsconfig.json is for its editor: one that is broken must not break a build.
      tsconfigRaw: {},
      define: ownPlaceNames,
      banner: requiresPackages(file.text) ? { js: requireBanner } : {},
      plugins: [localFiles(dbluigi, inputs)],
    });
    return ok({ code: built.outputFiles?.[0]?.text ?? '', inputs });
  } catch (thrown) {
    if (!isBuildFailure(thrown)) throw thrown;
    const files = new Map([[file.path, file]]);
    return failed(...thrown.errors.map((message) => toDiagnostic(message, folder, files)));
  }
}

const requireBanner = `import { createRequire as __dbl_createRequire } from 'node:module'; const require = __dbl_createRequire(import.meta.url);`;

/** CommonJS works by `require`, which a module does not have of itself. */
function requiresPackages(text: string): boolean {
  return text.includes('require(') && !text.includes('createRequire');
}

/** Reads every local file itself, so that the hashes are of exactly what was bundled. */
function localFiles(dbluigi: string, inputs: Record<string, string>): Plugin {
  return {
    name: 'dbl',
    setup(build) {
      build.onResolve({ filter: /^dbluigi$/ }, () => ({ path: dbluigi }));
      build.onLoad({ filter: /./, namespace: 'file' }, ({ path }) => {
        const content = readFileSync(path);
        inputs[path] = contentHash(content);
        const loader = loaders[extname(path)];
        if (loader === undefined) return { contents: content, loader: 'default' };
        const { text } = new SourceFile(path, content.toString('utf8'));
        return { contents: preludeOf(path, text) + text, loader };
      });
    },
  };
}

function isBuildFailure(thrown: unknown): thrown is Error & { readonly errors: readonly Message[] } {
  return thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors);
}

const missingExport = /^No matching export in ".*define-config\.[jt]s" for import "(.*)"$/;

const missingSeparator = /^Expected "[}\])]" but found ["a-z]/;

function toDiagnostic({ text, location }: Message, folder: string, files: Map<string, ConfigFile>): Diagnostic {
  const at = location === null ? undefined : placeOf(location, folder, files);
  const absent = missingExport.exec(text);
  if (absent !== null) {
    const hint = 'A configuration imports "defineConfig" and "embedded" from it.';
    return error('DBL1004', `"dbluigi" has no export "${absent[1]}"`, at, { hint });
  }
  const hint = missingSeparator.test(text) ? 'Is a comma or a colon missing before it?' : undefined;
  return error('DBL1004', text.charAt(0).toLowerCase() + text.slice(1), at, { hint });
}

/** esbuild counts lines from 1 and columns in bytes from 0; what was put before the first line is taken off. */
function placeOf(location: Location, folder: string, files: Map<string, ConfigFile>): Place {
  const path = resolve(folder, location.file);
  const file = files.get(path) ?? readSource(folder, path);
  files.set(path, file);
  const line = Buffer.from(location.lineText);
  const units = (bytes: number): number => line.subarray(0, bytes).toString('utf8').length;
  const added = location.line === 1 ? preludeOf(path, file.text).length : 0;
  const start = file.source.offsetAt(location.line - 1, Math.max(0, units(location.column) - added));
  return file.source.place(start, start + units(location.column + location.length) - units(location.column));
}
