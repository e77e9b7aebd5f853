import { didYouMean } from '../diagnostics/index.js';
import type { Placed } from './project-files.js';
import { type Fields, describe } from './yaml-reader.js';
import type { YamlScalar, YamlValue } from './yaml-tree.js';

/** One of a few words; undefined where there is none, or another one. */
export function readOneOf<T extends string>(fields: Fields, key: string, choices: readonly T[]): T | undefined {
  const text = fields.text(key);
  if (text === undefined) return undefined;
  const choice = choices.find((one) => one === text.value);
  if (choice !== undefined) return choice;
  const list = choices.map((one) => `"${one}"`).join(' or ');
  return fields.reader.error('DBL1409', `"${key}" must be ${list}, not "${text.value}"`, text.at, didYouMean(text.value, choices));
}

/** The list of `accepted_values`. A number that JavaScript would write otherwise (01, 1.50) stays the text that it is in the file. */
export function readValues(fields: Fields): readonly (string | number | boolean)[] | undefined {
  const items = argument(fields, 'values');
  if (items === undefined) return undefined;
  const values: (string | number | boolean)[] = [];
  let good = true;
  for (const item of items.kind === 'list' ? items.items : [items]) {
    const value = item.kind === 'scalar' ? acceptedValue(item) : undefined;
    if (value !== undefined) {
      values.push(value);
      continue;
    }
    good = false;
    const hint = item.kind === 'scalar' ? 'Null always passes: leave it out, and add "not_null" where it must not.' : undefined;
    fields.reader.error('DBL1407', `a value must be a text, a number, true or false, not ${item.kind === 'scalar' ? 'null' : describe(item)}`, item.at, hint);
  }
  if (good && values.length === 0) return fields.reader.error('DBL1409', '"values" must not be empty', items.at);
  return good ? values : undefined;
}

function acceptedValue({ value, source }: YamlScalar): string | number | boolean | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' && String(value) === source ? value : source;
}

const call = /^(?:ref|source)\s*\(\s*(['"])[^'"]+\1\s*(?:,\s*(['"])[^'"]+\2\s*)?\)$/;

/** `to:` of `relationships`. */
export function readRelation(fields: Fields): Placed<string> | undefined {
  const to = fields.required('to');
  if (to === undefined) return undefined;
  const hint = 'Write it like "agencies", "staging.agencies", "ref(\'agencies\')" or "source(\'raw\', \'agencies\')".';
  const text = to.value.trim();
  if (text.startsWith('{{')) return fields.reader.error('DBL1409', '"to" takes no braces', to.at, hint);
  const looksLikeCall = /^\w+\s*\(/.test(text);
  if (looksLikeCall && (!call.test(text) || (text.startsWith('source') && !text.includes(',')))) {
    return fields.reader.error('DBL1409', `"to" names no table: "${to.value}"`, to.at, hint);
  }
  return to;
}

/** `min` and `max`, of which one may be absent. */
export function readCount(fields: Fields, whole: boolean): { readonly min: number | undefined; readonly max: number | undefined } | undefined {
  if (fields.get('min') === undefined && fields.get('max') === undefined) {
    return fields.missing('min', 'max');
  }
  const min = readNumber(fields, 'min', whole);
  const max = readNumber(fields, 'max', whole);
  if (min === 'wrong' || max === 'wrong') return undefined;
  const at = fields.get('min')?.value.at;
  if (min !== undefined && max !== undefined && min > max && at !== undefined) {
    return fields.reader.error('DBL1409', `"min" is greater than "max": ${min} and ${max}`, at);
  }
  return { min, max };
}

function readNumber(fields: Fields, key: string, whole: boolean): number | 'wrong' | undefined {
  const value = fields.get(key)?.value;
  if (value === undefined) return undefined;
  if (value.kind === 'scalar' && typeof value.value === 'number' && value.value >= 0) {
    if (whole ? Number.isSafeInteger(value.value) : Number.isFinite(value.value)) return value.value;
  }
  const got = value.kind === 'scalar' ? `"${value.source}"` : describe(value);
  fields.reader.error('DBL1409', `"${key}" must be a ${whole ? 'whole number' : 'number'}, 0 or more, not ${got}`, value.at);
  return 'wrong';
}

/** What a shell would read as more than a word. */
const shellCharacters = /["'`$&|;<>()*?[\]{}~#\\!\n]/;

/** Program and arguments. No shell reads them, so a text is split only where a shell would do the same. */
export function readCommand(fields: Fields): readonly string[] | undefined {
  const value = argument(fields, 'command');
  if (value === undefined) return undefined;
  if (value.kind === 'scalar' && typeof value.value === 'string') {
    const hint = 'No shell reads the command. Write it as a list, like [python3, "scripts/check it.py"].';
    if (shellCharacters.test(value.source.trim())) {
      return fields.reader.error('DBL1409', `"command" holds characters that only a shell understands`, value.at, hint);
    }
    const words = value.source.split(/\s+/).filter((word) => word !== '');
    return words.length > 0 ? words : fields.reader.error('DBL1409', '"command" must not be empty', value.at);
  }
  if (value.kind !== 'list') {
    return fields.reader.error('DBL1407', `"command" must be a list or a text, not ${describe(value)}`, value.at);
  }
  const words = value.items.flatMap((item) => {
    if (item.kind === 'scalar' && item.value !== null) return [item.source];
    fields.reader.error('DBL1407', `a word of "command" must be a text, not ${describe(item)}`, item.at);
    return [];
  });
  if (words.length < value.items.length) return undefined;
  return words[0] ? words : fields.reader.error('DBL1409', '"command" must not be empty', value.at);
}

function argument(fields: Fields, key: string): YamlValue | undefined {
  return fields.get(key)?.value ?? fields.missing(key);
}
