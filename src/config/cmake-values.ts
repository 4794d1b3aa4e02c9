/** The entry of a `DartConfiguration.tcl`; empty when it has none. */
export type Entries = (key: string) => string;

/** Whether CMake calls a value true. */
export function isOn(value: string): boolean {
  return /^(on|true|yes|y|0*[1-9]\d*)$/i.test(value);
}

/** The items of a list of CMake's, without empty ones. */
export function itemsOf(list: string): string[] {
  return list.split(';').filter((item) => item !== '');
}

/** The words of a command as CMake writes it: apart by blanks, or in double quotes with `\` before what is meant as it is. */
export function wordsOf(command: string): string[] {
  const words: string[] = [];
  for (const [word] of command.matchAll(/(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+/g)) {
    words.push(word.replaceAll(/"((?:[^"\\]|\\.)*)"/g, '$1').replaceAll(/\\(.)/g, '$1'));
  }
  return words;
}
