import { appendFileSync, closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** A line of the log of events: a word, `key=value`, the rest as it is. */
export interface Event {
  readonly word: string;
  readonly values: ReadonlyMap<string, string>;
  readonly line: string;
}

const EVERY_MS = 4;

/** The log that all witnesses append to, followed while it grows. */
export class EventLog {
  readonly events: Event[] = [];
  readonly #file: string;
  readonly #descriptor: number;
  readonly #timer: NodeJS.Timeout;
  readonly #listener: (event: Event) => void;
  readonly #began = Date.now();
  #rest = '';

  constructor(root: string, listener: (event: Event) => void) {
    this.#file = join(root, 'events');
    this.#descriptor = openSync(this.#file, 'r');
    this.#listener = listener;
    this.#timer = setInterval(() => this.read(), EVERY_MS);
  }

  /** Adds what the campaign itself does. */
  note(text: string): void {
    appendFileSync(this.#file, `${text}\n`);
  }

  /** Reads what is new. */
  read(): void {
    const chunk = Buffer.alloc(65_536);
    for (let length = readSync(this.#descriptor, chunk); length > 0; length = readSync(this.#descriptor, chunk)) {
      const lines = (this.#rest + chunk.toString('utf8', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    }
  }

  /** The last ones that tell a person something: before the first fault that a witness has seen, or of all. */
  last(count: number): string[] {
    const telling = this.events.filter(({ word }) => word !== 'command');
    const fault = telling.findIndex(({ word }) => word === 'OVERLAP' || word === 'TWO');
    const end = fault === -1 ? telling.length : fault + 1;
    return telling.slice(Math.max(0, end - count), end).map(({ line }) => line);
  }

  close(): void {
    clearInterval(this.#timer);
    this.read();
    closeSync(this.#descriptor);
  }

  #take(text: string): void {
    const words = text.split(' ');
    const pairs = words.flatMap((word) => {
      const [, key, value] = /^(\w+)=([^ ]*?):?$/.exec(word) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    });
    const line = `${String(Date.now() - this.#began).padStart(6)} ms  ${text}`;
    const event = { word: words[0] ?? '', values: new Map(pairs), line };
    this.events.push(event);
    this.#listener(event);
  }
}
