import type { CliCommand } from './cli-command.js';

/** A command that help lists; its module is loaded only when it is the one that is wanted. */
interface ListedCommand {
  readonly summary: string;
  readonly load: () => Promise<CliCommand>;
}

/** In the order in which help lists them: as a project meets them. */
export const commandList: ReadonlyMap<string, ListedCommand> = new Map<string, ListedCommand>([
  ['init', { summary: 'write a small project that builds at once', load: async () => (await import('./commands/init.js')).init }],
  ['compile', { summary: 'render all SQL, or one file, without a database', load: async () => (await import('./commands/compile.js')).compile }],
  ['ls', { summary: 'list models, sources and tests', load: async () => (await import('./commands/ls.js')).ls }],
  ['show', { summary: "run a model's query and print the first rows", load: async () => (await import('./commands/show.js')).show }],
  ['build', { summary: 'build, check and publish tables and views', load: async () => (await import('./commands/build.js')).build }],
  ['publish', { summary: 'publish what "dbl build --hold" has held', load: async () => (await import('./commands/publish.js')).publish }],
  ['test', { summary: 'run the checks on what the target holds', load: async () => (await import('./commands/test.js')).test }],
  ['promote', { summary: "put the target in production's place", load: async () => (await import('./commands/promote.js')).promote }],
  ['history', { summary: 'show earlier runs, or one model over time', load: async () => (await import('./commands/history.js')).history }],
  ['doctor', { summary: 'look for what is wrong with configuration and server', load: async () => (await import('./commands/doctor.js')).doctor }],
]);
