import { type Diagnostic, hasErrors, sortDiagnostics } from '../diagnostics/index.js';
import { type Look, formatDiagnostics, jsonLine, lookOf } from '../report/index.js';
import type { Settings } from './settings.js';

/** Where a command's words go: results to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** How results look. */
  readonly stdout: Look;
  /** How progress and diagnostics look. */
  readonly stderr: Look;
  /** What the command was asked for: a text for people; `data` is what the JSON log carries in its stead. */
  result(command: string, text: () => string, data: unknown): void;
  diagnostics(diagnostics: readonly Diagnostic[]): void;
  note(text: string): void;
}

export async function openOutput(settings: Pick<Settings, 'color' | 'logFormat' | 'quiet'>): Promise<Output> {
  const { color, logFormat, quiet } = settings;
  const json = logFormat === 'json';
  const stdout = await lookOf(process.stdout, color, process.env);
  const stderr = await lookOf(process.stderr, color, process.env);
  return {
    json,
    quiet,
    stdout,
    stderr,
    result: (command, text, data) => {
      const line = json
        ? JSON.stringify({ v: 1, ts: new Date().toISOString(), run_id: null, event: 'result', command, data })
        : text();
      if (line !== '') writeOut(line.endsWith('\n') ? line : `${line}\n`);
    },
    diagnostics: (diagnostics) => {
      if (json) writeOut(diagnosticLines(diagnostics));
      else writeError(shown(diagnostics, stderr, quiet));
    },
    note: (text) => writeError(`${text}\n`),
  };
}

export function writeOut(text: string): void {
  if (text !== '') process.stdout.write(text);
}

export function writeError(text: string): void {
  if (text !== '') process.stderr.write(text);
}

function shown(diagnostics: readonly Diagnostic[], look: Look, quiet: boolean): string {
  const wanted = quiet && !hasErrors(diagnostics) ? [] : diagnostics;
  return wanted.length === 0 ? '' : `${formatDiagnostics(wanted, look)}\n`;
}

function diagnosticLines(diagnostics: readonly Diagnostic[]): string {
  const ts = new Date();
  return sortDiagnostics(diagnostics)
    .map((diagnostic) => `${jsonLine({ ts, run_id: undefined, body: { event: 'diagnostic', diagnostic } })}\n`)
    .join('');
}
