import type { Command } from 'commander';

/** Shows examples below a command's help: what to type, and what it does. */
export function addExamples(command: Command, examples: readonly (readonly [string, string])[]): void {
  const widest = Math.max(...examples.map(([typed]) => typed.length));
  const lines = examples.map(([typed, what]) => `  ${typed.padEnd(widest)}  ${what}`);
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** `--select` and `--exclude`, which mean the same everywhere. */
export function addSelection(command: Command): void {
  command
    .option('--select <selector...>', 'only these: name, +name, name+, tag:x, path:x, schema.table, wildcards')
    .option('--exclude <selector...>', 'not these');
}

export function addOutput(command: Command): void {
  command.option('--output <format>', 'text, or json (default: text)');
}
