import type { WriteStream } from 'node:tty';

/** Its second screen, no cursor, and lines cut off at the margin: broken ones would make it scroll. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** The whole terminal for lines that change; what stood there before comes back afterwards. */
export class TerminalScreen {
  readonly #terminal: WriteStream;

  constructor(terminal: WriteStream) {
    this.#terminal = terminal;
    terminal.write(ENTER);
  }

  /** Draws over what stands there, without a flicker. What has no room is left out, and the last line says so. */
  show(lines: readonly string[]): void {
    const rows = this.#terminal.rows || 24;
    const visible =
      lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `... ${lines.length - rows + 1} more lines`];
    const drawn = visible.map((line) => `${line}${REST_OF_LINE}`).join('\n');
    this.#terminal.write(`${HOME}${drawn}${REST_OF_SCREEN}`);
  }

  close(): void {
    this.#terminal.write(LEAVE);
  }
}
