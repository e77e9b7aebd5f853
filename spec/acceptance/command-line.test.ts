import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { schemaLock } from '../../src/audit/index.js';
import { tryLock } from '../../src/postgres/index.js';
import { type TestProject, createTestDatabase, runDbl, spawnDbl, withProject } from '../harness/index.js';
import { said } from './said.js';

vi.setConfig({ testTimeout: 120_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const commands = ['init', 'compile', 'ls', 'show', 'build', 'publish', 'test', 'promote', 'history', 'doctor'];
/** Nothing listens there. */
const nowhere = { DBL_DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/nothing' };

function smallProject(files: Readonly<Record<string, string>> = {}): TestProject {
  return withProject({
    'dbluigi.config.ts': 'export default {}\n',
    'models/POPULATE-staging-agencies.sql': "select 1 as id, 'Ada' as name\n",
    'models/POPULATE-staging-names.sql': "{{ config(materialized='view') }}select name from {{ ref('agencies') }}\n",
    ...files,
  });
}

/** Command lines that are wrong, each with what is said about it; all of them end with 2, with nothing on stdout, and ask no server. */
async function mistakes(lines: readonly (readonly string[])[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const project = smallProject();
  const told = [];
  for (const args of lines) {
    const { code, stdout, stderr } = await said({ project, env: { ...nowhere, ...env } }, ...args);
    expect([args, code, stdout]).toEqual([args, 2, '']);
    told.push(`$ dbl ${args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}\n${stderr}`);
  }
  return told.join('\n');
}

describe('mistakes', () => {
  test('in the name of a command', async () => {
    expect(await mistakes([['buld'], ['--quiet', 'tets'], ['Build'], ['drop-everything'], [''], ['help', 'biuld']])).toMatchInlineSnapshot(`
      "$ dbl buld
      error DBL1701: dbl has no command "buld"
        hint: Did you mean "build"?

      1 error

      $ dbl --quiet tets
      error DBL1701: dbl has no command "tets"
        hint: Did you mean "test"?

      1 error

      $ dbl Build
      error DBL1701: dbl has no command "Build"
        hint: Did you mean "build"?

      1 error

      $ dbl drop-everything
      error DBL1701: dbl has no command "drop-everything"
        hint: The commands are init, compile, ls, show, build, publish, test, promote, history, doctor.

      1 error

      $ dbl ''
      error DBL1701: dbl has no command ""
        hint: The commands are init, compile, ls, show, build, publish, test, promote, history, doctor.

      1 error

      $ dbl help biuld
      error DBL1701: dbl has no command "biuld"
        hint: Did you mean "build"?

      1 error
      "
    `);
  });

  test('in options', async () => {
    const lines = [
      ['build', '--treads', '3'],
      ['build', '--fail_fast'],
      ['ls', '--hold'],
      ['--dry-run', 'build'],
      ['build', '-x'],
      ['-v'],
      ['build', '--hold=yes'],
      ['build', '--threads'],
      ['ls', '--target'],
      ['test', '--select'],
    ];
    expect(await mistakes(lines)).toMatchInlineSnapshot(`
      "$ dbl build --treads 3
      error DBL1702: "dbl build" has no option "--treads"
        hint: Did you mean "--threads"?

      1 error

      $ dbl build --fail_fast
      error DBL1702: "dbl build" has no option "--fail_fast"
        hint: Did you mean "--fail-fast"?

      1 error

      $ dbl ls --hold
      error DBL1702: "dbl ls" has no option "--hold"
        hint: Did you mean "--help"?

      1 error

      $ dbl --dry-run build
      error DBL1702: "--dry-run" stands before "build", whose option it is
        hint: Write it behind: "dbl build --dry-run".

      1 error

      $ dbl build -x
      error DBL1702: "dbl build" has no option "-x"
        hint: "dbl build --help" shows what it takes.

      1 error

      $ dbl -v
      error DBL1702: "dbl" has no option "-v"
        hint: Did you mean "-V"?

      1 error

      $ dbl build --hold=yes
      error DBL1702: "dbl build" has no option "--hold=yes"
        hint: Did you mean "--hold" or "--help"?

      1 error

      $ dbl build --threads
      error DBL1703: --threads needs a value
        hint: Write --threads <number>.

      1 error

      $ dbl ls --target
      error DBL1703: --target needs a value
        hint: Write --target <name>.

      1 error

      $ dbl test --select
      error DBL1703: --select needs a value
        hint: Write --select <selector...>.

      1 error
      "
    `);
  });

  test('in arguments', async () => {
    expect(await mistakes([['show'], ['show', 'agencies', 'names'], ['build', 'agencies'], ['ls', 'agencies'], ['promote', 'staging_dev'], ['init', 'one', 'two']])).toMatchInlineSnapshot(`
      "$ dbl show
      error DBL1703: "dbl show" needs a model
        hint: "dbl show --help" shows what it takes.

      1 error

      $ dbl show agencies names
      error DBL1704: "dbl show" takes one argument, so "names" is too many
        hint: "dbl show --help" shows what it takes.

      1 error

      $ dbl build agencies
      error DBL1704: "dbl build" takes no argument, so "agencies" is too many
        hint: To choose models, write --select agencies.

      1 error

      $ dbl ls agencies
      error DBL1704: "dbl ls" takes no argument, so "agencies" is too many
        hint: To choose models, write --select agencies.

      1 error

      $ dbl promote staging_dev
      error DBL1704: "dbl promote" takes no argument, so "staging_dev" is too many
        hint: "dbl promote --help" shows what it takes.

      1 error

      $ dbl init one two
      error DBL1704: "dbl init" takes one argument, so "two" is too many
        hint: "dbl init --help" shows what it takes.

      1 error
      "
    `);
  });

  test('in the values of options', async () => {
    const lines = [
      ['build', '--threads', '0'],
      ['build', '--threads', '257'],
      ['build', '--threads', 'many'],
      ['build', '--threads='],
      ['show', 'agencies', '--limit', '-1'],
      ['history', '--limit', '1.5'],
      ['ls', '--output', 'yaml'],
      ['ls', '--output', 'jsn'],
      ['ls', '--log-format', 'xml'],
      ['ls', '--target', ''],
      ['ls', '--target', 'stagingdev'],
      ['ls', '--project-dir', 'no/such/folder'],
      ['ls', '--config', 'no_such.config.ts'],
    ];
    expect(await mistakes(lines)).toMatchInlineSnapshot(`
      "$ dbl build --threads 0
      error DBL1705: --threads is "0", which is not a whole number from 1 to 256

      1 error

      $ dbl build --threads 257
      error DBL1705: --threads is "257", which is not a whole number from 1 to 256

      1 error

      $ dbl build --threads many
      error DBL1705: --threads is "many", which is not a whole number from 1 to 256

      1 error

      $ dbl build --threads=
      error DBL1705: --threads is "", which is not a whole number from 1 to 256

      1 error

      $ dbl show agencies --limit -1
      error DBL1705: --limit is "-1", which is not a whole number, 0 or more

      1 error

      $ dbl history --limit 1.5
      error DBL1705: --limit is "1.5", which is not a whole number, 0 or more

      1 error

      $ dbl ls --output yaml
      error DBL1705: --output cannot be "yaml"
        hint: It is "text" or "json".

      1 error

      $ dbl ls --output jsn
      error DBL1705: --output cannot be "jsn"
        hint: Did you mean "json"?

      1 error

      $ dbl ls --log-format xml
      error DBL1705: --log-format cannot be "xml"
        hint: It is "text" or "json".

      1 error

      $ dbl ls --target ''
      error DBL1705: --target is empty
        hint: Leave --target out, or give it a value.

      1 error

      $ dbl ls --target stagingdev
      error DBL1012: no target is named "stagingdev"
        hint: Did you mean "staging_dev"? The only target is "staging_dev".

      1 error

      $ dbl ls --project-dir no/such/folder
      error DBL1003: there is no folder "FOLDER/no/such/folder"
        hint: Name the folder of a project with --project-dir.

      1 error

      $ dbl ls --config no_such.config.ts
      error DBL1003: there is no configuration file "no_such.config.ts"

      1 error
      "
    `);
  });

  test('in --vars: the place in the JSON is shown', async () => {
    const texts = ['{year: 2024}', "{'year': 2024}", '{"year": 2024,}', '{"year": 2024', '{"year" 2024}', '[2024]', 'null', '2024 2025', '', '{"a": "é🚓", "b": tru}'];
    expect(await mistakes(texts.map((text) => ['compile', '--vars', text]))).toMatchInlineSnapshot(`
      "$ dbl compile --vars '{year: 2024}'
      error DBL1706: --vars is not JSON: "year" where a name in double quotes or "}" should be
        --vars:1:2
          |
        1 | {year: 2024}
          |  ^^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '{'year': 2024}'
      error DBL1706: --vars is not JSON: "'year'" where a name in double quotes or "}" should be
        --vars:1:2
          |
        1 | {'year': 2024}
          |  ^^^^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '{"year": 2024,}'
      error DBL1706: --vars is not JSON: "}" where a name in double quotes should be
        --vars:1:15
          |
        1 | {"year": 2024,}
          |               ^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '{"year": 2024'
      error DBL1706: --vars is not JSON: it ends where a comma or the closing bracket should follow
        --vars:1:14
          |
        1 | {"year": 2024
          |              ^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '{"year" 2024}'
      error DBL1706: --vars is not JSON: "2024" where a colon should be
        --vars:1:9
          |
        1 | {"year" 2024}
          |         ^^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '[2024]'
      error DBL1706: --vars is not a JSON object
        --vars:1:1
          |
        1 | [2024]
          | ^^^^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars null
      error DBL1706: --vars is not a JSON object
        --vars:1:1
          |
        1 | null
          | ^^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '2024 2025'
      error DBL1706: --vars is not JSON: "2025" where the end should be
        --vars:1:6
          |
        1 | 2024 2025
          |      ^^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars ''
      error DBL1706: --vars is not JSON: it ends where a value should follow
        --vars:1:1
          |
        1 |
          | ^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error

      $ dbl compile --vars '{"a": "é🚓", "b": tru}'
      error DBL1706: --vars is not JSON: "tru" where a value should be
        --vars:1:18
          |
        1 | {"a": "é🚓", "b": tru}
          |                   ^^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      1 error
      "
    `);
  });

  test('in the environment', async () => {
    expect(await mistakes([['build']], { DBL_THREADS: 'many' })).toMatchInlineSnapshot(`
      "$ dbl build
      error DBL1705: DBL_THREADS is "many", which is not a whole number from 1 to 256

      1 error
      "
    `);
    expect(await mistakes([['ls']], { DBL_TARGET: 'production' })).toMatchInlineSnapshot(`
      "$ dbl ls
      error DBL1012: no target is named "production", which DBL_TARGET asks for
        hint: The only target is "staging_dev".

      1 error
      "
    `);
  });

  test('several at once are told together', async () => {
    expect(await mistakes([['show', 'agencies', '--limit', 'x', '--output', 'csv', '--target', '', '--vars', '[]']])).toMatchInlineSnapshot(`
      "$ dbl show agencies --limit x --output csv --target '' --vars '[]'
      error DBL1705: --limit is "x", which is not a whole number, 0 or more

      error DBL1705: --output cannot be "csv"
        hint: It is "text" or "json".

      error DBL1705: --target is empty
        hint: Leave --target out, or give it a value.

      error DBL1706: --vars is not a JSON object
        --vars:1:1
          |
        1 | []
          | ^^
        hint: Write a JSON object, in single quotes for the shell: --vars '{"year": 2024}'.

      4 errors
      "
    `);
  });
});

describe('help', () => {
  test('of dbl, in three ways; without a command it goes to stderr, for that is a mistake', async () => {
    const { folder } = withProject({});
    const asked = await runDbl(['--help'], { cwd: folder });
    expect(asked.stdout).toMatchInlineSnapshot(`
      "Usage: dbl [options] [command]

      From a folder of SQL files to checked, published tables in Postgres.

      Options:
        -V, --version           print the version
        --project-dir <folder>  the folder of the project (default: the current one)
        --config <file>         the configuration (default: dbluigi.config.ts, .js or
                                .mjs in that folder)
        --target <name>         the target to work on (or DBL_TARGET; default: the
                                configuration says)
        --vars <json>           variables for templates, like '{"year": 2024}'
        --log-format <format>   text, or json: one object a line on standard output
                                (default: text)
        --no-color              no colours (or NO_COLOR)
        --quiet                 show only what went wrong, and the verdict
        -h, --help              print this help

      Commands:
        init                    write a small project that builds at once
        compile                 render all SQL, or one file, without a database
        ls                      list models, sources and tests
        show                    run a model's query and print the first rows
        build                   build, check and publish tables and views
        publish                 publish what "dbl build --hold" has held
        test                    run the checks on what the target holds
        promote                 put the target in production's place
        history                 show earlier runs, or one model over time
        doctor                  look for what is wrong with configuration and server
        help [command]          print the help of a command

      Start with "dbl init". "dbl build --help" has examples, and so has every command.
      "
    `);
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    for (const words of [['help'], ['-h'], ['--quiet', '--help']]) expect(await runDbl(words, { cwd: folder })).toEqual(asked);
    for (const words of [[], ['--quiet'], ['--target', 'staging_dev']]) {
      expect(await runDbl(words, { cwd: folder })).toEqual({ ...asked, code: 2, stdout: '', stderr: asked.stdout });
    }
  });

  test('of each command has its options and examples, and needs no project', async () => {
    const { folder } = withProject({});
    for (const command of commands) {
      const { code, stdout, stderr } = await runDbl([command, '--help'], { cwd: folder });
      expect([command, code, stderr]).toEqual([command, 0, '']);
      expect(stdout).toMatch(new RegExp(`^Usage: dbl ${command} \\[options\\]`));
      expect(stdout).toContain('\nOptions:\n');
      expect(stdout).toContain('\nGlobal Options:\n');
      const [, examples = ''] = stdout.split('\nExamples:\n');
      const lines = examples.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThanOrEqual(2);
      for (const line of lines) expect(line).toMatch(new RegExp(`^  dbl ${command === 'publish' ? '(?:publish|build)' : command}(?: \\S.*)? {2,}\\S`));
    }
  });

  test('of one command, word for word', async () => {
    const { folder } = withProject({});
    const { stdout } = await runDbl(['test', '--help'], { cwd: folder });
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: dbl test [options]

      Runs the checks, those of properties and those below tests/, on what the target
      holds now, or on production. Nothing is built or changed. For each check that
      fails a sample of the failing rows is shown, and the SQL for all of them.

      Options:
        --select <selector...>   only these: name, +name, name+, tag:x, path:x,
                                 schema.table, wildcards
        --exclude <selector...>  not these
        --production             look at production instead of the target
        -h, --help               print this help

      Global Options:
        -V, --version            print the version
        --project-dir <folder>   the folder of the project (default: the current one)
        --config <file>          the configuration (default: dbluigi.config.ts, .js or
                                 .mjs in that folder)
        --target <name>          the target to work on (or DBL_TARGET; default: the
                                 configuration says)
        --vars <json>            variables for templates, like '{"year": 2024}'
        --log-format <format>    text, or json: one object a line on standard output
                                 (default: text)
        --no-color               no colours (or NO_COLOR)
        --quiet                  show only what went wrong, and the verdict

      Examples:
        dbl test                                    all checks, on the default target
        dbl test --select agencies                  the checks of one model
        dbl test --target staging_dev --production  what production holds, by the same checks
      "
    `);
    expect((await runDbl(['help', 'test'], { cwd: folder })).stdout).toBe(stdout);
  });
});

test('--version loads nothing but its own file and package.json', async () => {
  // A copy that has nothing else could not run otherwise.
  const { folder } = withProject({});
  mkdirSync(path.join(folder, 'dist/cli'), { recursive: true });
  const main = path.join(folder, 'dist/cli/main.js');
  copyFileSync(path.join(root, 'dist/cli/main.js'), main);
  copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
  const { version } = Object(JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')));
  const run = promisify(execFile);
  for (const words of [['--version'], ['-V'], ['build', '--version'], ['--version', '--nonsense']]) {
    expect(await run(process.execPath, [main, ...words], { cwd: folder })).toEqual({ stdout: `${version}\n`, stderr: '' });
  }
  await expect(run(process.execPath, [main, '--help'], { cwd: folder })).rejects.toThrow('ERR_MODULE_NOT_FOUND');
});

test('--version after "--" is a word like others', async () => {
  expect(await mistakes([['ls', '--', '--version']])).toMatchInlineSnapshot(`
    "$ dbl ls -- --version
    error DBL1704: "dbl ls" takes no argument, so "--version" is too many
      hint: To choose models, write --select --version.

    1 error
    "
  `);
});

describe('exit codes', () => {
  test('0 where all is well or nothing is to do, 1 where something failed, 2 where the project or the command is wrong, 3 without a connection', async () => {
    const project = smallProject({ 'tests/no_ada.sql': "select * from {{ ref('agencies') }} where name = 'Ada'\n" });
    const database = await createTestDatabase();
    const codeOf = async (...args: readonly string[]) => (await said({ project, database }, ...args, '--quiet')).code;
    expect(await codeOf('build', '--select', 'agencies', '--exclude', 'agencies')).toBe(0);
    expect(await codeOf('build', '--exclude', 'agencis')).toBe(1);
    expect(await codeOf('test')).toBe(0);
    expect(await codeOf('promote')).toBe(1);
    expect(await codeOf('build', '--select', 'names')).toBe(2);
    expect((await said({ project, env: nowhere }, 'build')).code).toBe(3);
  });

  test('4 where another run holds the target', async () => {
    const project = smallProject();
    const database = await createTestDatabase();
    const holder = await database.session('dbl tests');
    expect(await tryLock(holder, schemaLock('staging_dev'))).toBe(true);
    const { code, stdout, stderr } = await said({ project, database }, 'build');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL2601: the schema "staging_dev" is held by another run
        hint: Wait until it has ended, then run the command again.
      "
    `);
    expect([code, stdout]).toEqual([4, '']);
    expect(await database.query("SELECT nspname FROM pg_namespace WHERE nspname = 'staging_dev'")).toEqual([]);
  });
});

describe('what goes where', () => {
  test('results to stdout, progress and diagnostics to stderr', async () => {
    const project = smallProject({ 'models/properties.yaml': 'models:\n  - name: agencies\n    columns:\n      - name: nmae\n' });
    const database = await createTestDatabase();
    const built = await said({ project, database }, 'build', '--select', 'agencies');
    expect(built.stderr).toMatchInlineSnapshot(`
      "warning DBL1402: "staging.agencies" has no column "nmae"
        models/properties.yaml:4:15
          |
        4 |       - name: nmae
          |               ^^^^
        hint: Did you mean "name"?

      1 warning

      build of staging_dev (staging_dev): 1 model
      1 of 1  built      staging_dev.agencies                       1 row TIME

      "
    `);
    expect(built.stdout).toMatchInlineSnapshot(`
      "slowest
        staging.agencies TIME  1 row

      build of staging_dev is done: 1 built (1 row), in TIME

      next
        dbl test --target staging_dev     check again what the target holds
        dbl promote --target staging_dev  put it in production's place
      "
    `);
    expect(built.code).toBe(0);
    const shown = await said({ project, database }, 'show', 'agencies');
    expect(shown.stdout).toBe(' id | name\n----+------\n  1 | Ada\n(1 row)\n');
    expect(shown.stderr).toContain('warning DBL1402: "staging.agencies" has no column "nmae"');
  });

  test('--quiet leaves what went wrong, and the verdict', async () => {
    const files = { 'models/POPULATE-staging-broken.sql': 'select 1 / 0 as n\n', 'models/properties.yaml': 'models:\n  - name: agencies\n    columns:\n      - name: nmae\n' };
    const project = smallProject(files);
    const database = await createTestDatabase();
    const { code, stdout, stderr } = await said({ project, database }, 'build', '--quiet', '--threads', '1');
    expect(stderr).toMatchInlineSnapshot(`
      "error DBL2201: division by zero
        models/POPULATE-staging-broken.sql:1:1
          |
        1 | select 1 / 0 as n
          | ^

      2 of 3  failed     staging.broken TIME
      "
    `);
    expect(stdout).toBe('build of staging_dev failed after TIME: 2 built (1 row), 1 failed\n');
    expect(code).toBe(1);
    expect(await said({ project, database }, 'compile', '--quiet')).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });
});

describe('colours', () => {
  const escape = '\u001b[';

  test('none where nobody sees them, with --no-color and with NO_COLOR; FORCE_COLOR asks for them', async () => {
    const { folder } = smallProject({ 'models/POPULATE-staging-broken.sql': 'selec 1\n' });
    const colored = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const { stderr } = await runDbl(['compile', ...args], { cwd: folder, env });
      expect(stderr).toContain('DBL1301');
      return stderr.includes(escape);
    };
    expect(await colored([], { NO_COLOR: '' })).toBe(false);
    expect(await colored([], { NO_COLOR: '', FORCE_COLOR: '1' })).toBe(true);
    expect(await colored([], { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
    expect(await colored(['--no-color'], { NO_COLOR: '', FORCE_COLOR: '1' })).toBe(false);
  });

  test('never in JSON', async () => {
    const { folder } = smallProject();
    const { stdout } = await runDbl(['ls', '--output', 'json'], { cwd: folder, env: { NO_COLOR: '', FORCE_COLOR: '1' } });
    expect(stdout).not.toContain(escape);
  });
});

describe('--log-format json', () => {
  const events = (stdout: string) => stdout.trimEnd().split('\n').map((line): { readonly event: string; readonly [key: string]: unknown } => JSON.parse(line));

  test('one object a line on stdout, and nothing else anywhere, with every command', async () => {
    const project = smallProject({ 'models/properties.yaml': 'models:\n  - name: agencies\n    columns:\n      - name: id\n        checks: [not_null]\n' });
    const database = await createTestDatabase();
    const run = async (code: number, ...args: readonly string[]) => {
      const result = await said({ project, database }, ...args, '--log-format', 'json');
      expect([args, result.code, result.stderr]).toEqual([args, code, '']);
      const found = events(result.stdout);
      for (const event of found) expect(event).toMatchObject({ v: 1, ts: 'WHEN' });
      return found.map(({ event }) => event);
    };
    const result = ['result'];
    expect(await run(0, 'ls')).toEqual(result);
    expect(await run(0, 'compile')).toEqual(result);
    expect(await run(0, 'compile', 'agencies')).toEqual(result);
    const built = await run(0, 'build', '--threads', '1');
    expect(built).toEqual(['run_start', 'node_start', 'check_end', 'publish', 'node_end', 'node_start', 'publish', 'node_end', 'run_end']);
    expect(await run(0, 'build', '--dry-run')).toEqual(result);
    expect(await run(0, 'test')).toEqual(['run_start', 'check_end', 'run_end']);
    expect(await run(0, 'show', 'names')).toEqual(result);
    expect(await run(0, 'promote', '--dry-run')).toEqual(['result']);
    expect(await run(0, 'promote')).toEqual(['run_start', 'promote', 'run_end']);
    expect(await run(0, 'history')).toEqual(result);
    expect(await run(0, 'doctor')).toEqual(result);
    expect(await run(0, 'init', 'new')).toEqual(result);
    expect(await run(2, 'ls', '--select', 'agencis')).toEqual(['diagnostic']);
    expect(await run(2, 'buld')).toEqual(['diagnostic']);
    expect(await run(2, 'build', '--threads', 'x', '--vars', '[')).toEqual(['diagnostic', 'diagnostic']);
  });

  test('the events of a build that fails, whole', async () => {
    const project = smallProject({
      'dbluigi.config.ts': "export default { name: 'crime' }\n",
      'models/POPULATE-staging-broken.sql': "select id / 0 as n\nfrom {{ ref('agencies') }}\n",
      'models/POPULATE-staging-below.sql': 'select n from broken\n',
    });
    const database = await createTestDatabase();
    const { code, stdout, stderr } = await said({ project, database }, 'build', '--exclude', 'names', '--threads', '1', '--log-format', 'json');
    expect([code, stderr]).toEqual([1, '']);
    const steady = (key: string, value: unknown) => (key.endsWith('duration_ms') && typeof value === 'number' ? 'TIME' : value);
    expect(stdout.trimEnd().split('\n').map((line) => JSON.stringify(JSON.parse(line), steady)).join('\n')).toMatchInlineSnapshot(`
      "{"v":1,"ts":"WHEN","run_id":"RUN","event":"run_start","command":"build","project":"crime","target":"staging_dev","schemas":["staging_dev"],"total":3,"threads":1,"expected_ms":{}}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"node_start","node":"model.staging.agencies"}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"publish","nodes":["model.staging.agencies"],"schema":"staging_dev","duration_ms":"TIME"}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"node_end","node":"model.staging.agencies","status":"success","rows":1,"duration_ms":"TIME","reason":null,"relation":"staging_dev.agencies"}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"node_start","node":"model.staging.broken"}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"diagnostic","code":"DBL2201","severity":"error","message":"division by zero","file":"models/POPULATE-staging-broken.sql","line":1,"column":1,"end_line":1,"end_column":1,"hint":null}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"node_end","node":"model.staging.broken","status":"failed","rows":null,"duration_ms":"TIME","reason":"division by zero","relation":null}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"node_end","node":"model.staging.below","status":"skipped","rows":null,"duration_ms":"TIME","reason":"\\"staging.broken\\" failed","relation":null}
      {"v":1,"ts":"WHEN","run_id":"RUN","event":"run_end","status":"failed","exit_code":1,"counts":{"success":1,"failed":1,"skipped":1,"unchanged":0,"held":0,"cancelled":0},"duration_ms":"TIME"}"
    `);
  });
});

test('a reader that goes before the end is no mistake', async () => {
  const files = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`models/POPULATE-staging-a_model_with_a_long_name_number_${n}.sql`, 'select 1 as n\n']));
  const { folder } = smallProject(files);
  for (const args of [['ls'], ['ls', '--output', 'json'], ['ls', '--tree']]) {
    const running = spawnDbl(args, { cwd: folder });
    // More is written than a pipe holds, so dbl is still writing when its reader goes.
    running.process.stdout?.once('data', () => running.process.stdout?.destroy());
    const { code, signal, stderr } = await running.ended;
    expect([args, code, signal, stderr]).toEqual([args, 0, null, '']);
  }
});
