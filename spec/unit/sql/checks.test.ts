import { beforeAll, describe, expect, it } from 'vitest';
import {
  acceptedValuesCheck,
  expressionCheck,
  loadParser,
  notNullCheck,
  relationshipsCheck,
  uniqueCheck,
} from '../../../src/sql/index.js';
import { mustParse } from './must-parse.js';

beforeAll(loadParser);

const relation = 's.t';

describe('the query of a check', () => {
  it.each([
    [notNullCheck({ relation, columns: ['a'] }), 'select *\nfrom s.t\nwhere (a is null)'],
    [
      notNullCheck({ relation, columns: ['a', 'B'], where: 'c -- d' }),
      'select *\nfrom s.t\nwhere (a is null or "B" is null)\n  and (c -- d\n  )',
    ],
    [
      uniqueCheck({ relation, columns: ['a', 'B'] }),
      'select a, "B", count(*) as "count"\nfrom s.t\nwhere a is not null and "B" is not null\ngroup by a, "B"\nhaving count(*) > 1',
    ],
    [
      acceptedValuesCheck({ relation, column: 'a', values: ["it's", 3, true], where: 'b' }),
      `select a, count(*) as "count"\nfrom s.t\nwhere a not in ('it''s', '3', 'true')\n  and (b)\ngroup by a`,
    ],
    [
      acceptedValuesCheck({ relation, column: 'a', values: [] }),
      'select a, count(*) as "count"\nfrom s.t\nwhere a is not null\ngroup by a',
    ],
    [
      relationshipsCheck({ relation, columns: ['a'], parent: 's.p', parentColumns: ['ID'], where: 't.b > 1' }),
      `select child.a, count(*) as "count"
from (
  select a
  from s.t
  where a is not null
  and (t.b > 1)
) as child
where not exists (select 1 from s.p as parent where parent."ID" = child.a)
group by child.a`,
    ],
    [
      expressionCheck({ relation, expression: 'a > 0 -- b', where: 'c or d' }),
      'select *\nfrom s.t\nwhere not (a > 0 -- b\n  )\n  and (c or d)',
    ],
  ])('%s', (built, expected) => {
    expect(built).toBe(expected);
    expect(() => mustParse(built)).not.toThrow();
  });
});
