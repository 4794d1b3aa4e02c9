import type { ByteSet, Expression } from './cmake-expression.js';

/** What a node of a program awaits. */
export const NODE = { byte: 0, split: 1, begin: 2, end: 3, match: 4 } as const;

/**
 * Expressions as one graph, in the form of Thompson: as many nodes as the expressions have parts, so that a step over all of
 * them costs no more than that.
 */
export class Program {
  /** One of {@link NODE} each. */
  readonly kinds: number[] = [];
  /** What follows a node; of a match, what its expression is called. */
  readonly next: number[] = [];
  /** The other way on from a split. */
  readonly other: number[] = [];
  readonly sets: (ByteSet | undefined)[] = [];
  /** Where each expression begins. */
  readonly entries: number[] = [];

  /** @param name what a match of the expression is called */
  add(expression: Expression, name: number): void {
    this.entries.push(this.#compile(expression, this.#node(NODE.match, name)));
  }

  #node(kind: number, next: number, other = -1, set?: ByteSet): number {
    this.next.push(next);
    this.other.push(other);
    this.sets.push(set);
    return this.kinds.push(kind) - 1;
  }

  /** @returns where the expression is entered when `then` follows it */
  #compile(expression: Expression, then: number): number {
    switch (expression.kind) {
      case 'begin':
        return this.#node(NODE.begin, then);
      case 'end':
        return this.#node(NODE.end, then);
      case 'byte':
        return this.#node(NODE.byte, then, -1, expression.set);
      case 'sequence':
        return expression.parts.reduceRight((rest, part) => this.#compile(part, rest), then);
      case 'choice':
        return expression.parts
          .map((part) => this.#compile(part, then))
          .reduceRight((rest, branch) => this.#node(NODE.split, branch, rest));
      case 'repeat': {
        if (expression.operator === '?') return this.#node(NODE.split, this.#compile(expression.part, then), then);
        const again = this.#node(NODE.split, -1, then);
        const part = this.#compile(expression.part, again);
        this.next[again] = part;
        return expression.operator === '*' ? again : part;
      }
    }
  }
}
