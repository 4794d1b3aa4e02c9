/** What the text of an input says about files that no dependency file names. */
export interface SourceText {
  /** What `__has_include` asks for, in its brackets or quotes: whether there is such a file decides. */
  readonly asked: readonly string[];
}

/** Text that makes the product depend on more than the files that were read: the clock, files that the assembler reads. */
const UNCERTAIN = ['__date__', '__time__', '__timestamp__', 'incbin', '.include', '__has_embed', 'pch_preprocess'];

/** Of `#pragma GCC dependency "FILE"` the time of a file decides that is no input. */
const COMPARES_DATES = /(?:gcc|\*\/)[ \t]*dependency/;

/** `#line 1 "FILE"`, `# 1 "FILE"`: gcc shows lines of that file, which is no input, and judges the indentation by them. */
const RENAMES_LINES =
  /(?:#|%:|\?\?=|\*\/)[ \t]*(?:line(?![a-z0-9_$])(?:[^\n]*"|[ \t0-9]*[^ \t0-9\n]|[ \t0-9]*$)|[0-9]+[ \t][^\n]*")/;

const ASKS = 'has_include';
const DIRECTIVES_BEFORE = ['ifdef', 'ifndef', 'defined', 'defined('];

/**
 * Looks through an input for what makes it uncertain that the same compile would give the same product again, although
 * every file that the dependency file names is unchanged. Comments and strings are not told from the rest. A name that is
 * pasted together by `##` is not seen: libstdc++ pastes on to `__has_` in what every source includes.
 *
 * @param text one character per byte (latin1)
 * @returns undefined when it is uncertain
 */
export function readSourceText(text: string): SourceText | undefined {
  const spliced = text.includes('\0') ? undefined : withoutSplices(text);
  if (spliced === undefined) return undefined;
  const lower = spliced.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
  if (UNCERTAIN.some((word) => lower.includes(word)) || embeds(lower) || includesByBackslash(lower)) return undefined;
  if (COMPARES_DATES.test(lower) || RENAMES_LINES.test(lower)) return undefined;
  const asked: string[] = [];
  for (let at = spliced.indexOf(ASKS); at >= 0; at = spliced.indexOf(ASKS, at + 1)) {
    const name = askedAt(spliced, at);
    if (name === undefined) return undefined;
    if (name !== '') asked.push(name);
  }
  return { asked };
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';
const isOfWord = (character: string | undefined): boolean => character !== undefined && /[A-Za-z0-9_$]/.test(character);

/** Lines that end with a backslash, or its trigraph, go on in the next one; gcc lets blanks stand between. */
function withoutSplices(text: string): string {
  let result = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const length = text[at] === '\\' ? 1 : text.startsWith('??/', at) ? 3 : 0;
    if (length === 0) continue;
    let end = at + length;
    while (isBlank(text[end]) || text[end] === '\r' || text[end] === '\f' || text[end] === '\v') end++;
    if (text[end] !== '\n') continue;
    result += text.slice(from, at);
    from = end + 1;
    at = end;
  }
  return result + text.slice(from);
}

/** `#embed` */
function embeds(text: string): boolean {
  for (let at = text.indexOf('embed'); at >= 0; at = text.indexOf('embed', at + 1)) {
    let before = at - 1;
    while (isBlank(text[before])) before--;
    // A directive may begin with `#`, `%:` or `??=`, and a comment may stand behind that.
    if (text[before] === '#' || text[before] === ':' || text[before] === '=' || text[before] === '/') return true;
  }
  return false;
}

/** For clang `#include "a\b.h"` may read a\b.h, while its dependency file names a/b.h. */
function includesByBackslash(text: string): boolean {
  for (let at = text.indexOf('include'); at >= 0; at = text.indexOf('include', at + 1)) {
    const end = text.indexOf('\n', at);
    if (text.slice(at, end < 0 ? text.length : end).includes('\\')) return true;
  }
  return false;
}

/** @returns the name that is asked for; '' where nothing is asked; undefined where that cannot be said */
function askedAt(text: string, at: number): string | undefined {
  let end = at + ASKS.length;
  const whole = text.slice(at - 2, at) === '__' && !isOfWord(text[at - 3]) && !isOfWord(text[end]);
  if (!whole) return undefined;
  while (isBlank(text[end])) end++;
  if (text[end] === '(') return literalAt(text, end + 1);
  if (isOnlyMentioned(text, at - 2, end)) return '';
  return undefined;
}

/** `<name>)` or `"name")`, without the parenthesis. */
function literalAt(text: string, begin: number): string | undefined {
  let at = begin;
  while (isBlank(text[at])) at++;
  const close = text[at] === '<' ? '>' : text[at] === '"' ? '"' : undefined;
  if (close === undefined) return undefined;
  const end = text.indexOf(close, at + 1);
  if (end < 0) return undefined;
  const name = text.slice(at, end + 1);
  let after = end + 1;
  while (isBlank(text[after])) after++;
  return name.length === 2 || name.includes('\n') || text[after] !== ')' ? undefined : name;
}

/** Whether it is asked only whether the compiler has it, or a comment names it. */
function isOnlyMentioned(text: string, begin: number, end: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', begin - 1) + 1, begin);
  const before = line.replace(/[ \t]+$/, '');
  // Behind the end of a comment or a string, or as a word of a directive, it may be more than a mention.
  const isPlain = !/["']|\*\//.test(line);
  if (isPlain && !/[#%?]/.test(line) && isOfWord(text[end])) return true;
  if (isPlain && line.includes('//') && text[end] === '\n') return true;
  return DIRECTIVES_BEFORE.some((word) => before.endsWith(word) && !isOfWord(before.at(-1 - word.length)));
}
