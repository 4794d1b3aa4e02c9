import { readFileSync, writeFileSync } from 'node:fs';
import { errorCode } from '../../../src/host/error-code.js';

/** Some pages, so that an object that is read while it is written would be seen to be torn. */
const LINES = 600;

/** Writes the object of that number as a compiler would: a new file, piece by piece. */
export function writeObject(path: string, sequence: number): void {
  const line = lineOf(sequence);
  writeFileSync(path, line.repeat(LINES / 2));
  writeFileSync(path, line.repeat(LINES / 2), { flag: 'a' });
}

export type Read =
  | { readonly kind: 'whole'; readonly sequence: number }
  | { readonly kind: 'torn' }
  | { readonly kind: 'missing' };

export function readObject(path: string): Read {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'missing' };
    throw error;
  }
  const sequence = Number(text.slice(0, text.indexOf(' ')));
  return text === lineOf(sequence).repeat(LINES) ? { kind: 'whole', sequence } : { kind: 'torn' };
}

function lineOf(sequence: number): string {
  return `${sequence} is the number of this object\n`;
}
