import { describe, expect, test } from 'vitest';
import { plainPaint } from '../../../src/report/look.js';
import { formatColumns, formatTable } from '../../../src/report/text-table.js';
import { lines } from './source.js';

const table = (columns: string[], rows: (string | null)[][], width = 80): string =>
  formatTable({ columns, rows }, { paint: plainPaint, width });

describe('a table', () => {
  test('has numbers to the right, NULL spelled out, and empty texts empty', () => {
    const rows = [
      ['AL0010000', '12', '1.5'],
      ['', '1204', null],
      [null, '-3', '1e-7'],
    ];
    expect(table(['ori', 'months', 'rate'], rows)).toBe(
      lines(
        ' ori       | months | rate',
        '-----------+--------+------',
        ' AL0010000 |     12 |  1.5',
        '           |   1204 | NULL',
        ' NULL      |     -3 | 1e-7',
      ),
    );
  });

  test('shows line breaks and control characters escaped', () => {
    expect(table(['a\nb'], [['x\r\ny\tz\u001b[0m']])).toBe(lines(' a\\nb', '--------------------', ' x\\r\\ny\\tz\\u001b[0m'));
  });

  test('is aligned with wide characters', () => {
    expect(table(['name', 'n'], [['名前', '1'], ['x', '22']])).toBe(
      lines(' name |  n', '------+----', ' 名前 |  1', ' x    | 22'),
    );
  });

  test('has its widest cells cut where it is too wide', () => {
    expect(table(['id', 'text'], [['1', 'a'.repeat(50)]], 30)).toBe(
      lines(' id | text', '----+-------------------------', `  1 | ${'a'.repeat(22)}…`),
    );
  });

  test('names the columns that it has no width for', () => {
    const columns = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc', 'dddddddd'];
    expect(table(columns, [['1', '2', '3', '4']], 20)).toBe(
      lines(
        ' aaaaaaaa',
        '----------',
        '        1',
        '(not shown, for want of width: bbbbbbbb, cccccccc, dddddddd)',
      ),
    );
  });

  test('has no rows where there are none', () => {
    expect(table(['a'], [])).toBe(' a\n---');
  });
});

test('a list is as wide as it must be', () => {
  expect(formatColumns([['a', 'bb', 'c'], ['aaa', 'b', '']], [1])).toBe('a    bb  c\naaa   b');
  expect(formatColumns([])).toBe('');
});
