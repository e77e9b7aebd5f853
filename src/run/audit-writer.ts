import { setTimeout as sleep } from 'node:timers/promises';
import { connect, ConnectionLost, type ServerAddress, type Session } from '../postgres/index.js';

/** How long to ask again for a server that has gone, as one that is being restarted does for a moment. */
const patienceMs = 3000;

/** Writes to the audit schema for everybody in a run, one after the other, also when the control session is lost. */
export class AuditWriter {
  readonly #control: Session;
  readonly #address: ServerAddress;
  readonly #name: string;
  #queue: Promise<unknown> = Promise.resolve();
  /** Made when the control session is lost; undefined inside: the server cannot be reached. */
  #spare: Promise<Session | undefined> | undefined;

  constructor(control: Session, address: ServerAddress, name: string) {
    this.#control = control;
    this.#address = address;
    this.#name = name;
  }

  write<T>(work: (session: Session) => Promise<T>): Promise<T | undefined> {
    const written = this.#queue.then(() => this.#write(work));
    this.#queue = written.catch(() => undefined);
    return written;
  }

  async end(): Promise<void> {
    await (await this.#spare)?.end();
  }

  async #write<T>(work: (session: Session) => Promise<T>): Promise<T | undefined> {
    for (const session of [this.#control, undefined]) {
      const open = session ?? (await (this.#spare ??= this.#reconnect()));
      if (open === undefined || !open.isOpen) continue;
      try {
        return await work(open);
      } catch (problem) {
        if (!(problem instanceof ConnectionLost)) throw problem;
      }
    }
    return undefined;
  }

  async #reconnect(): Promise<Session | undefined> {
    for (const deadline = Date.now() + patienceMs; ; await sleep(200)) {
      const session = await connect(this.#address, { applicationName: this.#name });
      if (session.value !== undefined || Date.now() > deadline) return session.value;
    }
  }
}
