import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyEdits, loadParser, references, retarget } from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

const cases = new URL('rewriting/', import.meta.url);

/** Points everything in `staging` at `staging_dev`. */
function rewrite(text: string): string {
  const { tables, columns } = references(mustParse(text));
  const moved = [...tables, ...columns].filter(({ schema }) => schema === 'staging');
  const edits = moved.map((reference) => retarget(text, reference, 'staging_dev'));
  return applyEdits(text, edits).text;
}

beforeAll(loadParser);

describe('rewriting references', () => {
  it.each(readdirSync(cases))('%s', (name) => {
    const read = (file: string) => readFileSync(new URL(`${name}/${file}`, cases), 'utf8');
    expect(rewrite(read('input.sql'))).toBe(read('expected.sql'));
    expect(() => mustParse(read('expected.sql'))).not.toThrow();
  });
});
