import { Automaton } from './automaton.js';
import { type Expression, ExpressionFault, parseExpression } from './cmake-expression.js';
import { CTEST_EXPRESSIONS, type LineKind } from './ctest-expressions.js';
import { needlesOf } from './needles.js';
import { Program } from './program.js';
import { type Rule, RuleMatcher } from './rule.js';

/** Expressions of a project besides those of CTest; each a character for each byte. */
export type OwnExpressions = Readonly<Record<LineKind, readonly string[]>>;

/** An expression that CMake would not take. Lines are judged without it, as by ctest. */
export interface RefusedExpression {
  readonly kind: LineKind;
  readonly text: string;
  readonly why: string;
}

/** More states than that are needed by what looks for needles only where a project has thousands of expressions. */
const MOST_STATES = 8192;

/**
 * Tells errors and warnings from other lines of a build log, as CTest does. Most lines have nothing that any expression needs: one automaton looks for
 * all of that at once, and only the expressions whose needles it has found are asked.
 */
export class LineJudge {
  readonly refused: readonly RefusedExpression[];
  readonly rules: readonly Rule[];
  /** The names of its matches are indexes of rules. */
  readonly needles: Automaton;
  /** The indexes of rules without needles: they are asked about each line. */
  readonly always: readonly number[];
  readonly #matchers: (RuleMatcher | undefined)[] = [];

  constructor(rules: readonly Rule[], refused: readonly RefusedExpression[]) {
    this.rules = rules;
    this.refused = refused;
    const program = new Program();
    const always: number[] = [];
    for (const [index, { expression }] of rules.entries()) {
      const needles = needlesOf(expression);
      if (needles === undefined) always.push(index);
      for (const needle of needles ?? []) {
        const parts = needle.map((set): Expression => ({ kind: 'byte', set }));
        program.add({ kind: 'sequence', parts }, index);
      }
    }
    this.always = always;
    this.needles = new Automaton(program, MOST_STATES);
  }

  matcher(index: number): RuleMatcher | undefined {
    const rule = this.rules[index];
    if (rule !== undefined) this.#matchers[index] ??= new RuleMatcher(rule);
    return this.#matchers[index];
  }
}

let ctests: LineJudge | undefined;

/** The judge with CTest's own expressions, and those of a project. */
export function lineJudge(own?: OwnExpressions, groups?: number): LineJudge {
  if (own === undefined) {
    ctests ??= new LineJudge(ctestRules(), []);
    return ctests;
  }
  const rules: Rule[] = [];
  const refused: RefusedExpression[] = [];
  for (const [kind, texts] of entriesOf(own)) {
    for (const text of new Set(texts)) {
      try {
        rules.push({ kind, text, expression: parseExpression(text, groups), isOwn: true });
      } catch (error) {
        if (!(error instanceof ExpressionFault)) throw error;
        refused.push({ kind, text, why: error.message });
      }
    }
  }
  return new LineJudge([...ctestRules(), ...rules], refused);
}

function ctestRules(): Rule[] {
  return entriesOf(CTEST_EXPRESSIONS).flatMap(([kind, texts]) =>
    texts.map((text) => ({ kind, text, expression: parseExpression(text), isOwn: false })),
  );
}

function entriesOf(expressions: OwnExpressions): [LineKind, readonly string[]][] {
  const { error, notError, warning, notWarning } = expressions;
  return [
    ['error', error],
    ['notError', notError],
    ['warning', warning],
    ['notWarning', notWarning],
  ];
}
