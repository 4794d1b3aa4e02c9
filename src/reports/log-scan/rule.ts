import { Automaton, UNKNOWN } from './automaton.js';
import type { Expression } from './cmake-expression.js';
import type { LineKind } from './ctest-expressions.js';
import { Program } from './program.js';

/** An expression by which lines are judged. */
export interface Rule {
  readonly kind: LineKind;
  readonly text: string;
  readonly expression: Expression;
  /** Whether it comes from the project, so that its cost is unknown. */
  readonly isOwn: boolean;
}

/** One expression needs few; one that needs more costs a step for each byte. */
const MOST_STATES = 1000;
/** Between two looks at the clock: bytes, and nodes of a program. */
const PIECE = 16 * 1024;

/** Asks one rule about lines, a piece of a line at a time. */
export class RuleMatcher {
  /** Bytes and nodes that were looked at. */
  work = 0;
  readonly rule: Rule;
  #automaton: Automaton | undefined;
  #state = 0;
  #at = 0;
  #end = 0;

  constructor(rule: Rule) {
    this.rule = rule;
  }

  /** Asks about another line. Undefined when there is more to do: {@link goOn}. */
  begin(bytes: Uint8Array, start: number, end: number): boolean | undefined {
    this.#state = this.#theAutomaton().start;
    this.#at = start;
    this.#end = end;
    return this.goOn(bytes);
  }

  /** Goes on with the same line. */
  goOn(bytes: Uint8Array): boolean | undefined {
    const automaton = this.#theAutomaton();
    const began = this.#at;
    const steps = automaton.work;
    const stop = Math.min(this.#end, began + PIECE);
    let state = this.#state;
    let at = began;
    let answer: boolean | undefined;
    if (state === automaton.start && automaton.matches(state).length > 0) answer = true;
    while (answer === undefined && at < stop) {
      const { table } = automaton;
      let next = table[state + (bytes[at] as number)] as number;
      while (next >= 0 && ++at < stop) {
        state = next;
        next = table[state + (bytes[at] as number)] as number;
      }
      if (at === stop) {
        state = next;
        break;
      }
      if (next === UNKNOWN) next = automaton.step(state, bytes[at] as number);
      at++;
      if (next < 0) answer = true;
      else state = next;
      // Each state that is made may cost as much as the program is long.
      if (automaton.work - steps > PIECE) break;
    }
    if (answer === undefined && at === this.#end) answer = automaton.matchesAtEnd(state).length > 0;
    this.#state = state;
    this.#at = at;
    this.work += at - began + automaton.work - steps;
    return answer;
  }

  #theAutomaton(): Automaton {
    if (this.#automaton === undefined) {
      const program = new Program();
      program.add(this.rule.expression, 0);
      this.#automaton = new Automaton(program, MOST_STATES);
    }
    return this.#automaton;
  }
}
