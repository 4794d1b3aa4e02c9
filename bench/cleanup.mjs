// ct-cleanup-locks over 100,000 objects in 2,000 directories with 1,000 stale locks of all kinds, against find(1) of
// findutils that only lists them, and against the walk that a Node user would write.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandMs, interleaved } from './measure.mjs';

const ROUNDS = 7;
const DIRECTORIES = 2000;
const OBJECTS = 50;
const STALE = 1000;
const CLEANUP = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'ct-cleanup-locks.js');
const NAMES = ['*.lockdir', '*.lock.excl', '*.lock.pid', '*.tmp'];

export async function bench() {
  const tree = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    const directories = Array.from({ length: DIRECTORIES }, (_, number) => join(tree, `${number % 40}`, `d${number}`));
    for (const directory of directories) {
      mkdirSync(directory, { recursive: true });
      for (let number = 0; number < OBJECTS; number++) writeFileSync(join(directory, `f${number}.o`), '');
    }
    const deadPid = Number(execFileSync('sh', ['-c', 'echo $$']).toString());
    const ms = await interleaved(
      {
        find: () => commandMs('find', [tree, ...NAMES.flatMap((name) => ['-o', '-name', name]).slice(1)]),
        naive: () => naiveMs(tree),
        clean: () => commandMs(process.execPath, [CLEANUP, '--objdir', tree]),
        stale: () => {
          for (let number = 0; number < STALE; number++) leave(directories[number * 2], number, deadPid);
          return removingMs(tree);
        },
      },
      ROUNDS,
    );
    const context = (key) => `${ms.stale.toFixed(0)} ms against ${ms[key].toFixed(0)} ms`;
    const all = `${DIRECTORIES * OBJECTS} objects, ${STALE} stale locks`;
    return [
      { what: `ct-cleanup-locks: ${all}`, against: '', value: ms.stale / 1000, unit: 's', atMost: 5 },
      {
        what: 'it, removing them',
        against: 'find(1), only listing them',
        value: ms.stale / ms.find,
        context: context('find'),
      },
      {
        what: 'it, removing them',
        against: 'a walk by fs.promises, only listing',
        value: ms.stale / ms.naive,
        context: context('naive'),
      },
      { what: 'it, with nothing to remove', against: 'find(1)', value: ms.clean / ms.find },
    ];
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** A lock or a temporary of a dead process, two hours old. */
function leave(directory, number, deadPid) {
  const target = join(directory, `f${number % OBJECTS}.o`);
  const then = Date.now() / 1000 - 7200;
  const record = `${hostname()}:${deadPid}`;
  const file = (path, text) => {
    writeFileSync(path, text);
    utimesSync(path, then, then);
  };
  if (number % 4 < 2) {
    mkdirSync(`${target}.lockdir`);
    file(join(`${target}.lockdir`, 'pid'), record);
  } else file(`${target}.lock.${number % 4 === 2 ? 'excl' : 'pid'}`, record);
}

function removingMs(tree) {
  const began = performance.now();
  const { stdout } = spawnSync(process.execPath, [CLEANUP, '--objdir', tree], { maxBuffer: 1e8 });
  const ms = performance.now() - began;
  const summary = stdout.toString().trim().split('\n').at(-1);
  if (!summary.startsWith(`${STALE.toLocaleString('en-US')} stale locks removed;`)) throw new Error(summary);
  return ms;
}

async function naiveMs(tree) {
  const began = performance.now();
  const ending = /\.(?:lockdir|lock\.excl|lock\.pid|tmp)$/;
  const found = [];
  const walk = async (directory) => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (ending.test(entry.name)) found.push(entry.name);
      else if (entry.isDirectory()) await walk(join(directory, entry.name));
    }
  };
  await walk(tree);
  return performance.now() - began;
}
