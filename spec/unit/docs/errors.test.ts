import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { codes } from '../../../src/diagnostics/codes.js';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** Each entry: its code, its title, and what stands below the heading. */
const entries = page
  .split(/^#+ /m)
  .map((section) => /^(DBL\d{4}): (.+)\n([^]*)$/.exec(section))
  .filter((match) => match !== null)
  .map(([, code = '', title = '', text = '']) => ({ code, title, text }));

it('describes every code, under its title, in order, and no other', () => {
  expect(entries.map(({ code, title }) => `${code}: ${title}`)).toEqual(Object.entries(codes).map(([code, title]) => `${code}: ${title}`));
});

it('says for each what it means and what the cure is', () => {
  expect(entries.filter(({ text }) => !/^\n\S[^]*\n\*\*Cure:\*\* \S[^]*\.\n+$/.test(text)).map(({ code }) => code)).toEqual([]);
});

it('links to each group of codes', () => {
  const anchors = [...page.matchAll(/^## (.+)$/gm)].map(([, title = '']) => `#${title.toLowerCase().replaceAll(' ', '-')}`);
  const links = [...page.matchAll(/^\| \[DBL\d\d\.\.\]\((#[\w-]+)\) \|/gm)].map(([, link]) => link);
  expect(links).toEqual(anchors);
});
