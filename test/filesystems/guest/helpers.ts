// ct-lock-helper as whole processes on one or two hosts, for one object. Prints what came of it as one line of JSON.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Strategy } from '../../../src/locks/index.js';
import { type HostName, spawnOnHost } from './hosts.js';
import { keepBusy, steadyMs, summarize, type Waits } from './waits.js';

export interface HelpersOptions {
  readonly strategy: Strategy;
  /** Where the object is, by the same path on all hosts. */
  readonly directory: string;
  /** On which hosts the workers run, in turn. */
  readonly hosts: readonly HostName[];
  readonly workers: number;
  readonly sections: number;
  /** How likely a helper is killed around its section, in percent. */
  readonly killed: number;
  /** Whether all processors have something else to do, too. */
  readonly busy: boolean;
  readonly helper: string;
  /** The command that the helpers run: `test/torture/section.c`. */
  readonly section: string;
}

/** A wait is what passes from the start of a helper to that of its command. */
export interface HelpersResult extends Waits {
  readonly sections: number;
  readonly seconds: number;
  readonly published: number;
  readonly killed: number;
  readonly overlaps: string;
  readonly torn: string;
  readonly failed: readonly string[];
  /** What is left beside the object, without what belongs there. */
  readonly left: readonly string[];
}

const LIMIT_MS = 150_000;
/** Of a busy machine it is enough to see so many, as far as it gets. */
const BUSY_LIMIT_MS = 100_000;

async function helpers(options: HelpersOptions): Promise<HelpersResult> {
  const { strategy, directory, hosts, workers, sections, killed, busy, helper, section } = options;
  const relax = busy ? keepBusy() : undefined;
  const started = new Map<number, number>();
  mkdirSync(directory, { recursive: true });
  const target = join(directory, 'x.o');
  const records = mkdtempSync('/laboratory/local/tmpfs/records-');
  const file = (name: string): string => join(records, name);
  const text = (name: string): string => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');
  const done = (): number => (existsSync(file('sections')) ? statSync(file('sections')).size : 0);
  const result = { published: 0, killed: 0, failed: [] as string[] };
  const limitMs = busy ? BUSY_LIMIT_MS : LIMIT_MS;
  const began = performance.now();
  const passed = (): number => performance.now() - began;

  const work = async (place: number): Promise<void> => {
    while (done() < sections && passed() < limitMs && result.failed.length === 0) {
      const words = [helper, 'compile', `--target=${target}`, `--strategy=${strategy}`, '--', section, records, target];
      const { pid, startedMs, code, signal, stderr } = await end(hosts[place % hosts.length] ?? 'a', [
        ...words,
        String(killed),
      ]);
      started.set(pid, startedMs);
      if (code === 0) result.published++;
      else if (signal === 'SIGKILL') result.killed++;
      else result.failed.push(`${code ?? signal}: ${stderr}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, place) => work(place)));
  relax?.();
  const seconds = Math.round(passed() / 100) / 10;
  const entries = [...text('entries').matchAll(/^(\d+) (\d+)$/gm)];
  const waits = entries.map(([, pid, ms]) => Number(ms) - (started.get(Number(pid)) ?? Number(ms)));
  if (done() < sections && !busy)
    result.failed.push(`only ${done()} sections; there are ${readdirSync(directory).join(' ')}`);
  const left = readdirSync(directory).filter((name) => name !== 'x.o' && name !== 'x.o.lock');
  return {
    ...result,
    ...summarize(waits),
    left,
    sections: done(),
    seconds,
    overlaps: text('overlaps'),
    torn: text('torn'),
  };
}

function end(
  host: HostName,
  words: readonly string[],
): Promise<{
  readonly pid: number;
  readonly startedMs: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CT_LOCK_TIMEOUT: '5', CT_LOCK_WARN_INTERVAL: '30' };
    const startedMs = steadyMs();
    const child = spawnOnHost(host, words, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ pid: child.pid ?? 0, startedMs, code, signal, stderr }));
  });
}

process.stdout.write(`${JSON.stringify(await helpers(JSON.parse(process.argv[2] ?? '{}') as HelpersOptions))}\n`);
process.exit(0);
