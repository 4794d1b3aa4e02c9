import { shellWord } from '../text/shell-word.js';

/** A name as one word of a command, also one that is not UTF-8. */
export function wordOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return shellWord(text);
  const octal = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w./]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"$(printf '${octal.join('')}')"`;
}
