import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { World } from '../support/world.js';
import { missing, startOnTerminal } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noTerminal = missing('script');

/** Clears the screen, renames the window, runs backwards, is not seen, forges a line, and would run in a shell. */
const NASTY =
  'x\nstagelock: all clear\r\u001b[2J\u001b]0;owned\u0007\u009b31m\u202ey\u2028z\u200b\u007f\u{e0041}; touch /tmp/owned #';

/** What we write to a terminal ourselves: the live line, and readline's question. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const OURS = /\r+\n|\r\u001b\[K|\u001b\[\d*[GJ]/g;
const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}]/u;

function expectHarmless(output: string, command: string): void {
  const plain = output.replaceAll(OURS, '\n').replaceAll(/[\n\t]/g, ' ');
  const at = STEERS.exec(plain)?.index ?? -1;
  expect({ command, raw: at < 0 ? '' : plain.slice(Math.max(0, at - 80), at + 40) }).toEqual({ command, raw: '' });
  const lines = output.split(/\r?\n/);
  expect(lines.filter((line) => line.startsWith('stagelock: all clear'))).toEqual([]);
  // A name in a command to copy is of the configuration, or quoted.
  expect(lines.filter((line) => /stagelock --config [^'"]*; touch/.test(line))).toEqual([]);
}

/** Runs a command on a terminal; whoever is asked says no. */
async function onTerminal(world: World, args: readonly string[]): Promise<string> {
  const running = startOnTerminal(
    world,
    args.map((word) => `'${word.replaceAll("'", "'\\''")}'`),
  );
  running.type('n\n');
  const { stdout } = await running.ended;
  return stdout;
}

describe.skipIf(noTerminal !== undefined)(
  `what others wrote${noTerminal === undefined ? '' : ` (${noTerminal})`}`,
  () => {
    test('into object locks and logs of waits, or called their files, steers no terminal', async () => {
      const world = worlds.make();
      const directory = mkdtempSync(join(world.root, 'objects-'));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const name = join(directory, NASTY.replaceAll('/', '_'));
      for (const owner of [
        `${NASTY.replaceAll(/\s/g, '')}:1`,
        'h\u009b31m:1',
        'h\u0000:1',
        `${'h'.repeat(300)}:1`,
        '\u001b[2J:1:x',
      ]) {
        for (const target of [join(directory, 'a.o'), name]) {
          mkdirSync(`${target}.lockdir`, { recursive: true });
          writeFileSync(`${target}.lockdir/pid`, owner);
          for (const wait of ['0', '0.2']) {
            const command = ['exec', '--strategy', 'lockdir', '--lock', target, '--wait', wait, '--', 'true'];
            expectHarmless(await onTerminal(world, command), command.join(' '));
          }
        }
      }
      const entry = {
        at: '2026-01-01T00:00:00Z',
        target: NASTY,
        strategy: NASTY,
        owner: `${NASTY}:1`,
        by: `${NASTY}:2`,
      };
      const waits = join(world.root, `waits\u001b[2J`);
      writeFileSync(waits, `${JSON.stringify({ ...entry, waitedMs: 5, heldMs: 5 })}\n${NASTY}\n`);
      expectHarmless(await onTerminal(world, ['contention', waits]), 'contention');
      expectHarmless(await onTerminal(world, ['contention', '--json', waits]), 'contention --json');
      expectHarmless(await onTerminal(world, ['contention', name]), 'contention of nothing');
      expectHarmless(await onTerminal(world, ['doctor', name]), 'doctor of nothing');
      writeFileSync(join(directory, '.lock-strategy'), NASTY);
      const held = ['exec', '--lock', join(directory, 'b.o'), '--', 'true'];
      expectHarmless(await onTerminal(world, held), 'exec with a strange strategy');
    }, 120_000);

    test('into a configuration that is wrong, or the words of a command line, steers no terminal', async () => {
      const world = worlds.make();
      const strange = join(world.root, 'strange\u001b[2J\nstagelock: all clear.toml');
      for (const text of [
        `[project]\nname = ${JSON.stringify(NASTY).replaceAll('\u007f', '\\u007f')}\n`,
        `${readFileSync(world.configFile, 'utf8')}\n["\\u001b[2J"]\nx = 1\n`,
        `${readFileSync(world.configFile, 'utf8')}\n[builds."a\\u001b[2J\\nstagelock: all clear"]\ndirectory = "/x"\n`,
        `[project]\nname = "\u001b[2J`,
        NASTY,
      ]) {
        writeFileSync(strange, text);
        for (const command of [['check'], ['check', '--json'], ['status']]) {
          expectHarmless(await onTerminal(world, ['--config', strange, ...command]), `${command.join(' ')}: ${text}`);
        }
      }
      for (const command of [
        ['run', NASTY],
        ['unlock', NASTY],
        ['log', '--count', NASTY.replaceAll('\n', '')],
        [NASTY.replaceAll('\n', '')],
        ['status', `--${NASTY.replaceAll('\n', '')}`],
      ]) {
        expectHarmless(await onTerminal(world, command), JSON.stringify(command));
      }
    }, 120_000);
  },
);
