// How the cost of commands grows with what they work on: system calls and allocations at three sizes a decade apart, with the
// exponent of their growth, and CPU time and memory beside them.
//
//   node bench/growth/run.mjs [--check] [--all] [--large] [TEXT...]     (after npm run build; needs strace, git, svn, hg)
//
// --check   exits with 1 where a cost grows faster than it may: exponent 1.15, or at all where it should be constant. Without
//           a TEXT it measures those dimensions whose day it is, and CPU time and memory only where these are judged.
// --all     all of them on one day
// --large   sizes ten times as large
// TEXT      dimensions whose names contain one of these

import { table } from '../measure.mjs';
import { costOf } from './cost.mjs';
import { exponentOf } from './fit.mjs';
import { isOfDay } from './turns.mjs';

const FILES = ['updates', 'delivery', 'reports', 'commands', 'locks', 'waiters', 'scheduler'];
const MOST = 1.15;
/** CPU time and the peak of resident memory are not the same from run to run. */
const MOST_CPU = 1.5;
const MOST_MEMORY = 1.5;
const SIZES = [10, 100, 1000];
/** How much the counts differ from run to run: what is freed is told in tenths of a megabyte, at each collection. */
const NOISE = { calls: 20, allocatedMb: 1.5, cpuMs: 300 };

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));
const factor = args.includes('--large') ? 10 : 1;
const isCheck = args.includes('--check');
const isPart = isCheck && !args.includes('--all') && wanted.length === 0;
const modules = await Promise.all(FILES.map((name) => import(`./${name}.mjs`)));
const dimensions = modules
  .flatMap((module) => module.dimensions)
  .filter(({ name }) => wanted.length === 0 || wanted.some((text) => name.includes(text)))
  .filter((_, index) => !isPart || isOfDay(index, new Date()));

const rows = [];
let failures = 0;
for (const dimension of dimensions) {
  const sizes = (dimension.sizes ?? SIZES).map((size) => size * factor);
  try {
    const { row, held } = rowOf(dimension, sizes, await costsAt(dimension, sizes));
    rows.push(row);
    process.stderr.write(`${row.join(' | ')}\n`);
    if (!held) failures++;
  } catch (error) {
    process.stderr.write(`${dimension.name}: ${error instanceof Error ? error.stack : error}\n`);
    rows.push([dimension.name, sizes.join(' / '), '', '', '', '', '', '', 'NOT MEASURED']);
    failures++;
  }
}

async function costsAt({ name, make, measure, cpu, memory }, sizes) {
  const isUsed = !isCheck || cpu !== undefined || memory !== undefined;
  const costs = [];
  for (const size of sizes) {
    process.stderr.write(`${name}: ${size}\n`);
    if (measure !== undefined) {
      costs.push(await measure(size));
      continue;
    }
    const { world, command, before } = await make(size);
    try {
      costs.push(costOf(command, before, isUsed));
    } finally {
      world.remove();
    }
  }
  return costs;
}

/** Whether the growth is what the dimension says, and how that looks. What one program of many allocates is not always known. */
function rowOf({ name, growth, memory, allocates, cpu, noise }, sizes, costs) {
  const exponent = (key) =>
    costs.some((cost) => cost[key] === undefined)
      ? undefined
      : exponentOf(
          costs.map((cost) => cost[key]),
          key === 'calls' ? (noise ?? NOISE.calls) : NOISE[key],
        );
  const calls = exponent('calls');
  const allocated = exponent('allocatedMb');
  const isSmall = memory !== 'constant' || costs[2].peakMb <= costs[0].peakMb * MOST_MEMORY;
  const isQuick = cpu === undefined || exponent('cpuMs') <= MOST_CPU;
  const held =
    isSmall &&
    isQuick &&
    [calls ?? 0, allocates ?? allocated ?? 0].every((value) => value <= (growth === 'constant' ? 0 : MOST));
  const each = (key, digits) => costs.map((cost) => cost[key]?.toFixed(digits) ?? '—').join(' / ');
  const shown = (value) => (value === undefined ? '—' : value.toFixed(2));
  const counted = [each('calls', 0), shown(calls), each('allocatedMb', 1), shown(allocated)];
  const row = [
    name,
    sizes.join(' / '),
    ...counted,
    each('cpuMs', 0),
    each('peakMb', 0),
    held ? growth : `NOT ${growth}`,
  ];
  return { row, held };
}

const head = ['what grows', 'sizes', 'system calls', 'exp.', 'allocated MB', 'exp.', 'CPU ms', 'peak MB', 'growth'];
process.stdout.write(
  `${table(head, rows)}\n\n${failures === 0 ? 'Nothing grows faster than it may.' : `${failures} grow faster than they may.`}\n`,
);
if (args.includes('--check') && failures > 0) process.exit(1);
