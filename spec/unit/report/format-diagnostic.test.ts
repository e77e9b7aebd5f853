import { describe, expect, test } from 'vitest';
import { type Diagnostic, error, warning } from '../../../src/diagnostics/index.js';
import { formatDiagnostic, formatDiagnostics } from '../../../src/report/index.js';
import { type Look, plainPaint } from '../../../src/report/look.js';
import { lines, marked } from './source.js';

const look: Look = { paint: plainPaint, width: 80 };
const show = (diagnostic: Diagnostic, width = 80): string => formatDiagnostic(diagnostic, { ...look, width });
const at = (text: string, width?: number): string => show(error('DBL1301', 'no', marked('a.sql', text)), width);

describe('a diagnostic', () => {
  test('has message, place, frame, callers, related places and hint', () => {
    const model = 'models/POPULATE-staging-x.sql';
    const diagnostic = error('DBL1250', '"agencis" is no model', marked(model, 'select *\nfrom x\njoin {{ ref(«"agencis"») }}\n'), {
      calledFrom: [marked('macros/a.njk', 'x\n  «y»()'), marked(model, '\n\n«a»')],
      related: [{ message: 'first defined', at: marked('models/y.sql', '«x»') }, { message: 'and', at: 'models/z.sql' }],
      hint: 'Did you mean "agencies"?\nOr not?',
    });
    expect(show(diagnostic)).toBe(
      lines(
        'error DBL1250: "agencis" is no model',
        '  models/POPULATE-staging-x.sql:3:13',
        '    |',
        '  3 | join {{ ref("agencis") }}',
        '    |             ^^^^^^^^^',
        '  called from macros/a.njk:2:3',
        '  called from models/POPULATE-staging-x.sql:3:1',
        '  first defined: models/y.sql:1:1',
        '  and: models/z.sql',
        '  hint: Did you mean "agencies"?',
        '        Or not?',
      ),
    );
  });

  test('about a file as a whole shows its path', () => {
    expect(show(warning('DBL1101', 'no verb', 'models/x.sql'))).toBe('warning DBL1101: no verb\n  models/x.sql');
  });

  test('about no file shows its message', () => {
    expect(show(error('DBL2001', 'connection refused\nby the server'))).toBe('error DBL2001: connection refused\n  by the server');
  });
});

describe('a code frame', () => {
  test('of no width has one caret, behind the end of the text too', () => {
    expect(at('select 1 +«»')).toBe(
      lines('error DBL1301: no', '  a.sql:1:11', '    |', '  1 | select 1 +', '    |           ^'),
    );
    expect(at('select «»1')).toContain('\n    |        ^');
    expect(at('«»')).toBe(lines('error DBL1301: no', '  a.sql:1:1', '    |', '  1 |', '    | ^'));
  });

  test('shows all lines of a place of up to three', () => {
    expect(at('x\nselect «a\n  , b\n  , c» from x')).toBe(
      lines(
        'error DBL1301: no',
        '  a.sql:2:8',
        '    |',
        '  2 | select a',
        '    |        ^',
        '  3 |   , b',
        '    |   ^^^',
        '  4 |   , c from x',
        '    |   ^^^',
      ),
    );
  });

  test('shows the beginning of a longer place', () => {
    const text = `${'\n'.repeat(8)}{% «if a %}\n1\n2\n3\n4»`;
    expect(at(text)).toBe(
      lines('error DBL1301: no', '  a.sql:9:4', '     |', '   9 | {% if a %}', '     |    ^^^^^^^', '  10 | 1', '     | ^', '  ...'),
    );
  });

  test('does not touch the line after a line break', () => {
    expect(at('a «b\n»c')).toBe(lines('error DBL1301: no', '  a.sql:1:3', '    |', '  1 | a b', '    |   ^'));
  });

  test('is aligned below tabs, wide characters and emoji', () => {
    expect(at('\tx\t«y»')).toBe(lines('error DBL1301: no', '  a.sql:1:4', '    |', '  1 |     x   y', '    |         ^'));
    expect(at('名前 «x» 名')).toContain('\n  1 | 名前 x 名\n    |      ^');
    expect(at("'👩‍👩‍👧' = «'é'»")).toContain("\n  1 | '👩‍👩‍👧' = 'é'\n    |        ^^^");
    expect(at('«名前»')).toContain('\n    | ^^^^');
  });

  test('shows no control characters and nothing that turns the reading direction', () => {
    expect(at('a\u001b[31m\u202e«b»')).toContain('\n  1 | a\ufffd[31m\ufffdb\n    |        ^');
  });

  test('of a file with Windows line ends shows no carriage return', () => {
    expect(at('a\r\n«b»\r\n')).toContain('\n  2 | b\n    | ^');
  });

  test('cuts long lines around the place', () => {
    const long = `${'a'.repeat(100)}«here»${'b'.repeat(100)}`;
    expect(at(long, 37)).toBe(
      lines(
        'error DBL1301: no',
        '  a.sql:1:101',
        '    |',
        '  1 | …aaaaaaaaaaaaherebbbbbbbbbbbbb…',
        '    |              ^^^^',
      ),
    );
    expect(at(`«here»${'b'.repeat(100)}`, 27)).toContain('\n  1 | herebbbbbbbbbbbbbbbb…\n    | ^^^^');
    expect(at(`${'a'.repeat(100)}«»`, 27)).toContain('\n  1 | …aaaaaaaaaaaaaaaaaaa\n    |                     ^');
    expect(at(`${'a'.repeat(10)}«${'b'.repeat(100)}»`, 27)).toContain('\n  1 | …aabbbbbbbbbbbbbbbbb…\n    |    ^^^^^^^^^^^^^^^^^^');
    expect(at(`${'名'.repeat(40)}«x»${'名'.repeat(40)}`, 27)).toContain('\n  1 | …名名名名x名名名名…\n    |          ^');
  });
});

describe('all diagnostics', () => {
  test('are sorted and counted', () => {
    const diagnostics = [error('DBL1101', 'b', 'b.sql'), warning('DBL1101', 'w', 'c.sql'), error('DBL1101', 'a', 'a.sql')];
    expect(formatDiagnostics([...diagnostics, error('DBL1101', 'b', 'b.sql')], look)).toBe(
      lines(
        'error DBL1101: a',
        '  a.sql',
        '',
        'error DBL1101: b',
        '  b.sql',
        '',
        'warning DBL1101: w',
        '  c.sql',
        '',
        '2 errors, 1 warning',
      ),
    );
    expect(formatDiagnostics([warning('DBL1101', 'w')], look)).toBe('warning DBL1101: w\n\n1 warning');
    expect(formatDiagnostics([], look)).toBe('');
  });
});
