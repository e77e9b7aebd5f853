import { type Place, didYouMean, unreachable } from '../diagnostics/index.js';
import { readCommand, readCount, readOneOf, readRelation, readValues } from './check-arguments.js';
import type { CheckOptions, CheckProperties } from './project-files.js';
import { Fields, type Keys, type YamlReader, isEmpty } from './yaml-reader.js';
import type { YamlEntry, YamlValue } from './yaml-tree.js';

/** Three words for the same: ours, dbt's old one, dbt's new one. */
export const checkKeys: readonly string[] = ['checks', 'tests', 'data_tests'];

type CheckType = CheckProperties['type'];

interface Form {
  readonly keys: readonly string[];
  /** Keys that say which columns are meant, where the check does not stand below one. */
  readonly columnKeys?: readonly string[];
  /** The key that a value without a key is for: `- expression: "amount >= 0"`. */
  readonly main?: string;
  /** About the table as a whole: not for a column. */
  readonly ofTable?: true;
}

const forms: Readonly<Record<CheckType, Form>> = {
  not_null: { keys: [], columnKeys: ['columns', 'column'], main: 'columns' },
  unique: { keys: [], columnKeys: ['columns', 'column'], main: 'columns' },
  accepted_values: { keys: ['values'], columnKeys: ['column'], main: 'values' },
  relationships: { keys: ['to', 'field'], columnKeys: ['column'] },
  row_count: { keys: ['min', 'max'], ofTable: true },
  row_count_ratio: { keys: ['min', 'max', 'against'], ofTable: true },
  expression: { keys: ['expression'], main: 'expression' },
  command: { keys: ['command'], main: 'command', ofTable: true },
};

const optionKeys = ['name', 'severity', 'description', 'where'];
const configKeys: Keys = {
  known: ['severity', 'where'],
  unused: ['alias', 'database', 'group', 'limit', 'meta', 'schema', 'store_failures', 'store_failures_as', 'tags'],
};
const unusedKeys = ['meta', 'quote', 'tags'];

/** Checks of dbt's packages that dbl has under another name. */
const counterparts: Readonly<Record<string, string>> = {
  'dbt_utils.expression_is_true': '"expression"',
  'dbt_utils.unique_combination_of_columns': '"unique" with "columns"',
  'dbt_utils.relationships_where': '"relationships" with "where"',
  'dbt_utils.not_null_where': '"not_null" with "where"',
  'dbt_expectations.expect_table_row_count_to_be_between': '"row_count"',
};

/** Reads the checks of a model or of a column. */
export class ChecksReader {
  readonly #reader: YamlReader;

  constructor(reader: YamlReader) {
    this.#reader = reader;
  }

  /** `column` is the name of the column that the checks stand below; undefined for a model's own. */
  read(fields: Fields, column: string | undefined): readonly CheckProperties[] {
    const [first, ...others] = checkKeys.flatMap((key) => fields.entry(key) ?? []);
    for (const other of others) {
      const hint = 'They mean the same: put all into one list.';
      this.#reader.error('DBL1416', `checks stand under "${first?.key}" and under "${other.key}"`, other.keyAt, hint);
    }
    const items = checkKeys.flatMap((key) => fields.list(key));
    return items.flatMap((item) => this.#check(item, column) ?? []);
  }

  #check(item: YamlValue, column: string | undefined): CheckProperties | undefined {
    if (item.kind === 'scalar') {
      const type = this.#reader.text(item, 'a check');
      return type === undefined ? undefined : this.#typed(type.source, type.at, item, column);
    }
    const entries = item.kind === 'map' ? [...item.entries.values()] : [];
    const [first, second] = entries;
    if (first === undefined) {
      return this.#reader.error('DBL1407', 'a check must be its type, like "not_null", or a map with its type as the key', item.at);
    }
    if (second === undefined) return this.#typed(first.key, first.keyAt, first.value, column);
    const message = `a check has one key, its type; this one has "${first.key}" and "${second.key}"`;
    return this.#reader.error('DBL1407', message, second.keyAt, hintAtSecondKey(first, second.key));
  }

