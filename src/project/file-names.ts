import { type Diagnostic, error, nearest } from '../diagnostics/index.js';

/** What a file below `models/` is, by its name alone. */
export type FileRole =
  | { readonly kind: 'model'; readonly schema: string; readonly table: string }
  | { readonly kind: 'properties' | 'docs' | 'ignored' }
  | { readonly kind: 'wrong'; readonly diagnostics: readonly Diagnostic[] };

/** Postgres cuts longer names: `NAMEDATALEN - 1`. */
const longestName = 63;
/** What is left of a schema's name when dbl has added the suffixes of its own schemas. */
const longestSchema = 40;

const verbs = ['POPULATE', 'CREATE', 'FUNCTION', 'CLEANUP', 'SNAPSHOT'];

interface LaterFile {
  readonly extensions: readonly string[];
  /** What to do until then. */
  readonly hint: string;
}

/** By verb, what means something to later versions. */
const laterFiles: ReadonlyMap<string, LaterFile> = new Map([
  ['POPULATE', { extensions: ['csv', 'tsv', 'yaml', 'yml', 'json'], hint: 'Load the data into a table, and declare that under "sources:" in a .yaml file.' }],
  ['CREATE', { extensions: ['sql'], hint: 'dbl makes the table from the query in its POPULATE- file.' }],
  ['FUNCTION', { extensions: ['sql'], hint: 'Create the function in the database by hand.' }],
  ['CLEANUP', { extensions: ['sql', 'ts', 'js', 'py'], hint: 'Put the work into the query of the POPULATE- file.' }],
  ['SNAPSHOT', { extensions: ['sql'], hint: 'Move it out of "models".' }],
]);

const wellNamed = /^POPULATE-([^-]+)-(.+)\.sql$/s;
const modelStem = /^POPULATE-[^-]+-./s;

/** A table's name is Postgres's and is taken as it is: only the first two hyphens and `.sql` mean anything. */
export function roleOf(path: string): FileRole {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [, schema, table] = wellNamed.exec(name) ?? [];
  if (schema !== undefined && table !== undefined) {
    const diagnostics = [...misnamed('schema', schema, path), ...misnamed('table', table, path)];
    return diagnostics.length === 0 ? { kind: 'model', schema, table } : { kind: 'wrong', diagnostics };
  }
  const dot = name.lastIndexOf('.');
  const stem = dot < 0 ? name : name.slice(0, dot);
  const extension = dot < 0 ? '' : name.slice(dot + 1);
  const later = laterFile(stem, extension.toLowerCase());
  if (later !== undefined) return { kind: 'wrong', diagnostics: [error('DBL1111', later.message, path, { hint: later.hint })] };
  if (extension === 'yaml' || extension === 'yml') return { kind: 'properties' };
  if (extension === 'md') return { kind: 'docs' };
  const miswritten = wrongExtension(path, 'yaml') ?? wrongExtension(path, 'yml');
  if (miswritten !== undefined) return { kind: 'wrong', diagnostics: [miswritten] };
  if (extension.toLowerCase() !== 'sql') return otherFile(name, stem, extension, path);
  return { kind: 'wrong', diagnostics: [malformed(name, stem, extension, path)] };
}

const verbAndSchema = /^[a-z]+[-_][^-_]+[-_]/i;

/** The tables that a file may have been meant for whose name is wrong. */
export function probableTables(path: string): ReadonlySet<string> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const stem = name.replace(/\.[^.]*$/, '');
  return new Set([stem, stem.slice(stem.lastIndexOf('-') + 1), stem.replace(verbAndSchema, '')]);
}

/** Whatever else lies below `models/` is not dbl's, but for a model whose extension was mistyped. */
function otherFile(name: string, stem: string, extension: string, path: string): FileRole {
  const isModel = modelStem.test(stem) && (extension === '' || nearest(extension, ['sql']).length > 0) && !name.endsWith('~');
  if (!isModel) return { kind: 'ignored' };
  const message = extension === '' ? 'the extension ".sql" is missing' : `the extension is ".sql", not ".${extension}"`;
  return { kind: 'wrong', diagnostics: [error('DBL1103', message, path, { hint: `Did you mean "${stem}.sql"?` })] };
}

/** A file whose extension differs from the expected one in case only would be passed over in silence. */
export function wrongExtension(path: string, expected: string): Diagnostic | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  if (extension === expected || extension.toLowerCase() !== expected) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1, -expected.length);
  return error('DBL1103', `the extension is ".${expected}", not ".${extension}"`, path, { hint: `Did you mean "${name}${expected}"?` });
}

