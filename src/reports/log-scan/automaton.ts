import type { ByteSet, Expression } from './cmake-expression.js';

/** An expression, and the bit that says that a line matches it. */
export interface Rule {
  readonly expression: Expression;
  readonly bit: number;
}

/** A place in an expression where a byte is awaited. */
interface Place {
  readonly set: ByteSet;
  readonly bit: number;
  /** What is awaited after it; filled in when all expressions are known. */
  next: Reached;
}

/** Where one gets without a byte. */
interface Reached {
  /** Indexes of places, ascending. */
  readonly places: readonly number[];
  /** Bits of expressions that have matched. */
  readonly matched: number;
  /** Of expressions that have matched if the line ends here. */
  readonly matchedAtEnd: number;
}

interface State {
  /** Besides those where each expression may begin at any byte. */
  readonly places: readonly number[];
  readonly matched: number;
  readonly matchedAtEnd: number;
}

/** An entry of the table: no state yet, see {@link Automaton.step}. */
const UNKNOWN = -1;
const MOST_STATES = 8192;
/** Never in the table, so that who reads a line by it stops there: NUL, line feed, escape. */
const STOPS = [0, 10, 27];

/**
 * Says which of many expressions a line matches, in one pass over its bytes and in time that grows with its length only, whatever
 * the expressions are: a deterministic automaton whose states are made when a line first needs them. When there are too
 * many, all are forgotten and made anew, so that memory has a bound.
 */
export class Automaton {
  readonly #places: Place[] = [];
  /** For each byte value the places that a line at any point may go on from, when an expression begins there. */
  readonly #anywhere: Reached;
  readonly #atBegin: Reached;
  #states: State[] = [];
  #numbers = new Map<string, number>();
  /** What the bytes have in common: two of one class are told apart by no expression. */
  readonly #classes: readonly Uint8Array[];
  #table = new Int32Array(256 * 64).fill(UNKNOWN);
  #capacity = 64;

