import type { KeyPath } from './problem.js';

/**
 * The line on which each key of a TOML text stands, since the parser does not tell. The text has been parsed without
 * an error before, so this only has to find the keys, not to judge them. It runs only when there is a problem to show.
 */
export class Locations {
  readonly #lines = new Map<string, number>();

  constructor(text: string) {
    new Scanner(text, (path, line) => {
      const key = JSON.stringify(path);
      if (!this.#lines.has(key)) this.#lines.set(key, line);
    }).document();
  }

  /** The line, from 1, of the value at `path` or else of the innermost table around it that the text has. */
  lineOf(path: KeyPath): number | undefined {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  }
}

const KEY = /"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+/y;
const STRING = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const SCALAR = /[^,\]}#\r\n]+/y;
const SPACE = /(?:[ \t\r\n]|#[^\n]*)*/y;

class Scanner {
  #at = 0;
  #line = 1;
  #counted = 0;
  readonly #text: string;
  readonly #found: (path: KeyPath, line: number) => void;

  constructor(text: string, found: (path: KeyPath, line: number) => void) {
    this.#text = text;
    this.#found = found;
  }

  document(): void {
    let table: KeyPath = [];
    const tablesOfArray = new Map<string, number>();
    this.#take(SPACE);
    while (this.#at < this.#text.length) {
      const start = this.#at;
      if (this.#skip('[')) {
        const many = this.#skip('[');
        const line = this.#lineHere();
        table = this.#key([]);
        if (many) {
          const index = tablesOfArray.get(JSON.stringify(table)) ?? 0;
          tablesOfArray.set(JSON.stringify(table), index + 1);
          table = [...table, index];
          this.#found(table, line);
        }
        while (this.#skip(']'));
      } else {
        this.#assignment(table);
      }
      this.#take(SPACE);
      if (this.#at === start) return; // Not TOML after all; better no line than a hang.
    }
  }

  #assignment(table: KeyPath): void {
    const path = this.#key(table);
    this.#skip('=');
    this.#value(path);
  }

  /** Reads a dotted key below `table`, and notes each of its parts. */
  #key(table: KeyPath): KeyPath {
    let path = table;
    do {
      this.#take(SPACE);
      const line = this.#lineHere();
      path = [...path, bare(this.#take(KEY))];
      this.#found(path, line);
      this.#take(SPACE);
    } while (this.#skip('.'));
    return path;
  }

  #value(path: KeyPath): void {
    this.#take(SPACE);
    if (this.#skip('[')) {
      for (let index = 0; !this.#ends(']'); index++) {
        this.#found([...path, index], this.#lineHere());
        this.#value([...path, index]);
      }
    } else if (this.#skip('{')) {
      while (!this.#ends('}')) this.#assignment(path);
    } else if (this.#take(STRING) === '') {
      this.#take(SCALAR);
    }
  }

  /** Whether the list or inline table ends here; steps over the comma before its next element otherwise. */
  #ends(bracket: string): boolean {
    this.#take(SPACE);
    this.#skip(',');
    this.#take(SPACE);
    return this.#skip(bracket) || this.#at >= this.#text.length;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += taken.length;
    return taken;
  }

  #lineHere(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }
}

function bare(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1);
  if (!key.startsWith('"')) return key;
  try {
    return String(JSON.parse(key));
  } catch {
    return key; // An escape that only TOML has; such a key just has no line of its own.
  }
}
