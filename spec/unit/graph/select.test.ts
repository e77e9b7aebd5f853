import { describe, expect, test } from 'vitest';
import { select } from '../../../src/graph/index.js';
import { graphOf, linesOf } from './graphs.js';

const graph = graphOf(
  {
    'source.raw.events': [],
    'source.raw.people': [],
    'source.crime.events': [],
    'model.staging.events': ['source.raw.events'],
    'model.staging.people': ['source.raw.people'],
    'model.staging.joined': ['model.staging.events', 'model.staging.people'],
    'model.api.people': ['model.staging.joined'],
    'model.api.counts': ['model.staging.joined'],
    'model.api.top': ['model.api.counts'],
    'test.people.known': ['model.api.people'],
    'test.totals': ['model.api.counts', 'model.staging.events'],
  },
  {
    'model.staging.events': { tags: ['daily', 'raw data'] },
    'model.api.people': { tags: ['daily', 'public'] },
    'model.api.counts': { tags: ['public'], materialized: 'view' },
    'source.raw.people': { tags: ['private'] },
  },
);

function chosen(words: readonly string[], exclude?: readonly string[]): readonly string[] {
  const { value, diagnostics } = select(graph, { select: words, exclude });
  expect(linesOf(diagnostics)).toEqual([]);
  return [...(value ?? [])].map((id) => id.replace(/^model\./, '')).toSorted();
}

const problems = (...words: readonly string[]): string[] => {
  const { value, diagnostics } = select(graph, { select: words });
  expect(value).toBeUndefined();
  return linesOf(diagnostics);
};

describe('what a selector means', () => {
  test.each([
    ['joined', ['staging.joined']],
    ['people', ['api.people', 'staging.people']],
    ['api.people', ['api.people']],
    ['model.api.people', ['api.people']],
    ['totals', ['test.totals']],
    ['people.known', ['test.people.known']],
    ['source.raw.events', ['source.raw.events']],
    ['+joined', ['source.raw.events', 'source.raw.people', 'staging.events', 'staging.joined', 'staging.people']],
    ['1+joined', ['staging.events', 'staging.joined', 'staging.people']],
    ['counts+', ['api.counts', 'api.top', 'test.totals']],
    ['joined+1', ['api.counts', 'api.people', 'staging.joined']],
    ['1+counts+1', ['api.counts', 'api.top', 'staging.joined', 'test.totals']],
    ['999999999999999999999999+top', ['api.counts', 'api.top', 'source.raw.events', 'source.raw.people', 'staging.events', 'staging.joined', 'staging.people']],
    ['@top', ['api.counts', 'api.top', 'source.raw.events', 'source.raw.people', 'staging.events', 'staging.joined', 'staging.people']],
    ['@api.people', ['api.people', 'source.raw.events', 'source.raw.people', 'staging.events', 'staging.joined', 'staging.people', 'test.people.known']],
    ['tag:daily', ['api.people', 'staging.events']],
    ['tag:p*', ['api.counts', 'api.people', 'source.raw.people']],
    ['path:models/api', ['api.counts', 'api.people', 'api.top']],
    ['path:./models/api/', ['api.counts', 'api.people', 'api.top']],
    ['path:models/api/POPULATE-api-top.sql', ['api.top']],
    ['path:models/*/POPULATE-*-people.sql', ['api.people', 'staging.people']],
    ['path:**/*-top.sql', ['api.top']],
    ['path:m*/a?i', ['api.counts', 'api.people', 'api.top']],
    ['path:tests', ['test.people.known', 'test.totals']],
    ['models/api', ['api.counts', 'api.people', 'api.top']],
    ['source:raw', ['source.raw.events', 'source.raw.people']],
    ['source:raw.events+1', ['source.raw.events', 'staging.events']],
    ['source:*.events', ['source.crime.events', 'source.raw.events']],
    ['type:test', ['test.people.known', 'test.totals']],
    ['type:source', ['source.crime.events', 'source.raw.events', 'source.raw.people']],
    ['type:view', ['api.counts']],
    ['top joined', ['api.top', 'staging.joined']],
    ['  top   joined ', ['api.top', 'staging.joined']],
    ['tag:daily,tag:public', ['api.people']],
    ['tag:daily,tag:public top', ['api.people', 'api.top']],
    ['+joined,type:model', ['staging.events', 'staging.joined', 'staging.people']],
    ['api.*', ['api.counts', 'api.people', 'api.top']],
    ['*.people', ['api.people', 'staging.people']],
    ['*o*', ['api.counts', 'api.people', 'api.top', 'staging.joined', 'staging.people', 'test.people.known', 'test.totals']],
    ['t?p', ['api.top']],
    ['[d-j]*', ['staging.events', 'staging.joined']],
    ['[!a-pt]*', []],
    ['model.a*', ['api.counts', 'api.people', 'api.top']],
  ] as const)('%s', (word, expected) => {
    if (expected.length === 0) expect(problems(word)).toEqual([`DBL1601 no name of a model or test matches "${word}"`, '  "dbl ls" lists all names.']);
    else expect(chosen([word])).toEqual(expected);
  });

  test('all without a selector', () => {
    expect(select(graph, {}).value?.size).toBe(graph.size);
    expect(select(graph, { select: [], exclude: [] }).value?.size).toBe(graph.size);
  });

  test('several words are several selectors', () => expect(chosen(['top', 'joined totals'])).toEqual(['api.top', 'staging.joined', 'test.totals']));

  test('exclude', () => {
    expect(chosen(['type:model'], ['+joined', 'tag:public'])).toEqual(['api.top']);
    expect(select(graph, { exclude: ['type:source', 'type:test'] }).value?.size).toBe(6);
  });
});

