#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const words = process.argv.slice(2);
const end = words.indexOf('--');
const options = end < 0 ? words : words.slice(0, end);

// Before anything else is loaded: editors and scripts ask for the version often.
if (options.includes('--version') || options.includes('-V')) {
  process.stdout.write(`${dblVersion()}\n`);
} else {
  const { runCommandLine } = await import('./command-line.js');
  await runCommandLine(words, dblVersion());
}

function dblVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String(Object(JSON.parse(text)).version);
}
