import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { type DblResult, type TestDatabase, type TestProject, runDbl } from '../harness/index.js';

/** The password in the URL where the server asks for none. */
const unasked = 'correct horse battery';

interface Where {
  readonly project: TestProject;
  /** undefined: the command gets no DBL_DATABASE_URL. */
  readonly database?: TestDatabase | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a command said, where whatever differs from run to run is replaced by a word in capitals. */
export async function said({ project, database, env = {} }: Where, ...args: readonly string[]): Promise<DblResult> {
  const given: Record<string, string> = database === undefined ? { ...env } : { DBL_DATABASE_URL: urlWithPassword(database), ...env };
  const result = await runDbl(args, { cwd: project.folder, env: given });
  const written = writtenBy(project);
  for (const password of passwordsIn(given)) {
    expect(result.stdout).not.toContain(password);
    expect(result.stderr).not.toContain(password);
    expect(written).not.toContain(password);
  }
  const steady = (text: string): string => withoutChance(text, project, database);
  return { ...result, stdout: steady(result.stdout), stderr: steady(result.stderr) };
}

/** A password that a server which asks for none is given all the same, so that it could leak. */
export function urlWithPassword({ address, url }: TestDatabase): string {
  return address.password === '' ? url.replace(':@', `:${encodeURIComponent(unasked)}@`) : url;
}

function passwordsIn(env: Readonly<Record<string, string>>): readonly string[] {
  const written = Object.values(env).flatMap((value) => /^postgres(?:ql)?:\/\/[^:]*:([^@/]+)@/.exec(value)?.[1] ?? []);
  const passwords = [...written, env['PGPASSWORD'] ?? ''].filter((password) => password !== '');
  return [...new Set(passwords.flatMap((password) => [password, decoded(password)]))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** All that dbl left in `.dbl`, but for the embedded server's own files. */
function writtenBy({ folder }: TestProject): string {
  const base = path.join(folder, '.dbl');
  if (!existsSync(base)) return '';
  const files = readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(path.join(base, 'pg')));
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

function withoutChance(text: string, { folder }: TestProject, database: TestDatabase | undefined): string {
  const steady = text
    .replaceAll(folder, 'FOLDER')
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'RUN')
    .replaceAll(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, 'WHEN')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'WHEN')
    // Right-aligned, so the blanks before it differ too; one stays.
    .replaceAll(/( ?) *\b(?:\d+ min )?\d+(?:\.\d+)? m?s\b/g, '$1TIME');
  if (database === undefined) return steady;
  const { host, port, user } = database.address;
  return steady.replaceAll(database.name, 'DATABASE').replaceAll(`${host}:${port}`, 'SERVER').replaceAll(`-h ${host} -p ${port} -U ${user}`, '-h HOST -p PORT -U USER');
}
