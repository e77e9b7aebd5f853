import type { Command, CommanderError } from 'commander';
import { type Diagnostic, didYouMean, error } from '../diagnostics/index.js';

/** Commands that choose models by an option, where people expect an argument. */
const selecting = new Set(['build', 'test', 'ls']);

/** What commander found wrong with a command line, in our words. `command` is the one that was named, if one was. */
export function usageMistake(problem: CommanderError, program: Command, command: Command | undefined): Diagnostic {
  const named = /'([^']*)'/.exec(problem.message)?.[1] ?? '';
  const dbl = command === undefined ? 'dbl' : `dbl ${command.name()}`;
  const help = `"${dbl} --help" shows what it takes.`;
  switch (problem.code) {
    // Help was asked for what is no command; the message says nothing of it.
    case 'commander.help':
      return unknownCommand(program.args[1] ?? '', program);
    case 'commander.unknownCommand':
      return unknownCommand(named, program);
    case 'commander.unknownOption': {
      const options = [...(command?.options ?? []), ...program.options].flatMap((option) => [option.long, option.short]);
      const flags = [...options, '--help', '-h'].filter((flag) => flag != null);
      if (flags.includes(named)) {
        return error('DBL1702', `"${named}" stands before "${command?.name()}", whose option it is`, undefined, { hint: `Write it behind: "${dbl} ${named}".` });
      }
      return error('DBL1702', `"${dbl}" has no option "${named}"`, undefined, { hint: nearestFlag(named, flags) ?? help });
    }
    case 'commander.optionMissingArgument':
      return error('DBL1703', `${flagOf(named)} needs a value`, undefined, { hint: `Write ${named}.` });
    case 'commander.missingArgument':
      return error('DBL1703', `"${dbl}" needs a ${named}`, undefined, { hint: help });
    case 'commander.excessArguments': {
      const expected = command?.registeredArguments.length ?? 0;
      const surplus = command?.args[expected] ?? '';
      const takes = expected === 0 ? 'no argument' : expected === 1 ? 'one argument' : `${expected} arguments`;
      const hint = selecting.has(command?.name() ?? '') ? `To choose models, write --select ${surplus}.` : help;
      return error('DBL1704', `"${dbl}" takes ${takes}, so "${surplus}" is too many`, undefined, { hint });
    }
    default:
      return error('DBL1705', problem.message.replace(/^error: /, ''), undefined, { hint: help });
  }
}

function unknownCommand(named: string, program: Command): Diagnostic {
  const names = program.commands.map((one) => one.name());
  const hint = didYouMean(named, names) ?? `The commands are ${names.join(', ')}.`;
  return error('DBL1701', `dbl has no command "${named}"`, undefined, { hint });
}

/** Between one letter and another nothing is near: of a short option only its case can be meant. */
function nearestFlag(named: string, flags: readonly string[]): string | undefined {
  const [bare = ''] = named.split('=', 1);
  if (bare.startsWith('--')) return didYouMean(bare, flags.filter((flag) => flag.startsWith('--')));
  const same = flags.find((flag) => flag.toLowerCase() === bare.toLowerCase());
  return same === undefined ? undefined : `Did you mean "${same}"?`;
}

/** `--target` of `--target <name>`, or of `-t, --target <name>`. */
function flagOf(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}
