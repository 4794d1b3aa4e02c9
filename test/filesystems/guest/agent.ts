// Runs in the guest and starts commands for the machine outside, one JSON line in, one JSON line out.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Order, Outcome } from '../laboratory/machine.js';

/** The serial line is slow, and nobody reads more of a failed command. */
const LONGEST_OUTPUT = 20_000;

function answer(outcome: Outcome | 'ready'): void {
  const line = Buffer.from(`${JSON.stringify(outcome)}\n`);
  for (let written = 0; written < line.length; ) written += writeSync(1, line, written);
}

function execute({ argv, timeoutMs }: Order): Promise<Outcome> {
  const [program, ...rest] = argv;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-LONGEST_OUTPUT);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: undefined, ...output, stderr: String(error) }));
    child.once('close', (code, signal) => {
      const stderr = signal === null ? output.stderr : `${output.stderr}\nended by ${signal}`;
      resolve({ code: code ?? undefined, stdout: output.stdout, stderr });
    });
  });
}

answer('ready');
for await (const line of createInterface({ input: process.stdin })) answer(await execute(JSON.parse(line) as Order));
