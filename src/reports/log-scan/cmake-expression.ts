/** A regular expression of CMake as a tree. Expressions and what they match are bytes, each a character of the text. */
export type Expression =
  | { readonly kind: 'byte'; readonly set: ByteSet }
  | { readonly kind: 'begin' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly part: Expression; readonly operator: '*' | '+' | '?' };

/** For each byte 1 when it is in the set. */
export type ByteSet = Readonly<Uint8Array>;

/** Why CMake does not take an expression, in a few words. */
export class ExpressionFault extends Error {
  override name = 'ExpressionFault';
}

/** As many groups as CMake takes since 3.26; before that it took 9. */
export const GROUPS = 31;

/** Groups within groups; more than this is no expression that a person wrote, and would cost stack. */
const DEPTH = 200;
/** What CMake's own form of an expression has no room for, in bytes. */
const TOO_BIG = 65_535;

/**
 * Reads an expression as CMake does, which has its own grammar: `\` is an ordinary character between brackets, there are no
 * counted repetitions, and what may be empty is not repeated.
 *
 * @param text one character for each byte, as `latin1` has it
 * @throws ExpressionFault where CMake would not take it; ctest then continues without it
 */
export function parseExpression(text: string, groups = GROUPS): Expression {
  return new Parser(text, groups).whole();
}

interface Parsed {
  readonly tree: Expression;
  /** Whether CMake is sure that it matches no empty text. */
  readonly wide: boolean;
  /** Whether it is one byte. */
  readonly simple?: boolean;
  /** Whether it is a byte that stands for itself, without a backslash. */
  readonly plain?: boolean;
}

class Parser {
  readonly #text: string;
  readonly #groups: number;
  #at = 0;
  #opened = 0;
  #depth = 0;
  /** Bytes of CMake's own form. */
  #size = 1;
  /** Equal ones are one, for there may be thousands. */
  readonly #sets = new Map<string, ByteSet>();

  constructor(text: string, groups: number) {
    this.#text = text;
    this.#groups = groups;
  }

  whole(): Expression {
    const { tree } = this.#choice();
    if (this.#at < this.#text.length) throw new ExpressionFault('unmatched parenthesis');
    if (this.#size >= TOO_BIG) throw new ExpressionFault('too big');
    return tree;
  }

  #choice(): Parsed {
    this.#size += 3;
    const branches = [this.#branch()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      branches.push(this.#branch());
    }
    const parts = branches.map(({ tree }) => tree);
    const [only] = parts;
    const tree: Expression = parts.length === 1 && only !== undefined ? only : { kind: 'choice', parts };
    return { tree, wide: branches.every(({ wide }) => wide) };
  }

  #branch(): Parsed {
    const parts: Expression[] = [];
    let wide = false;
    let previous: Parsed | undefined;
    for (let next = this.#text[this.#at]; next !== undefined && next !== '|' && next !== ')'; ) {
      const piece = this.#piece();
      parts.push(piece.tree);
      wide ||= piece.wide;
      // Plain bytes in a row are one text.
      if (piece.plain && previous?.plain) this.#size -= 4;
      previous = piece;
      next = this.#text[this.#at];
    }
    this.#size += parts.length === 0 ? 6 : 3;
    return { tree: { kind: 'sequence', parts }, wide };
  }

  #piece(): Parsed {
    const atom = this.#atom();
    const operator = this.#text[this.#at];
    if (!isOperator(operator)) return atom;
    if (!atom.wide && operator !== '?') throw new ExpressionFault('what is repeated could be empty');
    this.#at++;
    if (isOperator(this.#text[this.#at])) throw new ExpressionFault('nested *, ? or +');
    this.#size += operator === '?' ? 9 : atom.simple ? 3 : 12;
    return { tree: { kind: 'repeat', part: atom.tree, operator }, wide: operator === '+' };
  }

  #atom(): Parsed {
    const character = this.#text[this.#at++] ?? '';
    this.#size += 3;
    switch (character) {
      case '^':
        return { tree: { kind: 'begin' }, wide: false };
      case '$':
        return { tree: { kind: 'end' }, wide: false };
      case '.':
        return byte(ANY);
      case '[':
        return byte(this.#set());
      case '(':
        return this.#group();
      case '*':
      case '+':
      case '?':
        throw new ExpressionFault(`${character} follows nothing`);
      case '\\': {
        const escaped = this.#text[this.#at++];
        if (escaped === undefined) throw new ExpressionFault('trailing backslash');
        this.#size += 2;
        return byte(setOf(escaped.charCodeAt(0)));
      }
      default:
        this.#size += 2;
        return { ...byte(setOf(character.charCodeAt(0))), plain: true };
    }
  }

  #group(): Parsed {
    if (++this.#opened > this.#groups) throw new ExpressionFault(`more than ${this.#groups} groups`);
    if (++this.#depth > DEPTH) throw new ExpressionFault('groups too deep');
    const inner = this.#choice();
    if (this.#text[this.#at++] !== ')') throw new ExpressionFault('unmatched parenthesis');
    this.#depth--;
    return inner;
  }

  #set(): ByteSet {
    const inverted = this.#text[this.#at] === '^';
    const began = this.#at;
    if (inverted) this.#at++;
    const set = new Uint8Array(256);
    const code = (at: number): number => this.#text.charCodeAt(at);
    // Either of these is meant as it is where a set begins.
    if (this.#text[this.#at] === ']' || this.#text[this.#at] === '-') set[code(this.#at++)] = 1;
    for (let next = this.#text[this.#at]; next !== ']'; next = this.#text[this.#at]) {
      if (next === undefined) throw new ExpressionFault('unmatched bracket');
      const last = this.#text[this.#at + 1];
      if (next === '-' && last !== undefined && last !== ']') {
        const [from, to] = [code(this.#at - 1) + 1, code(this.#at + 1)];
        if (from > to + 1) throw new ExpressionFault('invalid range in brackets');
        set.fill(1, from, Math.max(from, to + 1));
        this.#at += 2;
      } else set[code(this.#at++)] = 1;
    }
    this.#size += this.#at++ - began + 1;
    if (inverted) for (let value = 0; value < 256; value++) set[value] = set[value] === 1 ? 0 : 1;
    set[0] = 0;
    const key = Buffer.from(set).toString('latin1');
    const known = this.#sets.get(key) ?? set;
    this.#sets.set(key, known);
    return known;
  }
}

const isOperator = (character: string | undefined): character is '*' | '+' | '?' =>
  character === '*' || character === '+' || character === '?';

const byte = (set: ByteSet): Parsed => ({ tree: { kind: 'byte', set }, wide: true, simple: true });

const SINGLE: readonly ByteSet[] = Array.from({ length: 256 }, (_, value) =>
  new Uint8Array(256).fill(1, value, value + 1),
);
const ANY: ByteSet = new Uint8Array(256).fill(1, 1);

const setOf = (value: number): ByteSet => SINGLE[value] ?? ANY;
