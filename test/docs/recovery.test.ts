import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** Words by which a message asks a person to do something that the program does not do itself. */
const ASKS =
  /[Aa]fter a look|certainly gone|Find out|To end |If its owner is gone|gone for |Let its owner|A user who |have that user run|Set the strategy|would run as root|the commands that run as you|as a secondary|a checkout of its own|move it away|needs chmod|It can go|Only .* or root can end/;

/** Help texts and the template of a configuration are no messages. */
const NO_MESSAGES = /^(config\/(schema|template|defaults)|cli\/(program|helper-arguments|cleanup-help|documented))/;

/** Every text of a source file, with gaps where a value is put in. */
function textsIn(source: string): string[] {
  const code = source.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const texts = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(
    ([, plain, template]) => plain ?? template ?? '',
  );
  return texts.map((text) => text.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '\0').replaceAll(/\\(['`"])/g, '$1'));
}

/** The longest part that is the same in every message. */
function stableWords(text: string): string {
  const parts = text.split(/\0|\\n/).map((part) => part.trim().replace(/^[.,:;)]+ ?/, ''));
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

const source = join(root, 'src');
const texts = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !NO_MESSAGES.test(file))
  .flatMap((file) => textsIn(readFileSync(join(source, file), 'utf8')));
const page = flat(readFileSync(join(root, 'docs', 'recovery.md'), 'utf8').replaceAll(/^>( |$)/gm, '"\n"'));

test('docs/recovery.md has every message that asks a person to do something', () => {
  const messages = texts.filter((text) => ASKS.test(text)).map((text) => flat(stableWords(text)));
  const distinct = messages.filter((words) => words.length > 12);
  expect(distinct.length).toBeGreaterThan(20);
  expect(distinct.filter((words) => !page.includes(words))).toEqual([]);
});

test('what docs/recovery.md quotes, the program says', () => {
  const said = flat(texts.join('\n'));
  const quotes = [...page.replaceAll(/`[^`]*`/g, '').matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote);
  const words = quotes
    .flatMap((quote) => quote.split(/…|BUILD|: (?=stagelock|rm )/))
    .map((part) => part.replaceAll(/^[ .:;,()]+|[ .:;,()]+$/g, ''));
  const distinct = words.filter((part) => part.length > 12);
  expect(distinct.length).toBeGreaterThan(20);
  expect(distinct.filter((part) => !said.includes(part))).toEqual([]);
});