function laterFile(stem: string, extension: string): { readonly message: string; readonly hint: string } | undefined {
  const written = stem.slice(0, Math.max(0, stem.indexOf('-')));
  const isData = written.toUpperCase() === 'POPULATE';
  const verb = isData || extension === 'sql' ? written.toUpperCase() : written;
  const later = laterFiles.get(verb);
  if (later === undefined || !later.extensions.includes(extension)) return undefined;
  const what = `${verb}- files${isData ? ` ending in .${extension}` : ''}`;
  return { message: `${what} are not supported by this version of dbl`, hint: later.hint };
}

function malformed(name: string, stem: string, extension: string, path: string): Diagnostic {
  const separator = /[-_]/.exec(stem)?.index ?? stem.length;
  const verb = stem.slice(0, separator);
  const rest = stem.slice(separator + 1);
  if (!verbs.includes(verb.toUpperCase())) return noVerb(stem, verb, rest, path);
  const hint = expectation(guess(verb.toUpperCase(), rest) ?? guess(verb.toUpperCase(), rest.replace('_', '-')), rest);
  if (!verbs.includes(verb)) return error('DBL1102', `the verb is "${verb.toUpperCase()}", not "${verb}"`, path, { hint });
  if (stem[separator] === '_') {
    return error('DBL1105', `hyphens, not underscores, part the verb, the schema and the table in "${name}"`, path, { hint });
  }
  const [schema, ...table] = rest.split('-');
  if (schema !== '' && table.join('-') !== '') {
    return error('DBL1103', `the extension is ".sql", not ".${extension}"`, path, { hint });
  }
  return error('DBL1104', `${missingPart(rest)} missing in "${name}"`, path, { hint });
}

function missingPart(rest: string): string {
  if (rest === '' || rest === '-') return 'the schema and the table are';
  if (!rest.includes('-')) return 'the schema or the table is';
  return rest.startsWith('-') ? 'the schema is' : 'the table is';
}

function noVerb(stem: string, first: string, rest: string, path: string): Diagnostic {
  const [near] = nearest(first, verbs, 1);
  const looksLikeVerb = near !== undefined || (rest !== '' && /^[A-Z]+$/.test(first));
  const hint = expectation(looksLikeVerb ? guess(near ?? 'POPULATE', rest) : guess('POPULATE', stem), stem);
  if (looksLikeVerb) return error('DBL1101', `unknown verb "${first}"`, path, { hint });
  return error('DBL1101', 'the name of the file does not begin with a verb', path, { hint });
}

/** The name that was probably meant, if two parts can be told apart. */
function guess(verb: string, rest: string): string | undefined {
  const [, schema, table] = /^([^-]+)-(.+)$/s.exec(rest) ?? [];
  if (schema === undefined || table === undefined) return undefined;
  return `${verb}-${schema.trim()}-${table.trim()}.sql`;
}

/** `rest` is what the name holds beside the verb. */
function expectation(corrected: string | undefined, rest: string): string {
  const table = rest.replace(/^-/, '');
  const example = table === '' || table.includes('-') ? '' : `, "POPULATE-staging-${table === 'staging' ? 'arrests' : table}.sql" for example`;
  const form = 'A model\'s file is named "POPULATE-<schema>-<table>.sql"';
  return corrected === undefined ? `${form}${example}.` : `${form}. Did you mean "${corrected}"?`;
}

function misnamed(part: 'schema' | 'table', name: string, path: string): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (name.trim() !== name) {
    found.push(error('DBL1108', `white space stands around the name of the ${part}, "${name}"`, path, { hint: 'Take it out of the name of the file.' }));
  }
  const bytes = Buffer.byteLength(name);
  if (bytes > longestName) {
    const hint = `Postgres would cut it. Shorten it by ${bytes - longestName} ${bytes - longestName === 1 ? 'byte' : 'bytes'}.`;
    found.push(error('DBL1106', `the name of the ${part} has ${bytes} bytes, and Postgres takes ${longestName}`, path, { hint }));
  } else if (part === 'schema' && bytes > longestSchema) {
    const hint = 'dbl adds to it to name schemas of its own, such as the workbench.';
    found.push(error('DBL1106', `the name of the schema has ${bytes} bytes, and dbl takes ${longestSchema}`, path, { hint }));
  }
  if (part === 'schema' && (name === 'dbluigi' || name === 'information_schema' || name.startsWith('pg_'))) {
    const owner = name === 'dbluigi' ? 'dbl' : 'Postgres';
    found.push(error('DBL1107', `the schema "${name}" belongs to ${owner}`, path, { hint: 'Choose another schema for the table.' }));
  }
  return found;
}
