import type { ByteSet, Expression } from './cmake-expression.js';

/** A short text of which each byte may be one of a few. */
export type Needle = readonly ByteSet[];

/** Of a set with more than the digits and then some, nearly each byte is one. */
const MOST_BYTES = 12;
/** Longer ones are cut: they say no more. */
const CUT = 12;
/** Before it is known what follows them. */
const MOST_LENGTH = 40;
/** Sets with two bytes or more in a needle: each may double the states that look for it. */
const MOST_WIDE = 4;
const MOST_NEEDLES = 24;

/**
 * Texts of which at least one stands in whatever an expression matches, so that the expression need not be asked about a line without one;
 * undefined where there are none that are worth it.
 */
export function needlesOf(expression: Expression): readonly Needle[] | undefined {
  const { exact, best } = factsOf(expression);
  const chosen = better(best, exact);
  return chosen === undefined || lengthOf(chosen) < 2 ? undefined : chosen.map((needle) => needle.slice(0, CUT));
}

interface Facts {
  /** All that it matches, where that is a few short texts. */
  readonly exact: readonly Needle[] | undefined;
  readonly best: readonly Needle[] | undefined;
  /** Of what is repeated and stands at both ends of the repetition: all that it matches, likewise. */
  readonly repeated?: readonly Needle[] | undefined;
}

const EMPTY: readonly Needle[] = [[]];

function factsOf(expression: Expression): Facts {
  switch (expression.kind) {
    // Where a line begins and ends is left to the caller of the expression.
    case 'begin':
    case 'end':
      return { exact: EMPTY, best: undefined };
    case 'byte': {
      return { exact: sizeOf(expression.set) <= MOST_BYTES ? [[expression.set]] : undefined, best: undefined };
    }
    case 'sequence':
      return ofSequence(expression.parts);
    case 'choice': {
      const all = expression.parts.map(factsOf);
      return {
        exact: unionOf(all.map(({ exact }) => exact)),
        best: unionOf(all.map(({ exact, best }) => better(best, exact))),
      };
    }
    case 'repeat': {
      const { exact, best } = factsOf(expression.part);
      if (expression.operator === '?') return { exact: unionOf([exact, EMPTY]), best: undefined };
      if (expression.operator === '*') return { exact: undefined, best: undefined };
      return { exact: undefined, best: better(best, exact), repeated: exact ?? EMPTY };
    }
  }
}

/** Texts that follow each other are one. */
function ofSequence(parts: readonly Expression[]): Facts {
  let best: readonly Needle[] | undefined;
  let row = EMPTY;
  let isWhole = true;
  const end = (next: readonly Needle[]): void => {
    best = better(best, row);
    row = next;
    isWhole = false;
  };
  for (const part of parts) {
    const facts = factsOf(part);
    const exact = facts.repeated ?? facts.exact;
    const longer = exact === undefined ? undefined : product(row, exact);
    row = longer ?? row;
    const isFull = lengthsOf(row).some((length) => length >= MOST_LENGTH);
    if (longer === undefined || isFull || facts.repeated !== undefined) end(exact ?? EMPTY);
    best = better(best, facts.best);
    // It cannot become any better, and an expression may be long.
    if (!isWhole && best !== undefined && lengthOf(best) >= MOST_LENGTH) return { exact: undefined, best };
  }
  return { exact: isWhole ? row : undefined, best: better(best, row) };
}

function product(left: readonly Needle[], right: readonly Needle[]): readonly Needle[] | undefined {
  if (left.length * right.length > MOST_NEEDLES) return undefined;
  const all = left.flatMap((one) => right.map((other) => [...one, ...other].slice(0, MOST_LENGTH)));
  return all.every(isNarrow) ? all : undefined;
}

function unionOf(all: readonly (readonly Needle[] | undefined)[]): readonly Needle[] | undefined {
  const needles: Needle[] = [];
  for (const each of all) {
    if (each === undefined || needles.length + each.length > MOST_NEEDLES) return undefined;
    needles.push(...each);
  }
  return needles;
}

function isNarrow(needle: Needle): boolean {
  return needle.filter((set) => sizeOf(set) > 1).length <= MOST_WIDE;
}

const SIZES = new WeakMap<ByteSet, number>();

/** How many bytes are in a set. */
function sizeOf(set: ByteSet): number {
  const known = SIZES.get(set);
  if (known !== undefined) return known;
  const size = set.reduce((sum, one) => sum + one, 0);
  SIZES.set(set, size);
  return size;
}

/** The longer ones. */
function better(
  one: readonly Needle[] | undefined,
  other: readonly Needle[] | undefined,
): readonly Needle[] | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return lengthOf(other) > lengthOf(one) ? other : one;
}

const lengthsOf = (needles: readonly Needle[]): number[] => needles.map(({ length }) => length);

function lengthOf(needles: readonly Needle[]): number {
  return Math.min(...lengthsOf(needles));
}
