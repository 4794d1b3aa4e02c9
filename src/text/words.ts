/**
 * The words of a text, as CMake writes commands and Subversion reads externals: apart by blanks, or in double quotes, with `\` before what
 * is meant as it is.
 */
export function wordsOf(command: string): string[] {
  const words: string[] = [];
  for (const [word] of command.matchAll(/(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+/g)) {
    words.push(word.replaceAll(/"((?:[^"\\]|\\.)*)"/g, '$1').replaceAll(/\\(.)/g, '$1'));
  }
  return words;
}
