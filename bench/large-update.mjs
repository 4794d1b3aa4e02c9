// An update of one file in a large source: what the stage `update` does to the tree, proof included, against `git pull --ff-only`.
//
//   node bench/run.mjs large-update  (STAGELOCK_BENCH_FILES="20000 50000")
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { internal } from './internals.mjs';
import { commandMs, interleaved } from './measure.mjs';
import { environment } from './project.mjs';

const SIZES = (process.env.STAGELOCK_BENCH_FILES ?? '20000 50000').split(' ').map(Number);
const ROUNDS = 9;
const PER_DIRECTORY = 100;

export async function bench() {
  const rows = [];
  for (const files of SIZES) rows.push(await ofSize(files));
  return rows;
}

async function ofSize(files) {
  const root = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    const git = (cwd, ...args) => execFileSync('git', args, { cwd, env: environment, stdio: 'ignore' });
    const origin = join(root, 'origin');
    for (let file = 0; file < files; file++) {
      const directory = join(origin, `d${Math.floor(file / PER_DIRECTORY)}`);
      if (file % PER_DIRECTORY === 0) mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, `f${file % PER_DIRECTORY}`), `${file}\n`);
    }
    git(origin, '-c', 'init.defaultBranch=main', 'init', '-q');
    git(origin, 'add', '-A');
    git(origin, 'commit', '-qm', 'All');
    git(root, 'clone', '-q', origin, 'theirs');
    git(root, 'clone', '-q', origin, 'ours');
    const { versionControlOf } = await internal('updates/chosen-system.ts');
    const update = { type: 'git', remote: 'origin', branch: 'main', mode: 'fast-forward', timeoutMs: 60_000 };
    const system = await versionControlOf(update, join(root, 'memory'));
    const checkout = { source: join(root, 'ours'), timeoutMs: 60_000, environment };
    const ours = async () => {
      const began = performance.now();
      const fetched = await system.fetch(checkout);
      const moved = await system.move(checkout, fetched);
      const proof = await system.proveTree(checkout, fetched.target);
      if (moved.kind !== 'moved' || proof.kind !== 'proved') throw new Error(JSON.stringify({ fetched, moved, proof }));
      return performance.now() - began;
    };
    const pull = () => commandMs('git', ['pull', '-q', '--ff-only'], { cwd: join(root, 'theirs'), env: environment });
    // Each has a commit of its own before it: both move by as much.
    const after = (act) => () => {
      appendFileSync(join(origin, 'd0', 'f0'), 'news\n');
      git(origin, 'commit', '-qam', 'News');
      git(join(root, act === ours ? 'theirs' : 'ours'), 'pull', '-q', '--ff-only');
      return act();
    };
    const ms = await interleaved({ ours: after(ours), pull: after(pull) }, ROUNDS);
    return {
      what: `the stage update with one commit, ${files} files, proof included`,
      against: 'git pull --ff-only',
      value: ms.ours / ms.pull,
      atMost: 1.5,
      context: `${ms.ours.toFixed(0)} ms against ${ms.pull.toFixed(0)} ms`,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
