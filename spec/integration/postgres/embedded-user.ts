import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Another process that uses the embedded server in `process.argv[2]`. It says `ready <port>` and waits for a line on stdin, or for its end;
 * then it leaves the server and says `stopped`.
 */
const program = `
import { startEmbedded } from './room.mjs';
const { value: server, diagnostics } = await startEmbedded(process.argv[2]);
if (server === undefined) throw new Error(JSON.stringify(diagnostics));
console.log('ready ' + server.address.port);
process.stdin.once('data', async () => {
  await server.stop();
  console.log('stopped');
  process.exit(0);
});
`;

// Below node_modules, so that the programs of the embedded Postgres are found from there.
const folder = path.join(fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url)), `dbl-embedded-user-${process.pid}`);

export async function buildUser(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'user.mjs'), program);
  await build({
    entryPoints: [fileURLToPath(new URL('../../../src/postgres/index.ts', import.meta.url))],
    outfile: path.join(folder, 'room.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
}

export function removeUser(): void {
  rmSync(folder, { recursive: true, force: true });
}

export class EmbeddedUser {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  #said = '';

  /** @param area what `startEmbedded` is given */
  constructor(area: string) {
    // A process group of its own, so that a test can send it what Ctrl-C sends to a terminal's.
    this.process = spawn(process.execPath, [path.join(folder, 'user.mjs'), area], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdout?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.process.once('close', () => resolve());
    });
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('not started');
    return this.process.pid;
  }

  /** The port of the server that it uses, once it has one. */
  async ready(): Promise<number> {
    return Number(await this.#says(/ready (\d+)/));
  }

  async leave(): Promise<void> {
    this.process.stdin?.write('leave\n');
    await this.#says(/(stopped)/);
    await this.ended;
  }

  async #says(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(this.#said)?.[1];
        if (found !== undefined) resolve(found);
      };
      this.process.stdout?.on('data', look);
      void this.ended.then(() => reject(new Error('it ended')));
      look();
    });
  }
}