describe('odd names', () => {
  const odd = graphOf({
    'model.s.a*': [],
    'model.s.ab': [],
    'model.s.c++': ['model.s.ab'],
    'model.s.one, two': ['model.s.ab'],
    'model.s.tag:x': [],
    'model.s.@home': [],
    'model.s.a/b': [],
    'model.s.v1.2': [],
    'model.s.[z-a]': [],
    'model.s.É😀': [],
    'model.s.-.^$|(){}]\\/': [],
  });
  const of = (word: string): string[] => [...(select(odd, { select: [word] }).value ?? [])];

  test.each(['a*', 'c++', 'one, two', 'tag:x', '@home', 'a/b', 'v1.2', '[z-a]', 'É😀'])('%s is a name first', (name) => {
    expect(of(name)).toEqual([`model.s.${name}`]);
    expect(of(`s.${name}`)).toEqual([`model.s.${name}`]);
  });

  test('signs around them are signs', () => {
    expect(of('+c++')).toEqual(['model.s.c++', 'model.s.ab']);
    expect(of('+one, two')).toEqual(['model.s.one, two', 'model.s.ab']);
  });

  test('all other signs are themselves in a pattern, in a class too', () => {
    expect(of('-.^$|(){}]\\*?')).toEqual(['model.s.-.^$|(){}]\\/']);
    expect(of('[-]?[\\^][$]|*')).toEqual(['model.s.-.^$|(){}]\\/']);
    expect(of('c[+][+]')).toEqual(['model.s.c++']);
  });

  test('wildcards match a character, not half of one', () => expect(of('É?')).toEqual(['model.s.É😀']));
});

