import type { ConfigPath } from './config-mistake.js';

/** A value for a message: what it is, and where that can hold no secret, itself. */
export function describeValue(value: unknown, path: ConfigPath): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return describeText(value, path);
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value === 'object' && value !== null) return describeObject(value);
  if (typeof value === 'bigint') return `${value}n`;
  return path.at(-1) === 'password' ? `a ${typeof value}` : String(value);
}

function describeText(value: string, path: ConfigPath): string {
  if (path.includes('database')) return value === '' ? 'empty' : value.includes('://') ? 'a URL' : 'text';
  const mostShown = 40;
  return JSON.stringify(value.length > mostShown ? `${value.slice(0, mostShown)}…` : value);
}

function describeObject(value: object): string {
  const name = value.constructor?.name ?? 'Object';
  if (name === 'Object' || name === '') return 'an object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
