/** How texts for people look: their colours and the width they may take. */
export interface Look {
  readonly paint: Paint;
  /** In columns. Infinity where nothing is to be cut. */
  readonly width: number;
}

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const unpainted = (text: string): string => text;

export const plainPaint: Paint = {
  bold: unpainted,
  dim: unpainted,
  red: unpainted,
  green: unpainted,
  yellow: unpainted,
  cyan: unpainted,
};

/** What a stream must tell about itself; `process.stdout` does. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Width of a terminal that does not tell its own, as one without a window. */
const unknownWidth = 80;

/** Width of a text that goes to a file or another program: the same on every machine. */
const plainWidth = 100;

/**
 * The look of what is written to `screen`. Colours are used on a terminal, or where `FORCE_COLOR` asks for them;
 * never with `--no-color` (`color: false`), and never with `NO_COLOR`, which beats `FORCE_COLOR` (https://no-color.org).
 * The library for them is loaded only where they are used.
 */
export async function lookOf(
  screen: Screen,
  color: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Look> {
  const width = screen.isTTY === true ? terminalWidth(screen) : plainWidth;
  return { paint: color && wantsColor(screen, env) ? await colors() : plainPaint, width };
}

/** How wide a terminal is now; it may be changed at any time. */
export function terminalWidth({ columns = 0 }: Screen): number {
  return columns > 0 ? columns : unknownWidth;
}

function wantsColor(screen: Screen, env: Readonly<Record<string, string | undefined>>): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return screen.isTTY === true && env['TERM'] !== 'dumb';
}

async function colors(): Promise<Paint> {
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 });
}
