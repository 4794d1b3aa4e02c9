import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commentsOf, filesBelow, sentencesOf } from '../../scripts/sentences.mjs';

/** Where the vocabulary has a better word: the actor instead of somebody, the verbs of the field instead of to tell of. */
const BANNED =
  /\b(?:somebody|nobody|anybody|everybody|whoever|whomever|he|him|his|told of|as good as|(?:be|was|been) had|in vain|all the same|comes? to grief|in here|out of breath)\b/gi;

interface Text {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What is quoted is the word of a program, not ours. */
function bannedIn(texts: readonly Text[]): string[] {
  return texts.flatMap(({ file, line, text }) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(BANNED)].map(([word]) => `${file}:${line}: ${word}`),
  );
}

const sources = (folders: readonly string[]): string[] =>
  folders.flatMap(filesBelow).filter((file) => /\.(ts|[ch])$/.test(file));

/** Every folder of sources, the headers and the front in C included. */
const COMMENTED = [...readdirSync('src').map((name) => `src/${name}`), 'native'].filter(
  (name) => !name.endsWith('.ts'),
);

/** `checkout-states.md` is made of the tests' states, the change log is history, and the vocabulary may name what it replaces. */
const PAGES = [
  ...readdirSync('docs').map((name) => `docs/${name}`),
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'],
].filter((file) => file.endsWith('.md') && !/checkout-states|vocabulary/.test(file));

function linesOf(file: string): Text[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.map((text, index) => ({ file, line: index + 1, text }));
}

describe('words for which docs/vocabulary.md has a better one stay out of', () => {
  test('messages and help', () => {
    const sentences = sources(['src', 'native']).flatMap(sentencesOf);
    expect(sentences.length).toBeGreaterThan(1000);
    expect(bannedIn(sentences)).toEqual([]);
  });

  test.each(PAGES)('%s', (file) => {
    expect(bannedIn(linesOf(file))).toEqual([]);
  });

  test.each(COMMENTED)('comments in %s', (folder) => {
    const comments = sources([folder]).flatMap((file) => commentsOf(file).map((comment) => ({ file, ...comment })));
    expect(comments.length).toBeGreaterThan(0);
    expect(bannedIn(comments)).toEqual([]);
  });
});

test('the sentences of a file are its messages, joined, with their lines', () => {
  const [file] = sources(['src/cli']).filter((name) => name.endsWith('/contention.ts'));
  const line =
    readFileSync(file ?? '', 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('cannot be read:')) + 1;
  expect(sentencesOf(file ?? '')).toContainEqual({ file, line, text: expect.stringContaining('cannot be read: …') });
});
