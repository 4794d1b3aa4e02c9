/** What words belong to something: the same as struct pattern in native/pattern.h. */
export interface Pattern {
  readonly words: ReadonlySet<string>;
  /** Or they begin so. */
  readonly beginnings: readonly string[];
  /** Or this is in them. */
  readonly containing: readonly string[];
}

export interface Rule<Meaning> {
  readonly means: Meaning;
  readonly pattern: Pattern;
}

export function matches(word: string, { words, beginnings, containing }: Pattern): boolean {
  return (
    words.has(word) ||
    beginnings.some((beginning) => word.startsWith(beginning)) ||
    containing.some((part) => word.includes(part))
  );
}

/** What the first rule that fits says. */
export function meaningOf<Meaning>(word: string, rules: readonly Rule<Meaning>[]): Meaning | undefined {
  return rules.find(({ pattern }) => matches(word, pattern))?.means;
}
