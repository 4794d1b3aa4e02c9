// How the benchmarks measure: rounds of all candidates in turn, so that a disturbance hits all of them, and medians.
import { spawnSync } from 'node:child_process';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs each candidate once per round, the first round for warming up only, and returns the medians of what they return.
 *
 * @param {Record<string, () => number | Promise<number>>} candidates
 */
export async function interleaved(candidates, rounds) {
  const names = Object.keys(candidates);
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await candidates[name]();
      if (round > 0) measured[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(measured[name])]));
}

/** Milliseconds that a command takes, from its start to its end. */
export function commandMs(program, args, options = {}) {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  const ms = performance.now() - began;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return ms;
}

/** One row: `atLeast` and `atMost` are the target. */
export function describeRatio({ what, against, value, unit = 'x', atLeast, atMost, context = '' }) {
  const target = atLeast !== undefined ? `>= ${atLeast} ${unit}` : atMost !== undefined ? `<= ${atMost} ${unit}` : '';
  const met =
    target === '' ? '' : (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return [what, against, `${value.toFixed(digits)} ${unit}`, target, met === '' ? '' : met ? 'yes' : 'NO', context];
}

export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
