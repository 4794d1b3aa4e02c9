// Runs of schedulers on two hosts begin the same firings at the same moment. Prints what came of it as one line of JSON.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { firingAt } from '../../../src/scheduler/firing.js';
import { FiringBook } from '../../../src/scheduler/firing-book.js';
import type { BeginOrder, Begun } from './beginner.js';
import { forkOnHost, type HostName, kill } from './hosts.js';

export interface FiringsOptions {
  /** Where the state of the schedulers is, by the same path on all hosts. */
  readonly directory: string;
  readonly hosts: readonly HostName[];
  readonly workers: number;
  readonly firings: number;
}

export interface FiringsResult {
  readonly firings: number;
  readonly seconds: number;
  /** How many firings were begun by so many. */
  readonly beginners: Readonly<Record<string, number>>;
  readonly claimants: Readonly<Record<string, number>>;
  /** Firings begun on each host. */
  readonly byHost: Readonly<Record<string, number>>;
  readonly failed: readonly string[];
  /** Firings that a host has claimed and none begun, as it looks in the end. */
  readonly unstarted: number;
}

const FIRST_MS = Date.UTC(2026, 10, 25);

async function firings({ directory, hosts, workers, firings: count }: FiringsOptions): Promise<FiringsResult> {
  mkdirSync(directory, { recursive: true });
  const crew = Array.from({ length: workers }, (_, place) =>
    forkOnHost(hosts[place % hosts.length] ?? 'a', 'beginner.js', [directory]),
  );
  await Promise.all(crew.map((child) => answer(child)));
  const began = performance.now();
  const tally = { beginners: {}, claimants: {}, byHost: {} } as Record<string, Record<string, number>>;
  const add = (what: string, key: string | number): void => {
    const counts = tally[what] ?? {};
    counts[key] = (counts[key] ?? 0) + 1;
  };
  const failed: string[] = [];
  for (let index = 0; index < count; index++) {
    const order: BeginOrder = { firing: firingAt(FIRST_MS + index * 60_000) };
    const answers = await Promise.all(
      crew.map((child) => {
        child.send(order);
        return answer(child);
      }),
    );
    failed.push(...answers.flatMap(({ failure }) => (failure === undefined ? [] : [failure])));
    const winners = answers.filter(({ begun }) => begun);
    add('beginners', winners.length);
    add('claimants', answers.filter(({ claimed }) => claimed).length);
    for (const { host } of winners) add('byHost', host);
  }
  for (const child of crew) await kill(child);
  return {
    firings: count,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    beginners: tally['beginners'] ?? {},
    claimants: tally['claimants'] ?? {},
    byHost: tally['byHost'] ?? {},
    failed,
    unstarted: new FiringBook(directory, 'gcc').unstarted().length,
  };
}

function answer(child: ChildProcess): Promise<Begun> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Begun));
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}

process.stdout.write(`${JSON.stringify(await firings(JSON.parse(process.argv[2] ?? '{}') as FiringsOptions))}\n`);
process.exit(0);
