import { Automaton, type Rule } from './automaton.js';
import { ExpressionFault, parseExpression } from './cmake-expression.js';
import { CTEST_EXPRESSIONS, type LineKind } from './ctest-expressions.js';

/** The bit of each kind in what {@link Automaton.matched} answers. */
const BITS: Readonly<Record<LineKind, number>> = { error: 1, notError: 2, warning: 4, notWarning: 8 };

/** Expressions of a project besides those of CTest; each a character for each byte. */
export type OwnExpressions = Readonly<Record<LineKind, readonly string[]>>;

/** An expression that CMake would not take. Lines are judged without it, as by ctest. */
export interface RefusedExpression {
  readonly kind: LineKind;
  readonly text: string;
  readonly why: string;
}

/** Tells errors and warnings from other lines of a build log, as CTest does. */
export interface LineJudge {
  readonly automaton: Automaton;
  readonly refused: readonly RefusedExpression[];
}

let ctests: LineJudge | undefined;

/** The judge with CTest's own expressions, and those of a project. */
export function lineJudge(own?: OwnExpressions, groups?: number): LineJudge {
  if (own === undefined) {
    ctests ??= judgeWith([], []);
    return ctests;
  }
  const rules: Rule[] = [];
  const refused: RefusedExpression[] = [];
  for (const [kind, texts] of entriesOf(own)) {
    for (const text of texts) {
      try {
        const rule = { expression: parseExpression(text, groups), bit: BITS[kind] };
        new Automaton([rule]); // so that one that is too big for us costs itself only
        rules.push(rule);
      } catch (error) {
        const why =
          error instanceof ExpressionFault ? error.message : error instanceof RangeError ? 'too big' : undefined;
        if (why === undefined) throw error;
        refused.push({ kind, text, why });
      }
    }
  }
  return judgeWith(rules, refused);
}

/** Whether a line with these matches is an error or a warning, as long as no more than the wanted number were found. */
export function verdictOf(
  matched: number,
  errorsOpen: boolean,
  warningsOpen: boolean,
): 'error' | 'warning' | undefined {
  if (errorsOpen && (matched & (BITS.error | BITS.notError)) === BITS.error) return 'error';
  if (warningsOpen && (matched & (BITS.warning | BITS.notWarning)) === BITS.warning) return 'warning';
  return undefined;
}

function judgeWith(own: readonly Rule[], refused: readonly RefusedExpression[]): LineJudge {
  const rules = entriesOf(CTEST_EXPRESSIONS).flatMap(([kind, texts]) =>
    texts.map((text) => ({ expression: parseExpression(text), bit: BITS[kind] })),
  );
  return { automaton: new Automaton([...own, ...rules]), refused };
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