  /** `value` is what stands after the type; for a type that stands alone, the type itself. */
  #typed(type: string, at: Place, value: YamlValue, column: string | undefined): CheckProperties | undefined {
    if (!isCheckType(type)) return this.#unknownType(type, at);
    const form = forms[type];
    if (form.ofTable && column !== undefined) {
      return this.#reader.error('DBL1415', `"${type}" checks a table, not a column`, at, 'Move it to the checks of the model.');
    }
    const fields = this.#arguments(type, at, value, column);
    if (fields === undefined) return undefined;
    const options = readOptions(fields, at);
    const columns = column === undefined ? readColumns(fields, form) : [column];
    return columns === undefined ? undefined : build(type, fields, columns, options);
  }

  #unknownType(type: string, at: Place): undefined {
    const counterpart = Object.hasOwn(counterparts, type) ? counterparts[type] : undefined;
    const ofPackage = /^dbt_\w+\./.test(type) ? 'Write it as an "expression", or as a file in "tests".' : undefined;
    const known = `The checks are ${Object.keys(forms).map((one) => `"${one}"`).join(', ')}.`;
    const hint = counterpart === undefined ? (ofPackage ?? didYouMean(type, Object.keys(forms)) ?? known) : `In dbl it is ${counterpart}.`;
    return this.#reader.error('DBL1414', `unknown check "${type}"`, at, hint);
  }

  /** All arguments in one map, wherever dbt's forms have put them: beside each other, in `arguments`, in `config`. */
  #arguments(type: CheckType, at: Place, value: YamlValue, column: string | undefined): Fields | undefined {
    const { keys, columnKeys = [], main } = forms[type];
    const own = column === undefined ? [...keys, ...columnKeys] : keys;
    const what = `the check "${type}"`;
    const alone = value.at === at || isEmpty(value);
    if (alone) return new Fields(this.#reader, { kind: 'map', entries: new Map(), at }, what, none);
    if (value.kind !== 'map' && main !== undefined && own.includes(main)) {
      const entry: YamlEntry = { key: main, keyAt: at, value };
      return new Fields(this.#reader, { kind: 'map', entries: new Map([[main, entry]]), at }, what, none);
    }
    const outer = this.#reader.map(value, what, { known: [...own, ...optionKeys, 'arguments', 'config'], unused: unusedKeys });
    if (outer === undefined || value.kind !== 'map') return undefined;
    const entries = new Map(value.entries);
    const inner = this.#merge(entries, outer.get('arguments'), { known: own, unused: unusedKeys });
    this.#merge(entries, outer.get('config'), configKeys);
    const misspelt = new Set([...outer.misspelt, ...(inner?.misspelt ?? [])]);
    return new Fields(this.#reader, { kind: 'map', entries, at }, what, misspelt);
  }

  #merge(entries: Map<string, YamlEntry>, nested: YamlEntry | undefined, keys: Keys): Fields | undefined {
    if (nested === undefined) return undefined;
    const map = nested.value;
    const fields = this.#reader.map(map, `"${nested.key}"`, keys);
    if (map.kind !== 'map') return undefined;
    for (const entry of map.entries.values()) {
      if (!keys.known.includes(entry.key)) continue;
      if (entries.has(entry.key)) this.#reader.error('DBL1405', `"${entry.key}" stands here and beside "${nested.key}"`, entry.keyAt);
      else entries.set(entry.key, entry);
    }
    return fields;
  }
}

/** A second key is another check, or an option that belongs one level further in. */
function hintAtSecondKey({ key: type, value }: YamlEntry, second: string): string {
  if (isEmpty(value)) return `Indent what belongs to "${type}" further.`;
  if (isCheckType(second)) return 'Write a "-" before each check.';
  const main = isCheckType(type) ? forms[type].main : undefined;
  return value.kind === 'map' || main === undefined ? `Move "${second}" below "${type}".` : `Write "- ${type}: { ${main}: …, ${second}: … }".`;
}

function isCheckType(type: string): type is CheckType {
  return Object.hasOwn(forms, type);
}

const none: ReadonlySet<string> = new Set();

function readOptions(fields: Fields, at: Place): CheckOptions {
  return {
    at,
    name: fields.text('name')?.value,
    severity: readOneOf(fields, 'severity', ['error', 'warn'] as const) ?? 'error',
    description: fields.description(),
    where: fields.text('where'),
  };
}

/** The columns that a model's own check names; none for a check that takes none. Undefined where they are missing or said twice. */
function readColumns(fields: Fields, { columnKeys = [] }: Form): readonly string[] | undefined {
  const [wanted] = columnKeys;
  if (wanted === undefined) return [];
  const one = fields.get('column');
  const several = columnKeys.includes('columns') ? fields.get('columns') : undefined;
  if (one !== undefined && several !== undefined) {
    return fields.reader.error('DBL1409', `${fields.what} has "column" and "columns": one is enough`, one.keyAt);
  }
  if (one !== undefined) {
    const column = fields.required('column');
    return column === undefined ? undefined : [column.value];
  }
  const columns = several === undefined ? [] : fields.reader.texts(several.value, 'the name of a column');
  if (columns.length > 0) return columns;
  return fields.reader.error('DBL1408', `${fields.what} needs "${wanted}"`, fields.at, 'Or move it to a column.');
}

function build(type: CheckType, fields: Fields, columns: readonly string[], options: CheckOptions): CheckProperties | undefined {
  const [column = ''] = columns;
  switch (type) {
    case 'not_null':
    case 'unique':
      return { ...options, type, columns };
    case 'accepted_values': {
      const values = readValues(fields);
      return values && { ...options, type, column, values };
    }
    case 'relationships': {
      const to = readRelation(fields);
      const field = fields.required('field');
      return to && field && { ...options, type, column, to, field: field.value };
    }
    case 'row_count': {
      const range = readCount(fields, true);
      return range && { ...options, type, ...range };
    }
    case 'row_count_ratio': {
      const range = readCount(fields, false);
      const against = readOneOf(fields, 'against', ['published', 'production'] as const) ?? 'published';
      return range && { ...options, type, ...range, against };
    }
    case 'expression': {
      const expression = fields.required('expression');
      return expression && { ...options, type, expression };
    }
    case 'command': {
      const command = readCommand(fields);
      return command && { ...options, type, command };
    }
    default:
      return unreachable(type);
  }
}
