const NEWLINE = 10;

/** Cuts a stream of bytes into lines, with bounded memory. */
export class Lines {
  readonly #most: number;
  #parts: Buffer[] = [];
  #length = 0;

  /** @param most bytes of one line */
  constructor(most: number) {
    this.#most = most;
  }

  /** @returns the lines that this chunk completes; undefined when one is too long */
  add(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let begin = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, begin);
      const part = chunk.subarray(begin, end === -1 ? undefined : end);
      this.#length += part.length;
      if (this.#length > this.#most) return undefined;
      this.#parts.push(part);
      if (end === -1) return lines;
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#length = 0;
      begin = end + 1;
    }
  }
}
