export { momentText as timeText } from '../text/moment.js';

/** A piece of a mail: text of a person or a program, shown as it is. */
export interface Passage {
  readonly heading?: string;
  readonly text: string;
}

/** The passages for programs that show text. */
export function textOf(passages: readonly Passage[]): string {
  return passages
    .map(({ heading, text }) => `${heading === undefined ? '' : `${heading}\n\n`}${ended(text)}`)
    .join('\n');
}

/** The same for those that show HTML: nothing in it is fetched from anywhere, and it reads the same without any style. */
export function htmlOf(title: string, passages: readonly Passage[]): string {
  const body = passages.map(({ heading, text }) => {
    const head = heading === undefined ? '' : `<p><b>${escaped(heading)}</b></p>\n`;
    return `${head}<pre style="white-space: pre-wrap">${escaped(ended(text))}</pre>\n`;
  });
  const head = `<meta charset="utf-8"><title>${escaped(title)}</title>`;
  return `<!DOCTYPE html>\n<html><head>${head}</head>\n<body>\n${body.join('')}</body></html>\n`;
}

/** Names and values, the values below each other. */
export function tableOf(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}\n`).join('');
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? '');
}
