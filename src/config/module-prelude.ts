import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const mentionsOwnPlace = /\bimport\.meta\b|\b__(?:dir|file)name\b/;

/** What esbuild puts in the place of the words by which a module asks where it is. */
export const ownPlaceNames = {
  'import.meta.url': '__dbl_url',
  'import.meta.dirname': '__dbl_dirname',
  'import.meta.filename': '__dbl_filename',
  __dirname: '__dbl_dirname',
  __filename: '__dbl_filename',
} as const;

/**
 * Goes before a module's text, on its first line, so that it still learns where it stood before it was bundled.
 * Empty for a module that does not ask.
 */
export function preludeOf(path: string, text: string): string {
  if (!mentionsOwnPlace.test(text)) return '';
  return (
    constant('__dbl_url', pathToFileURL(path).href) +
    constant('__dbl_dirname', dirname(path)) +
    constant('__dbl_filename', path)
  );
}

function constant(name: string, value: string): string {
  return `const ${name} = ${JSON.stringify(value)}; `;
}
