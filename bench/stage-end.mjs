// How long after its last process a stage ends, and what the wait for all of them costs a stage that leaves nothing.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { internal } from './internals.mjs';
import { interleaved } from './measure.mjs';

const ROUNDS = 25;

export async function bench() {
  const { runStageCommand } = await internal('stages/stage-command.ts');
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const log = openSync(join(directory, 'log'), 'w');
  const marks = { STAGELOCK_RUN: 'bench', STAGELOCK_STAGE: 'bench' };
  const run = async (script, more = {}) => {
    const command = { kind: 'shell', script };
    const stage = { command, directory, timeoutMs: 60_000, graceMs: 1000, mayLeave: false, ...more };
    const environment = { ...process.env, ...marks };
    const { outcome, ended } = await runStageCommand({ stage, environment, log });
    if (outcome.kind !== 'passed' || ended.length > 0) throw new Error(JSON.stringify({ outcome, ended }));
  };
  const timed = async (work) => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  // The last process writes down when it ends; its own end is in the figure, too.
  const afterLast = async () => {
    await run('(setsid sh -c "sleep 0.2; exec date +%s%N > last" &) &');
    return Date.now() - Number(readFileSync(join(directory, 'last'), 'utf8')) / 1e6;
  };
  const keeper = join('dist', 'stage-keeper');
  const withoutKeeper = async (work) => {
    renameSync(keeper, `${keeper}.aside`);
    try {
      return await work();
    } finally {
      renameSync(`${keeper}.aside`, keeper);
    }
  };
  const alone = () =>
    new Promise((resolve) =>
      spawn('/bin/sh', ['-c', ':'], { stdio: ['ignore', log, log], detached: true }).once('exit', resolve),
    );
  try {
    const ms = await interleaved(
      {
        after: afterLast,
        afterLooking: () => withoutKeeper(afterLast),
        alone: () => timed(alone),
        kept: () => timed(() => run(':')),
        looking: () => withoutKeeper(() => timed(() => run(':'))),
      },
      ROUNDS,
    );
    const row = (what, value, more = {}) => ({ what, against: '', value, unit: 'ms', ...more });
    return [
      row('end of a stage after its last process, an orphan', ms.after, { atMost: 20 }),
      row('the same without a keeper', ms.afterLooking, { atMost: 20 }),
      row('a stage that does nothing, more than its process alone', ms.kept - ms.alone, {
        context: `${ms.kept.toFixed(1)} ms against ${ms.alone.toFixed(1)} ms`,
      }),
      row('the same without a keeper', ms.looking - ms.alone),
    ];
  } finally {
    closeSync(log);
    rmSync(directory, { recursive: true });
  }
}
