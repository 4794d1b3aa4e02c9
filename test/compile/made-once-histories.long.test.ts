import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { Random } from '../support/random.js';
import { until } from '../support/until.js';
import { HAS_GCC, temporaryDirectory } from './helper.js';
import { begin, SETTLED_MS, TAKES } from './shared-making.js';

/** STAGELOCK_HISTORIES=2000 for a long run; STAGELOCK_SEED=N for another one. */
const HISTORIES = Number(process.env['STAGELOCK_HISTORIES'] ?? 12);
const SEED = Number(process.env['STAGELOCK_SEED'] ?? 14);
const AT_ONCE = 4;
const LONG_AGO = new Date('2002-01-31T21:00:00Z');
const HEADERS = ['one/a.h', 'two/a.h', 'two/sub/b.h', 'one/sub/b.h', 'a.h', 'asked.h', 'link/a.h', 'two/a.h.gch'];
const COMPILE = ['gcc', '-nostdinc', '-I', 'one', '-I', 'link', '-isystem', 'two', '-MD', '-c', 'a.c', '-o', 'a.o'];

/** A tree in which anybody edits at any moment. */
class Tree {
  readonly root = join(temporaryDirectory(), 'work');
  readonly random: Random;
  #edits = 1;

  constructor(random: Random) {
    this.random = random;
    for (const name of ['one/sub', 'two/sub', 'real']) mkdirSync(join(this.root, name), { recursive: true });
    symlinkSync('real', join(this.root, 'link'));
    const asks = random.chance(0.3) ? '#if __has_include("asked.h")\nint asked;\n#endif\n' : '';
    writeFileSync(join(this.root, 'a.c'), `#include "a.h"\n#include <sub/b.h>\n${asks}int main;\n`);
    for (const name of ['two/a.h', 'two/sub/b.h']) this.#write(name);
  }

  edit(): string {
    const name = this.random.pick(HEADERS);
    const kind = this.random.pick(['write', 'write', 'back-dated', 'renamed', 'remove', 'link', 'shortly', 'noise']);
    const path = join(this.root, name);
    if (kind === 'write') this.#write(name);
    if (kind === 'back-dated') utimesSync(this.#write(name), LONG_AGO, LONG_AGO);
    if (kind === 'renamed') renameSync(this.#write('new'), path);
    if (kind === 'remove') rmSync(path, { force: true });
    if (kind === 'shortly') rmSync(this.#write(name));
    if (kind === 'noise') this.#write('noise');
    if (kind === 'link') {
      rmSync(join(this.root, 'link'));
      symlinkSync(this.random.pick(['real', 'one', 'nowhere/..']), join(this.root, 'link'));
      mkdirSync(join(this.root, 'nowhere'), { recursive: true });
    }
    return `${kind} ${name}`;
  }

  #write(name: string): string {
    const path = join(this.root, name);
    writeFileSync(path, name.endsWith('.gch') ? 'no precompiled header' : `int v${this.#edits++};\n`);
    return path;
  }
}

/** Several want a.o while somebody edits. @returns how many took it */
async function live(seed: number): Promise<number> {
  const tree = new Tree(new Random(seed));
  const { root, random } = tree;
  const lockdir = join(root, 'a.o.lockdir');
  mkdirSync(lockdir);
  writeFileSync(join(lockdir, 'pid'), `${thisHost().name}:${process.pid}`);
  const all = Array.from({ length: 2 + random.below(3) }, () => begin(root, { argv: COMPILE }));
  await until('all wait', () => all.every(({ waits }) => waits()));
  await sleep(SETTLED_MS);
  const story: string[] = [];
  const last = all.at(-1);
  // The last one sees what has happened until then; edits before that hit whoever compiles.
  last?.kill('SIGSTOP');
  rmSync(lockdir, { recursive: true });
  const wild = random.chance(0.6);
  while (wild && random.chance(0.6)) {
    await sleep(random.below(30));
    story.push(`meanwhile ${tree.edit()}`);
  }
  const others = await Promise.all(all.slice(0, -1).map(({ end }) => end));
  while (wild && random.chance(0.4)) story.push(`then ${tree.edit()}`);
  last?.kill('SIGCONT');
  const got = await last?.end;
  const taken = [...others, got].filter((one) => one?.taken).length;
  if (!got?.taken) return taken;
  const fresh = spawnSync('gcc', [...COMPILE.slice(1, -1), 'fresh.o'], { cwd: root, encoding: 'utf8' });
  const bytes = (name: string): string =>
    existsSync(join(root, name)) ? readFileSync(join(root, name)).toString('base64') : 'none';
  expect({ seed, story, status: fresh.status, bytes: bytes('a.o'), said: got.said }).toEqual({
    seed,
    story,
    status: 0,
    bytes: bytes('fresh.o'),
    said: fresh.stderr,
  });
  return taken;
}

describe.skipIf(!TAKES || !HAS_GCC || !existsSync(tmpdir()))('random histories (needs gcc)', () => {
  test('what is taken is what a compile makes, whatever was edited meanwhile and afterwards', async () => {
    let taken = 0;
    for (let index = 0; index < HISTORIES; index += AT_ONCE) {
      const seeds = Array.from(
        { length: Math.min(AT_ONCE, HISTORIES - index) },
        (_, at) => SEED * 100_000 + index + at,
      );
      for (const count of await Promise.all(seeds.map(live))) taken += count;
    }
    if (process.env['STAGELOCK_HISTORIES'] !== undefined) console.log({ histories: HISTORIES, taken });
    // Else it shows nothing.
    expect(taken).toBeGreaterThan(HISTORIES / 4);
  }, 3_600_000);
});