describe('mistakes in selectors', () => {
  test.each([
    ['joind', ['DBL1601 no model or test is named "joind"', '  Did you mean "joined"?']],
    ['+Joined+', ['DBL1601 no model or test is named "Joined"', '  Did you mean "joined"?']],
    ['api.peopl', ['DBL1601 no model or test is named "api.peopl"', '  Did you mean "api.people" or "api.top"?']],
    ['api', ['DBL1601 no model or test is named "api"', '  Write "api.*" for all models of the schema "api".']],
    ['raw.people', ['DBL1601 no model or test is named "raw.people"', '  Did you mean "source:raw.people"?']],
    ['raw', ['DBL1601 no model or test is named "raw"', '  Did you mean "source:raw"?']],
    ['xyz', ['DBL1601 no model or test is named "xyz"', '  "dbl ls" lists all names.']],
    ['q*', ['DBL1601 no name of a model or test matches "q*"', '  "dbl ls" lists all names.']],
    ['*oind', ['DBL1601 no name of a model or test matches "*oind"', '  Did you mean "joined"?']],
    ['[z-a]', ['DBL1601 no name of a model or test matches "[z-a]"', '  "dbl ls" lists all names.']],
    ['tag:dayly', ['DBL1601 nothing has the tag "dayly"', '  Did you mean "daily"?']],
    ['tag:x', ['DBL1601 nothing has the tag "x"', '  The tags are "daily", "private", "public", "raw data".']],
    ['path:elsewhere', ['DBL1601 nothing comes from the path "elsewhere"', '  A path begins at the folder of the project, like "models/api".']],
    ['path:models/apis', ['DBL1601 nothing comes from the path "models/apis"', '  Did you mean "models/api" or "models"?']],
    ['source:rav', ['DBL1601 no source is named "rav"', '  Did you mean "raw"?']],
    ['source:hub', ['DBL1601 no source is named "hub"', '  The sources are "crime", "raw".']],
    ['source:raw.x', ['DBL1601 the source "raw" has no table "x"', '  The tables are "events", "people".']],
    ['source:raw.event', ['DBL1601 the source "raw" has no table "event"', '  Did you mean "events"?']],
    ['type:tables', ['DBL1604 unknown type "tables"', '  Did you mean "table"? The types are "model", "test", "source", "table", "view".']],
    ['type:table', ['DBL1601 nothing is of the type "table"']],
    ['tags:daily', ['DBL1603 unknown selector method "tags:"', '  Did you mean "tag:"? The methods are "tag:", "path:", "source:" and "type:".']],
    ['foo:bar', ['DBL1603 unknown selector method "foo:"', '  The methods are "tag:", "path:", "source:" and "type:".']],
    ['model:joined', ['DBL1603 unknown selector method "model:"', '  Did you mean "joined"? The methods are "tag:", "path:", "source:" and "type:".']],
    ['tag:', ['DBL1605 nothing stands after "tag:"', '  Write it without a space, like "tag:daily".']],
    ['', ['DBL1605 a selector is empty']],
    ['+', ['DBL1605 "+" names nothing', '  Write a name beside the sign, like "+agencies".']],
    ['@', ['DBL1605 "@" names nothing', '  Write a name beside the sign, like "+agencies".']],
    ['top,,joined', ['DBL1605 a part of "top,,joined" is empty', '  A comma joins two selectors and keeps what both select.']],
    ['top,', ['DBL1605 a part of "top," is empty', '  A comma joins two selectors and keeps what both select.']],
    ['@top+', ['DBL1605 "@" and "+" do not go together in "@top+"', '  "@top" holds what "+" would add before it and after it.']],
    ['0+top', ['DBL1606 "0" is not a number of steps in "0+top"', '  A number of steps is 1 or more, like "2+agencies" or "agencies+1".']],
    ['-1+top', ['DBL1606 "-1" is not a number of steps in "-1+top"', '  A number of steps is 1 or more, like "2+agencies" or "agencies+1".']],
    ['top+x', ['DBL1606 "x" is not a number of steps in "top+x"', '  A number of steps is 1 or more, like "2+agencies" or "agencies+1".']],
    ['x+top', ['DBL1606 "x" is not a number of steps in "x+top"', '  A number of steps is 1 or more, like "2+agencies" or "agencies+1".']],
    ['top+1+', ['DBL1605 "top+1+" has a "+" too many', '  A name has one "+" before it and one after it at most.']],
    ['top,joined', ['DBL1602 nothing is in all parts of "top,joined"', '  A comma keeps what both sides select; put a space to select what either does.']],
  ])('%j', (word, expected) => expect(problems(word)).toEqual(expected));

  test('a project without sources', () => {
    const { diagnostics } = select(graphOf({ 'model.s.a': [] }), { select: ['source:raw'] });
    expect(linesOf(diagnostics)).toEqual(['DBL1601 no source is named "raw"', '  The project declares no sources.']);
  });

  test('a project without models', () => {
    const { diagnostics } = select(graphOf({}), { select: ['a'] });
    expect(linesOf(diagnostics)).toEqual(['DBL1601 no model or test is named "a"', '  The project has no models yet.']);
  });

  test('a project without tags', () => {
    const { diagnostics } = select(graphOf({ 'model.s.a': [] }), { select: ['tag:daily'] });
    expect(linesOf(diagnostics)).toEqual(['DBL1601 nothing has the tag "daily"', '  The project has no tags.']);
  });

  test('all of them at once', () => {
    expect(problems('joind tag:dayly,foo:bar', '@')).toEqual([
      'DBL1601 no model or test is named "joind"',
      '  Did you mean "joined"?',
      'DBL1601 nothing has the tag "dayly"',
      '  Did you mean "daily"?',
      'DBL1603 unknown selector method "foo:"',
      '  The methods are "tag:", "path:", "source:" and "type:".',
      'DBL1605 "@" names nothing',
      '  Write a name beside the sign, like "+agencies".',
    ]);
  });

  test('nothing to exclude is a warning, a malformed word an error', () => {
    const warned = select(graph, { select: ['top'], exclude: ['joind', 'tag:daily,tag:private'] });
    expect([...(warned.value ?? [])]).toEqual(['model.api.top']);
    expect(linesOf(warned.diagnostics)).toEqual([
      'DBL1607 warning nothing to exclude: no model or test is named "joind"',
      '  Did you mean "joined"?',
      'DBL1607 warning nothing to exclude: nothing is in all parts of "tag:daily,tag:private"',
      '  A comma keeps what both sides select; put a space to select what either does.',
    ]);
    expect(select(graph, { exclude: ['foo:bar'] }).value).toBeUndefined();
  });
});
