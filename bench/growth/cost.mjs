// What a command costs, by measures that are the same from run to run: system calls that touch files, processes or bytes, and
// what a program of Node allocates; with them CPU time and memory, which are not.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countIn, straceInto } from './tracing.mjs';

/** Node says how large its heap is at the end; what was freed before that, `--trace-gc` tells. */
const AT_EXIT = `process.on('exit', () => {
  const { used_heap_size, external_memory } = require('node:v8').getHeapStatistics();
  require('node:fs').writeFileSync(process.env.GROWTH_HEAP, String(used_heap_size + external_memory));
});`;

const scratch = mkdtempSync(join(tmpdir(), 'stagelock-growth-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const preload = join(scratch, 'at-exit.cjs');
writeFileSync(preload, AT_EXIT);

/**
 * @typedef {object} Command
 * @property {readonly string[]} argv a program and its arguments; `node` stands for this one
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [exit] the exit code that it has to have
 *
 * @param {Command} command run three times: it must do the same each time, or `before` must have it do so
 * @param {() => void} [before]
 * @param {boolean} [used] whether CPU time and memory are of interest
 * @returns {{calls: number, allocatedMb: number | undefined, cpuMs?: number, peakMb?: number}}
 */
export function costOf(command, before = () => undefined, used = true) {
  before();
  const calls = countCalls(command);
  if (used) before();
  const { cpuMs, peakMb } = used ? useOf(command) : {};
  before();
  return { calls, allocatedMb: command.argv[0] === 'node' ? allocatedBy(command) : undefined, cpuMs, peakMb };
}

const program = ([name, ...args]) => [name === 'node' ? process.execPath : name, ...args];

function run(argv, { cwd, env = process.env, exit = 0, argv: shown }, more = {}) {
  const [name, ...args] = argv;
  const done = spawnSync(name, args, { cwd, env: { ...env, ...more }, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== exit) throw new Error(`${shown.join(' ')}: exit ${done.status}\n${done.stderr.slice(-2000)}`);
  return done;
}

function countCalls(command) {
  const file = join(scratch, 'calls');
  run(['strace', ...straceInto(file), ...program(command.argv)], command);
  return countIn(file);
}

function useOf(command) {
  const file = join(scratch, 'use');
  run(['/usr/bin/time', '-q', '-o', file, '-f', '%U %S %M', ...program(command.argv)], command);
  const [user, system, kilobytes] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
  return { cpuMs: (user + system) * 1000, peakMb: kilobytes / 1024 };
}

function allocatedBy(command) {
  const file = join(scratch, 'heap');
  const [, ...args] = command.argv;
  const { stdout } = run([process.execPath, '--trace-gc', '--require', preload, ...args], command, {
    GROWTH_HEAP: file,
  });
  let freedMb = 0;
  for (const [, before, after] of stdout.matchAll(/ms: [A-Za-z -]+(?:\([^)]*\) )?([\d.]+) \([\d.]+\) -> ([\d.]+) /g)) {
    freedMb += Number(before) - Number(after);
  }
  return Number(readFileSync(file, 'utf8')) / 2 ** 20 + freedMb;
}
