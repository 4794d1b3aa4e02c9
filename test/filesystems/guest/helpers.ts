// ct-lock-helper as whole processes on one or two hosts, for one object. Prints what came of it as one line of JSON.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Strategy } from '../../../src/locks/index.js';
import { type HostName, spawnOnHost } from './hosts.js';

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
  readonly helper: string;
  /** The command that the helpers run: `test/torture/section.c`. */
  readonly section: string;
}

export interface HelpersResult {
  readonly sections: number;
  readonly seconds: number;
  readonly published: number;
  readonly killed: number;
  readonly overlaps: string;
  readonly torn: string;
  readonly failed: readonly string[];
}

const LIMIT_MS = 150_000;

async function helpers(options: HelpersOptions): Promise<HelpersResult> {
  const { strategy, directory, hosts, workers, sections, killed, helper, section } = options;
  mkdirSync(directory, { recursive: true });
  const target = join(directory, 'x.o');
  const records = mkdtempSync('/laboratory/local/tmpfs/records-');
  const file = (name: string): string => join(records, name);
  const text = (name: string): string => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '');
  const done = (): number => (existsSync(file('sections')) ? statSync(file('sections')).size : 0);
  const result = { published: 0, killed: 0, failed: [] as string[] };
  const began = performance.now();
  const passed = (): number => performance.now() - began;

  const work = async (place: number): Promise<void> => {
    while (done() < sections && passed() < LIMIT_MS && result.failed.length === 0) {
      const words = [helper, 'compile', `--target=${target}`, `--strategy=${strategy}`, '--', section, records, target];
      const { code, signal, stderr } = await end(hosts[place % hosts.length] ?? 'a', [...words, String(killed)]);
      if (code === 0) result.published++;
      else if (signal === 'SIGKILL') result.killed++;
      else result.failed.push(`${code ?? signal}: ${stderr}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, place) => work(place)));
  const seconds = Math.round(passed() / 100) / 10;
  if (done() < sections) result.failed.push(`only ${done()} sections; there are ${readdirSync(directory).join(' ')}`);
  return { ...result, sections: done(), seconds, overlaps: text('overlaps'), torn: text('torn') };
}

function end(
  host: HostName,
  words: readonly string[],
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, CT_LOCK_TIMEOUT: '5', CT_LOCK_WARN_INTERVAL: '30' };
    const child = spawnOnHost(host, words, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal, stderr }));
  });
}

process.stdout.write(`${JSON.stringify(await helpers(JSON.parse(process.argv[2] ?? '{}') as HelpersOptions))}\n`);
process.exit(0);
