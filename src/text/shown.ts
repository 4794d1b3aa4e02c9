import { UNSEEN_CLASS } from './unseen.js';

/*
 * Whatever comes from a file that others write (stage locks, cursors, records, logs, names of files), from another program or
 * from another host passes through here before a terminal, a log or a mail shows it.
 */

const UNSEEN = new RegExp(`[${UNSEEN_CLASS}]`, 'gu');
const UNSEEN_IN_LINES = new RegExp(`(?![\\n\\t])[${UNSEEN_CLASS}]`, 'gu');

/** Longer than any path that the kernel takes, in UTF-16 units. */
const MOST = 4096;

/**
 * A text in one line that shows all of it and steers nothing: a newline becomes `\n`, an escape `\x1b`, a character that turns
 * the direction of writing `\u202e`. A backslash stays one, so this is for people, and no program gets the text back from it.
 *
 * @param most UTF-16 units that are kept; the rest is counted in the text
 */
export function shown(text: string, most = MOST): string {
  if (text.length <= most) return text.replaceAll(UNSEEN, escaped);
  const end = isHighSurrogate(text.charCodeAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end).replaceAll(UNSEEN, escaped)}[... ${text.length - end} more characters]`;
}

/** The same for a text of several lines, which stay lines, with their tabs. The last defence of a message; its parts are {@link shown} before. */
export function shownLines(text: string): string {
  return text.replaceAll(UNSEEN_IN_LINES, escaped);
}

/** Output of another program within a message of ours: the first line continues ours, the others are indented further than any of ours; tabs become spaces. */
export function quotedLines(text: string): string {
  return text
    .replaceAll('\t', '  ')
    .split('\n')
    .map((line) => shown(line))
    .join('\n      ');
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x80) return `\\x${digits.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
