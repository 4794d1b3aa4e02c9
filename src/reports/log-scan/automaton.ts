import type { ByteSet } from './cmake-expression.js';
import { NODE, type Program } from './program.js';

/** After a byte: where one is now. */
interface State {
  /** Nodes that await a byte or the end of the line, ascending, without those where an expression may begin anywhere. */
  readonly places: Int32Array;
  /** Expressions that have matched with the last byte. */
  readonly matches: readonly number[];
  /** The same if the line ends here; undefined until it is needed. */
  matchesAtEnd: readonly number[] | undefined;
}

/** An entry of the table: nothing is known, see {@link Automaton.step}. */
export const UNKNOWN = -1;
/** Never in the table, so that a reader of a line stops there: NUL, line feed, escape. */
const STOPS = [0, 10, 27];
/** Sets of places that are larger are not remembered: they would cost memory, and do not come again. */
const MOST_PLACES = 4096;
/** Of all states together. */
const MOST_PLACES_HELD = 250_000;
/** What it costs to make or to find a state, in nodes. */
const STATE_WORK = 64;
/** The indexes of the state at the beginning of a line, and of the last one that is not remembered. */
const [BEGIN, PASSING] = [0, 1];

/**
 * Says which of many expressions match a line and where they do, in one pass over its bytes: a deterministic automaton whose states
 * are made when a line first needs them. When there are too many, all are forgotten and made anew, so that memory has a
 * bound; a step then costs as much as the program has nodes, and never more.
 */
export class Automaton {
  /** Nodes that were looked at, and so many more for each state that was made; what has cost time besides the bytes themselves. */
  work = 0;
  readonly #program: Program;
  readonly #mostStates: number;
  /** What the bytes have in common: no expression distinguishes two of one class. */
  readonly #classes: readonly Uint8Array[];
  /** Where an expression may begin at any byte. */
  readonly #anywhere: Int32Array;
  readonly #isAnywhere: Uint8Array;
  readonly #anywhereMatches: readonly number[];
  readonly #atBegin: State;
  #states: State[];
  #numbers = new Map<string, number>();
  #placesHeld = 0;
  /** What the table does not say. */
  readonly #stops = new Map<number, number>();
  #table: Int32Array;
  #capacity = 16;
  /** When a node was last looked at. */
  readonly #seen: Int32Array;
  #time = 0;

  constructor(program: Program, mostStates: number) {
    this.#program = program;
    this.#mostStates = mostStates;
    this.#seen = new Int32Array(program.kinds.length);
    this.#isAnywhere = new Uint8Array(program.kinds.length);
    this.#table = new Int32Array(256 * this.#capacity).fill(UNKNOWN);
    this.#classes = classesOf(program.sets);
    const anywhere = this.#closure(program.entries, false, false);
    for (const place of anywhere.places) this.#isAnywhere[place] = 1;
    this.#anywhere = anywhere.places;
    this.#anywhereMatches = anywhere.matches;
    this.#atBegin = this.#closure(program.entries, true, false);
    this.#states = [this.#atBegin, this.#atBegin];
  }

  /**
   * For `state + byte` the next state; a negative number but {@link UNKNOWN} is -2 less the next state, in which something
   * has matched. Another table after each step.
   */
  get table(): Int32Array {
    return this.#table;
  }

  /** The state at the beginning of a line. Something may have matched there already. */
  get start(): number {
    return BEGIN * 256;
  }

