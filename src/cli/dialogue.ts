import { createInterface, type Interface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { shown } from '../text/shown.js';

/** The person has ended the dialogue: with Ctrl-C, with Ctrl-D, or because the terminal is gone. */
export class DialogueEnded extends Error {
  override readonly name = 'DialogueEnded';
}

/** A good answer, or what is wrong with it. */
export type Judged<T> = { readonly value: T } | { readonly problem: string };

/**
 * Questions at a terminal, one after the other. Lines that come before they are asked for, as when a person pastes several, are kept.
 */
export class Dialogue {
  readonly #terminal: Interface;
  readonly #output: Writable;
  readonly #lines: string[] = [];
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    this.#terminal = createInterface({ input, output });
    this.#terminal.on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    // Ctrl-C and Ctrl-D close it, too.
    this.#terminal.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /**
   * Asks until the answer is good.
   *
   * @param preset the answer that Enter gives
   * @throws DialogueEnded
   */
  async ask<T>(question: string, preset: string, judge: (answer: string) => Judged<T>): Promise<T> {
    for (;;) {
      // A name of a directory may be what another user has made.
      const line = await this.#line(`${question} [${shown(preset)}]: `);
      const judged = judge(line.trim() === '' ? preset : line.trim());
      if ('value' in judged) return judged.value;
      this.#output.write(`  ${judged.problem}\n`);
    }
  }

  /** Gives the terminal back. */
  end(): void {
    this.#terminal.close();
  }

  async #line(prompt: string): Promise<string> {
    if (this.#lines.length === 0) {
      if (this.#isOver) throw new DialogueEnded();
      this.#terminal.setPrompt(prompt);
      this.#terminal.prompt();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    } else {
      this.#output.write(`${prompt}${this.#lines[0]}\n`);
    }
    const line = this.#lines.shift();
    if (line !== undefined) return line;
    this.#output.write('\n');
    throw new DialogueEnded();
  }
}
