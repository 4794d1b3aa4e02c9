import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** Words by which a message asks a person to do something that the program does not do itself. */
const ASKS =
  /after a look|Find out|To end |if it is gone|gone for |Let its owner|A user who may write|have that user run|Set the strategy|would run as root|the commands that run as you|as a secondary|a checkout of its own|move it away|needs chmod|It can go|Only .* or root can end/;

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

const source = join(root, 'src');
const messages = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !NO_MESSAGES.test(file))
  .flatMap((file) =>
    textsIn(readFileSync(join(source, file), 'utf8'))
      .filter((text) => ASKS.test(text))
      .map(stableWords),
  )
  .filter((words) => words.length > 12);

test('docs/recovery.md has every message that asks a person to do something', () => {
  const page = readFileSync(join(root, 'docs', 'recovery.md'), 'utf8').replaceAll(/\s+/g, ' ');
  expect(messages.length).toBeGreaterThan(20);
  expect(messages.filter((words) => !page.includes(words.replaceAll(/\s+/g, ' ')))).toEqual([]);
});
