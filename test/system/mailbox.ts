import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.js';

/** A mail as a program of the name sendmail has got it. */
export interface Received {
  /** What the program was called with. */
  readonly args: string;
  readonly subject: string;
  /** All of it, its lines as they were before they were wrapped. */
  readonly raw: string;
}

/** A program that is called as sendmail is, and keeps what it gets. */
export class Mailbox {
  readonly program: string;
  readonly #directory: string;

  constructor(root: string) {
    this.#directory = join(root, 'mails');
    this.program = join(root, 'sendmail');
    mkdirSync(this.#directory);
    this.works();
  }

  works(): void {
    this.#write(
      `printf '%s\\n' "$*" > "$to.tmp"; cat >> "$to.tmp" || exit 75; mv "$to.tmp" "$to"`,
      `to='${this.#directory}'/$(date +%s%N)-$$`,
    );
  }

  /** Says that it may be tried again. */
  isBusy(): void {
    this.#write('echo "no room" >&2; exit 75');
  }

  get mails(): Received[] {
    const names = existsSync(this.#directory) ? readdirSync(this.#directory).sort() : [];
    return names
      .filter((name) => !name.endsWith('.tmp'))
      .map((name) => {
        const [args = '', ...lines] = readFileSync(join(this.#directory, name), 'utf8').split('\n');
        const raw = lines.join('\n').replaceAll('=\n', '').replaceAll('=3D', '=');
        const subject = /^Subject: (.*(?:\n .*)*)/m.exec(raw.replaceAll('\r', ''))?.[1]?.replaceAll(/\n /g, ' ') ?? '';
        return { args, subject, raw };
      });
  }

  get subjects(): string[] {
    return this.mails.map(({ subject }) => subject);
  }

  async until(count: number, withinMs = 20_000): Promise<Received[]> {
    await until(
      () => `${count} mails; there are ${JSON.stringify(this.subjects)}`,
      () => this.mails.length >= count,
      withinMs,
    );
    return this.mails;
  }

  #write(script: string, before = ''): void {
    writeFileSync(this.program, `#!/bin/sh\n${before}\n${script}\n`);
    chmodSync(this.program, 0o755);
  }
}
