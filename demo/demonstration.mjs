import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { explainMissing, missingPrograms } from '../scripts/prerequisites.mjs';
import { endOfDemo } from './end.mjs';

/**
 * The frame of a demo: one temporary directory, which goes when all is well and stays otherwise or with `--keep`, a time limit,
 * and signals.
 *
 * @param {string} name of the directory
 * @param {number} timeLimit in seconds; only a demo that hangs reaches it
 * @param {(root: string, end: { signal: AbortSignal, interruptedBy: () => string | undefined }, values: Record<string, string | undefined>) => Promise<boolean>} demonstrate
 *   returns whether every claim held; `values` are those of its own options
 * @param {import('node:util').ParseArgsOptionsConfig} options of this demo
 * @returns the exit code
 */
export async function runDemo(name, timeLimit, demonstrate, options = {}) {
  const { keep, ...values } = parseArgs({ options: { keep: { type: 'boolean', default: false }, ...options } }).values;
  const missing = missingPrograms();
  if (missing.length > 0) {
    process.stderr.write(explainMissing(missing));
    return 1;
  }
  // The real path, because that is what git and stagelock print.
  const root = realpathSync(mkdtempSync(join(tmpdir(), `stagelock-${name}-`)));
  const end = endOfDemo(timeLimit, print);
  let good = false;
  try {
    good = await demonstrate(root, end, values);
  } catch (error) {
    // The interrupt key of a terminal ends a git of ours, too.
    if (end.interruptedBy() === undefined) throw error;
  } finally {
    end.forget();
    if (!keep && (good || end.interruptedBy() !== undefined)) rmSync(root, { recursive: true, force: true });
    else print(`Everything is still in ${root}`);
  }
  const interruptedBy = end.interruptedBy();
  return interruptedBy === undefined ? Number(!good) : 128 + constants.signals[interruptedBy];
}

/** @param {{ problem?: string }[]} claims @returns {number} how many did not hold; they are printed */
export function printClaims(report, claims) {
  print(report.heading('CLAIMS') + claims.map((claim) => report.claim(claim)).join('\n'));
  return claims.filter(({ problem }) => problem !== undefined).length;
}

export function print(text) {
  process.stdout.write(`${text}\n`);
}
