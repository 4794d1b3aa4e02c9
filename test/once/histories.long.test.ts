import { spawn, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { readDependencyRule } from './model/dependency-rule.js';
import { lookAtDisk } from './model/disk.js';
import { whyOtherInputs } from './model/inputs.js';
import { readSourceText } from './model/source-text.js';
import { NativeOnce } from './native-once.js';

const HAS_GCC = spawnSync('gcc', ['--version']).status === 0;
/** STAGELOCK_HISTORIES=2000 for a long run; STAGELOCK_SEED=N for another one. */
const HISTORIES = Number(process.env['STAGELOCK_HISTORIES'] ?? 60);
const SEED = Number(process.env['STAGELOCK_SEED'] ?? 14);
/** More than the clock of a file system may stand still. */
const MARGIN_MS = 20;
const FLAGS = ['-nostdinc', '-I', 'one', '-I', 'link', '-iquote', 'quote', '-isystem', 'two', '-isystem', 'three/deep'];
const SEARCHED = ['one', 'link', 'two', 'three/deep'];
const PLACES = ['src', 'quote', 'one', 'real', 'other', 'two', 'three/deep', 'three/deep/sub', 'one/sub', 'real/sub'];
const NAMES = ['a.h', 'b.h', 'sub/c.h', 'asked.h', 'stdc-predef.h', 'a.h.gch'];

/** A tree of sources in which anybody edits at any moment. */
class Tree {
  readonly root: string;
  readonly random: Random;
  #edits = 0;

  constructor(root: string, random: Random) {
    this.root = root;
    this.random = random;
    for (const place of ['obj', ...PLACES]) mkdirSync(join(root, place), { recursive: true });
    symlinkSync('real', join(root, 'link'));
    const asks = random.pick([
      '',
      '#if __has_include("asked.h")\nint asked;\n#endif\n',
      '#if __has_include(<asked.h>)\nint asked;\n#endif\n',
    ]);
    writeFileSync(join(root, 'src/main.c'), `#include "a.h"\n#include <b.h>\n#include "sub/c.h"\n${asks}int main;\n`);
    for (const name of ['a.h', 'b.h', 'sub/c.h']) this.write(join(random.pick(['one', 'three/deep', 'real']), name));
    for (let more = random.below(4); more > 0; more--) this.edit();
    // The compile shall succeed at first.
    mkdirSync(join(root, 'three/deep/sub'), { recursive: true });
    for (const name of ['a.h', 'b.h', 'sub/c.h']) this.write(join('three/deep', name));
  }

  edit(): string {
    const { random } = this;
    const file = join(random.pick(PLACES), random.pick(NAMES));
    const kind = random.pick([
      'write',
      'write',
      'back-dated',
      'renamed',
      'remove',
      'link',
      'directory',
      'swap',
      'noise',
      'short',
    ]);
    try {
      if (kind === 'write') this.write(file);
      if (kind === 'back-dated') this.backDate(this.write(file));
      if (kind === 'renamed') renameSync(this.backDate(this.write('obj/new')), join(this.root, file));
      if (kind === 'remove') rmSync(join(this.root, file), { force: true });
      if (kind === 'link') this.relink();
      if (kind === 'directory') this.moveDirectory(random.pick(['one', 'two', 'real', 'three', 'one/sub']));
      if (kind === 'swap') this.swap();
      if (kind === 'noise') this.write(join(random.pick(['obj', ...PLACES]), 'noise'));
      if (kind === 'short') {
        this.write(file);
        rmSync(join(this.root, file));
      }
    } catch (error) {
      // Its directory has been moved away.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
    return `${kind} ${file}`;
  }

  write(file: string): string {
    const path = join(this.root, file);
    if (file.endsWith('.gch')) writeFileSync(path, 'no precompiled header');
    else writeFileSync(path, `int v${this.#edits++};\n`);
    return path;
  }

  backDate(path: string): string {
    utimesSync(path, 1_000_000_000, 1_000_000_000);
    return path;
  }

  relink(): void {
    rmSync(join(this.root, 'link'));
    symlinkSync(this.random.pick(['real', 'other', 'one/sub', '../nowhere']), join(this.root, 'link'));
  }

  moveDirectory(name: string): void {
    const path = join(this.root, name);
    if (this.random.chance(0.5)) renameSync(path, `${path}.away`);
    else renameSync(`${path}.away`, path);
  }

  swap(): void {
    const [one, other] = [join(this.root, 'real'), join(this.root, 'other')];
    renameSync(one, `${one}.swap`);
    renameSync(other, one);
    renameSync(`${one}.swap`, other);
  }

  /** @returns the time stamp that the file system gives now */
  stamp(): bigint {
    writeFileSync(join(this.root, 'obj/stamp'), '');
    return lstatSync(join(this.root, 'obj/stamp'), { bigint: true }).ctimeNs;
  }

  command(object: string): string[] {
    return [...FLAGS, '-c', '-MD', '-MF', `obj/${object}.d`, '-o', `obj/${object}.o`, 'src/main.c'];
  }
}

/** Why what was made may not be taken; undefined when it may. */
function judge(tree: Tree, before: bigint, native: NativeOnce): string | undefined {
  const absolute = (path: string): string => (path.startsWith('/') ? path : `${tree.root}/${path}`);
  const inputs = readDependencyRule(readFileSync(join(tree.root, 'obj/held.d'), 'latin1'))?.map(absolute);
  if (inputs === undefined) return 'unreadable';
  const asked: string[] = [];
  for (const input of inputs) {
    try {
      const text = readSourceText(readFileSync(input, 'latin1'));
      if (text === undefined) return 'uncertain';
      asked.push(...text.asked);
    } catch {
      return 'gone';
    }
  }
  const reading = { inputs, directories: SEARCHED.map(absolute), quoteDirectories: [absolute('quote')], asked };
  const why = whyOtherInputs(reading, before, lookAtDisk());
  const lines = [
    ...inputs.map((path) => `i${path}`),
    ...reading.directories.map((path) => `d${path}`),
    ...reading.quoteDirectories.map((path) => `q${path}`),
    ...asked.map((question) => `a${question}`),
  ];
  expect(native.ask('reading', [[before, ...lines, ''].join('\n')])).toEqual([why ?? '']);
  return why;
}

describe.skipIf(!HAS_GCC)('what a compile has made (needs gcc)', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'stagelock-histories-'));
  const native = HAS_GCC ? new NativeOnce() : undefined;
  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true });
    native?.remove();
  });

  test('is taken only if a new compile makes the same, whatever was edited before, meanwhile and afterwards', async () => {
    const counts = { taken: 0, differed: 0, failed: 0, reasons: new Map<string, number>() };
    for (let index = 0; index < HISTORIES; index++) {
      const tree = new Tree(join(scratch, String(index), 'tree'), new Random(SEED * 100_000 + index));
      const { random } = tree;
      await pause(MARGIN_MS + 10);
      const before = tree.stamp() - BigInt(MARGIN_MS) * 1_000_000n;
      const story: string[] = [];
      const edit = (when: string, chance: number): void => {
        while (random.chance(chance)) story.push(`${when} ${tree.edit()}`);
      };
      const wild = random.chance(0.8) ? 0.6 : 0;
      edit('before', wild / 2);
      const held = spawn('gcc', tree.command('held'), { cwd: tree.root, stdio: 'ignore' });
      const ended = new Promise<number | null>((resolve) => held.once('close', resolve));
      await pause(random.below(15));
      edit('meanwhile', wild);
      const code = await ended;
      edit('after', wild);
      const why = code === 0 && native !== undefined ? judge(tree, before, native) : 'failed';
      const fresh = spawnSync('gcc', tree.command('fresh'), { cwd: tree.root });
      const same =
        fresh.status === 0 &&
        code === 0 &&
        readFileSync(join(tree.root, 'obj/held.o')).equals(readFileSync(join(tree.root, 'obj/fresh.o')));
      if (why === undefined) {
        counts.taken++;
        expect({ seed: SEED, index, story, same, said: fresh.stderr.toString() }).toMatchObject({ same: true });
      } else if (code === 0 && !same) counts.differed++;
      else if (code !== 0) counts.failed++;
      const kind = why?.replace(/.* (?=\w+ \w+$)/, '') ?? 'taken';
      counts.reasons.set(kind, (counts.reasons.get(kind) ?? 0) + 1);
      rmSync(join(scratch, String(index)), { recursive: true });
    }
    if (process.env['STAGELOCK_HISTORIES'] !== undefined) console.log(counts);
    // Else it shows nothing.
    expect(counts.taken).toBeGreaterThan(HISTORIES / 10);
    expect(counts.differed).toBeGreaterThan(HISTORIES / 30);
  }, 3_600_000);
});