  /** What the table would say; only the returned state is valid afterwards. */
  step(state: number, byte: number): number {
    const isStop = STOPS.includes(byte);
    const known = (isStop ? this.#stops.get(state + byte) : this.#table[state + byte]) ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    this.work += STATE_WORK;
    const from = this.#stateOf(state);
    const to = this.#after(from, byte);
    const number = this.#numberOf(to);
    const next = number * 256;
    const entry = to.matches.length > 0 ? -2 - next : next;
    // Not when all states were forgotten meanwhile, or for what is not remembered.
    if (this.#states[state / 256] === from && state !== PASSING * 256 && number !== PASSING) {
      if (isStop) this.#stops.set(state + byte, entry);
      for (const value of isStop ? [] : (this.#classes[byte] ?? [])) {
        if (!STOPS.includes(value)) this.#table[state + value] = entry;
      }
    }
    return entry;
  }

  /** What has matched with the byte that led to a state. */
  matches(state: number): readonly number[] {
    return this.#stateOf(state).matches;
  }

  /** What has matched with that byte, or matches since the line ends after it. */
  matchesAtEnd(state: number): readonly number[] {
    const at = this.#stateOf(state);
    if (at.matchesAtEnd === undefined) {
      const { kinds } = this.#program;
      const ends = [...at.places, ...this.#anywhere].filter((place) => kinds[place] === NODE.end);
      at.matchesAtEnd = ends.length === 0 ? at.matches : this.#closure(ends, at === this.#atBegin, true).matches;
      if (ends.length > 0) at.matchesAtEnd = [...new Set([...at.matches, ...at.matchesAtEnd])];
    }
    return at.matchesAtEnd;
  }

  #stateOf(state: number): State {
    const found = this.#states[state / 256];
    if (found === undefined) throw new Error(`the automaton has no state ${state}`);
    return found;
  }

  #after(from: State, byte: number): State {
    const { sets, next } = this.#program;
    const reached: number[] = [];
    for (const places of [from.places, this.#anywhere]) {
      this.work += places.length;
      for (const place of places) {
        if (sets[place]?.[byte] === 1) reached.push(next[place] ?? 0);
      }
    }
    const { places, matches } = this.#closure(reached, false, false);
    return {
      places: places.filter((place) => this.#isAnywhere[place] === 0),
      matches: this.#anywhereMatches.length === 0 ? matches : [...new Set([...matches, ...this.#anywhereMatches])],
      matchesAtEnd: undefined,
    };
  }

  /** Where one gets from nodes without a byte. */
  #closure(from: readonly number[], begin: boolean, end: boolean): State {
    const { kinds, next, other } = this.#program;
    const seen = this.#seen;
    const time = ++this.#time;
    const places: number[] = [];
    const matches = new Set<number>();
    const open = [...from];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (seen[node] === time) continue;
      seen[node] = time;
      this.work++;
      const then = next[node] ?? 0;
      switch (kinds[node]) {
        case NODE.match:
          matches.add(then);
          break;
        case NODE.split:
          open.push(then, other[node] ?? 0);
          break;
        case NODE.begin:
          if (begin) open.push(then);
          break;
        case NODE.end:
          if (end) open.push(then);
          else places.push(node);
          break;
        default:
          if (!end) places.push(node);
      }
    }
    const found = Int32Array.from(places);
    // In order, so that it is found again.
    if (found.length <= MOST_PLACES) found.sort();
    return { places: found, matches: [...matches], matchesAtEnd: undefined };
  }

  #numberOf(state: State): number {
    const { length } = state.places;
    if (length > MOST_PLACES) {
      this.#states[PASSING] = state;
      return PASSING;
    }
    const key = `${state.matches.join()} ${state.places.join()}`;
    const number = this.#numbers.get(key);
    if (number !== undefined) return number;
    if (this.#states.length >= this.#mostStates || this.#placesHeld + length > MOST_PLACES_HELD) this.#forget();
    this.#placesHeld += length;
    const added = this.#states.push(state) - 1;
    this.#numbers.set(key, added);
    if (added >= this.#capacity) this.#grow();
    return added;
  }

  #grow(): void {
    const table = new Int32Array(256 * 2 * this.#capacity).fill(UNKNOWN);
    table.set(this.#table);
    this.#table = table;
    this.#capacity *= 2;
  }

  #forget(): void {
    this.#states = [this.#atBegin, this.#atBegin];
    this.#numbers = new Map();
    this.#placesHeld = 0;
    this.#stops.clear();
    this.#table.fill(UNKNOWN);
  }
}

/** For each byte all that no set tells from it. */
function classesOf(sets: readonly (ByteSet | undefined)[]): Uint8Array[] {
  let classOf = new Array<number>(256).fill(0);
  let classes = 1;
  for (const set of new Set(sets)) {
    if (classes === 256) break;
    if (set === undefined) continue;
    const numbers = new Map<number, number>();
    classOf = classOf.map((old, byte) => {
      const both = 2 * old + (set[byte] ?? 0);
      const number = numbers.get(both) ?? numbers.size;
      numbers.set(both, number);
      return number;
    });
    classes = numbers.size;
  }
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const [byte, number] of classOf.entries()) members[number]?.push(byte);
  const sorted = members.map((bytes) => Uint8Array.from(bytes));
  return classOf.map((number) => sorted[number] ?? new Uint8Array());
}
