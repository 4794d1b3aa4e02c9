import { shownLines } from './shown.js';

const [ESC, BEL, CSI] = ['\u001b', '\u0007', '\u009b'];
/** CSI sequences, strings such as the title of a window up to their end, and what else begins with ESC. */
const ESCAPES = new RegExp(
  [
    String.raw`(?:${ESC}\[|${CSI})[0-?]*[ -/]*[@-~]`,
    String.raw`${ESC}[\]PX^_][^${BEL}${ESC}\n]{0,500}(?:${BEL}|${ESC}\\)`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);

/** A piece of a log as a person may see it: colours go, a bar that was drawn over itself becomes lines, the rest is shown. */
export function logText(text: string): string {
  return shownLines(text.replaceAll(ESCAPES, '').replaceAll(/\r+\n/g, '\n').replaceAll('\r', '\n'));
}
