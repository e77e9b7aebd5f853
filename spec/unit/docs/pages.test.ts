import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { commandList } from '../../../src/cli/command-list.js';
import { addGlobalOptions } from '../../../src/cli/settings.js';
import { keys } from '../../../src/config/config-schema.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const pages = ['README.md', 'CHANGELOG.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)];

/** As GitHub and npm make them of headings. */
function anchorsOf(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, '');
}

/** What stands below a heading of the second level. */
function section(text: string, title: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

it.each(pages)('%s has no link that leads nowhere', (page) => {
  const dead = [...withoutCode(read(page)).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(([, file = '', anchor]) => {
    const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    return !existsSync(path.join(root, target)) || (anchor !== undefined && !anchorsOf(read(target)).includes(anchor));
  });
  expect(dead.map(([link]) => link)).toEqual([]);
});

it('has every page of docs/ in the README', () => {
  const readme = read('README.md');
  expect(pages.filter((page) => page.startsWith('docs/') && !readme.includes(`](${page})`))).toEqual([]);
});

it.each([...commandList])('describes the command %s with all of its options', async (name, { load }) => {
  const command = new Command(name);
  (await load()).define(command);
  const text = section(read('docs/commands.md'), `dbl ${name}`);
  expect(text).not.toBe('');
  expect(command.options.map(({ long }) => long).filter((option) => !text.includes(option ?? ''))).toEqual([]);
});

it('describes the options of every command', () => {
  const program = new Command();
  addGlobalOptions(program);
  const text = section(read('docs/commands.md'), 'Everywhere');
  expect(program.options.map(({ long }) => long).filter((option) => !text.includes(`\`${option}`))).toEqual([]);
});

it('describes every key of the configuration', () => {
  const text = read('docs/configuration.md') + read('docs/connecting.md');
  const all = [...keys.config, ...keys.target, ...keys.database, ...keys.ssl];
  expect(all.filter((key) => !text.includes(`\`${key}\``) && !text.includes(`${key}:`))).toEqual([]);
});
