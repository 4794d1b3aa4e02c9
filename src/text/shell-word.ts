import { UNSEEN_CLASS } from './unseen.js';

const PLAIN = /^[\w@%+=:,./-]+$/;
const UNSEEN = new RegExp(`[${UNSEEN_CLASS}]`, 'u');

/**
 * A text as one word of a command that a person copies into a POSIX shell. The shell sees the text as it is; the screen sees
 * nothing that steers it or begins a line.
 *
 * `$'...'` would be shorter for control characters, but dash and older shells do not know it, so printf(1) makes them. It can
 * make everything but newlines at the end, which the shell cuts off: these stand there as they are, and nothing after them.
 */
export function shellWord(text: string): string {
  if (PLAIN.test(text)) return text;
  if (!UNSEEN.test(text)) return singleQuoted(text);
  const body = text.replace(/\n+$/, '');
  const newlines = text.slice(body.length);
  const made = body === '' ? '' : UNSEEN.test(body) ? `"$(printf '${octal(body)}')"` : singleQuoted(body);
  return newlines === '' ? made : `${made}'${newlines}'`;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Everything but letters, digits and what stands in most paths, so that neither printf nor the shell reads more into it. */
function octal(text: string): string {
  return [...Buffer.from(text)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const plain = index === 0 ? /[\w./]/ : /[\w./:=@+,-]/;
      return plain.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}