  constructor(rules: readonly Rule[]) {
    const begins = rules.map(({ expression, bit }) => this.#compile(expression, bit));
    this.#anywhere = union(begins.map(({ anywhere }) => anywhere()));
    this.#atBegin = union(begins.map(({ atBegin }) => atBegin()));
    for (const finish of this.#unfinished.splice(0)) finish();
    this.#classes = classesOf(this.#places.map(({ set }) => set));
    this.#clear();
  }

  readonly #unfinished: (() => void)[] = [];

  /** For `state + byte` the next state, or a negative number: then {@link step} knows. States are multiples of 256. */
  get table(): Readonly<Int32Array> {
    return this.#table;
  }

  /** The state at the beginning of a line. */
  get start(): number {
    return 0;
  }

  /** The state after a byte; the table may be another one afterwards, and only the returned state is valid then. */
  step(state: number, byte: number): number {
    const known = this.#table[state + byte] ?? UNKNOWN;
    if (known >= 0) return known;
    const from = this.#states[state / 256];
    if (from === undefined) throw new Error(`the automaton has no state ${state}`);
    const next = this.#numberOf(this.#after(from, byte)) * 256;
    // Not when all states were forgotten meanwhile.
    if (this.#states[state / 256] === from) {
      for (const value of this.#classes[byte] ?? []) {
        if (!STOPS.includes(value)) this.#table[state + value] = next;
      }
    }
    return next;
  }

  /** The bits of all expressions that a line matches which ends in this state. */
  matched(state: number): number {
    const { matched = 0, matchedAtEnd = 0 } = this.#states[state / 256] ?? {};
    return matched | matchedAtEnd;
  }

  /** The same for a whole line. */
  matchedBy(bytes: Uint8Array): number {
    let state = this.start;
    for (const byte of bytes) state = this.step(state, byte);
    return this.matched(state);
  }

  #after(from: State, byte: number): State {
    const reached = [this.#anywhere];
    for (const places of [from.places, this.#anywhere.places]) {
      for (const index of places) {
        const place = this.#places[index];
        if (place !== undefined && place.set[byte] === 1) reached.push(place.next);
      }
    }
    let matched = from.matched;
    let matchedAtEnd = 0;
    for (const each of reached) {
      matched |= each.matched;
      matchedAtEnd |= each.matchedAtEnd;
    }
    const places = new Set(reached.slice(1).flatMap((each) => each.places));
    // What is known already need not be found again; that keeps states few.
    const open = [...places].filter((index) => ((this.#places[index]?.bit ?? 0) & matched) === 0);
    return { places: open.sort((a, b) => a - b), matched, matchedAtEnd: matchedAtEnd & ~matched };
  }

  #numberOf(state: State): number {
    const key = `${state.matched} ${state.matchedAtEnd} ${state.places.join()}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#states.length >= MOST_STATES) this.#clear();
    const number = this.#states.push(state) - 1;
    this.#numbers.set(key, number);
    if (number >= this.#capacity) this.#grow();
    return number;
  }

  #grow(): void {
    const table = new Int32Array(256 * 2 * this.#capacity).fill(UNKNOWN);
    table.set(this.#table);
    this.#table = table;
    this.#capacity *= 2;
  }

  #clear(): void {
    this.#states = [];
    this.#numbers = new Map();
    this.#table.fill(UNKNOWN);
    this.#numberOf(this.#atBegin);
  }

  /** Adds the places of an expression. What is returned can be asked when all of its places are there. */
  #compile(expression: Expression, bit: number): { anywhere: () => Reached; atBegin: () => Reached } {
    const matches: Continue = (_begin, end) =>
      end ? { places: [], matched: 0, matchedAtEnd: bit } : { places: [], matched: bit, matchedAtEnd: 0 };
    const enter = this.#build(expression, bit, matches);
    return { anywhere: () => enter(false, false), atBegin: () => enter(true, false) };
  }

  /** What is reached when `expression` is entered and `then` follows it. */
  #build(expression: Expression, bit: number, then: Continue): Continue {
    return once(this.#entrance(expression, bit, then));
  }

  #entrance(expression: Expression, bit: number, then: Continue): Continue {
    switch (expression.kind) {
      case 'begin':
        return (begin, end) => (begin ? then(begin, end) : NOTHING);
      case 'end':
        return (begin) => then(begin, true);
      case 'byte': {
        const place: Place = { set: expression.set, bit, next: NOTHING };
        const index = this.#places.push(place) - 1;
        this.#unfinished.push(() => {
          place.next = then(false, false);
        });
        // Behind the end of a line no byte comes.
        return (_begin, end) => (end ? NOTHING : { places: [index], matched: 0, matchedAtEnd: 0 });
      }
      case 'sequence':
        return expression.parts.reduceRight<Continue>((rest, part) => this.#build(part, bit, rest), then);
      case 'choice': {
        const branches = expression.parts.map((part) => this.#build(part, bit, then));
        return (begin, end) => union(branches.map((branch) => branch(begin, end)));
      }
      case 'repeat':
        return this.#repeat(expression, bit, then);
    }
  }

  #repeat({ part, operator }: Extract<Expression, { kind: 'repeat' }>, bit: number, then: Continue): Continue {
    if (operator === '?') {
      const taken = this.#build(part, bit, then);
      return (begin, end) => union([taken(begin, end), then(begin, end)]);
    }
    // What is repeated is never empty, so that this comes to an end.
    const again = once((begin, end) => union([inner(begin, end), then(begin, end)]));
    const inner = this.#build(part, bit, again);
    return operator === '*' ? again : inner;
  }
}

/** What is reached from a point between two bytes, by whether the line begins there, and whether it must end there. */
type Continue = (begin: boolean, end: boolean) => Reached;

/** Asks once for each pair of answers: many ways may lead to one point. */
function once(ask: Continue): Continue {
  const answers: (Reached | undefined)[] = [];
  return (begin, end) => {
    const index = (begin ? 2 : 0) + (end ? 1 : 0);
    const known = answers[index];
    if (known !== undefined) return known;
    const answer = ask(begin, end);
    answers[index] = answer;
    return answer;
  };
}

const NOTHING: Reached = { places: [], matched: 0, matchedAtEnd: 0 };

function union(all: readonly Reached[]): Reached {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  return {
    places: [...new Set(all.flatMap(({ places }) => places))].sort((a, b) => a - b),
    matched: all.reduce((bits, { matched }) => bits | matched, 0),
    matchedAtEnd: all.reduce((bits, { matchedAtEnd }) => bits | matchedAtEnd, 0),
  };
}

/** For each byte all that no set tells from it. */
function classesOf(sets: readonly ByteSet[]): Uint8Array[] {
  const classOf = new Uint8Array(256);
  let classes = 1;
  for (const set of sets) {
    if (classes === 256) break;
    const split = new Map<number, number>();
    for (let byte = 0; byte < 256; byte++) {
      if (set[byte] !== 1) continue;
      const old = classOf[byte] ?? 0;
      const mine = split.get(old) ?? classes++;
      split.set(old, mine);
      classOf[byte] = mine;
    }
  }
  const members = new Map<number, number[]>();
  for (const [byte, number] of classOf.entries()) members.set(number, [...(members.get(number) ?? []), byte]);
  return Array.from(classOf, (number) => Uint8Array.from(members.get(number) ?? []));
}
