// Several processes on one or two hosts contend for one object. Prints what came of it as one line of JSON.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockSettings, Strategy } from '../../../src/locks/index.js';
import { Random } from '../../support/random.js';
import type { ContenderOptions, Report } from './contender.js';
import { forkOnHost, type HostName, kill } from './hosts.js';
import { keepBusy, summarize, type Waits } from './waits.js';
import { Witness } from './witness.js';

export interface ExclusionOptions {
  readonly strategy: Strategy;
  /** Where the object is, by the same path on all hosts. */
  readonly directory: string;
  /** On which hosts the workers run, in turn. */
  readonly hosts: readonly HostName[];
  readonly workers: number;
  readonly sections: number;
  /** How many workers are killed at random moments and replaced by new ones. */
  readonly kills: number;
  /** Whether all processors have something else to do, too. */
  readonly busy: boolean;
  readonly settings: Partial<LockSettings>;
}

export interface ExclusionResult extends Waits {
  readonly sections: number;
  readonly seconds: number;
  /** Sections whose previous owner was on another host. */
  readonly handOvers: number;
  readonly kills: number;
  /** How long the lock was held, and how long it was free while others waited for it, on average. */
  readonly meanHeldMs: number;
  readonly meanFreeMs: number;
  /** How many others got the lock while one waited for it: what waits are like on a machine that is never slow. */
  readonly meanPassed: number;
  readonly mostPassed: number;
  /** Which hosts got the lock during the wait in which it was given to most others, one after the other. */
  readonly passedBy: string;
  /** The steps of a section that ever took longer than a second, and how long they took at most. */
  readonly slow: Readonly<Record<string, number>>;
  /** How often something went wrong, by what. */
  readonly trouble: Readonly<Record<string, number>>;
  /** The first descriptions of trouble, and the last notices of waiters. */
  readonly details: readonly string[];
  /** What is left beside the object, without what belongs there. */
  readonly left: readonly string[];
}

const LIMIT_MS = 190_000;
/** Of a busy machine it is enough to see so many, as far as it gets. */
const BUSY_LIMIT_MS = 100_000;
const SLOW_MS = 1000;

async function exclusion(options: ExclusionOptions): Promise<ExclusionResult> {
  const { strategy, hosts, workers, sections, kills, busy, settings } = options;
  mkdirSync(options.directory, { recursive: true });
  const target = join(options.directory, 'main.o');
  const witness = mkdtempSync('/laboratory/local/tmpfs/witness-');
  new Witness(witness).begin();
  const order: ContenderOptions = { target, strategy, sections, witness, settings };
  const trouble: Record<string, number> = {};
  const details: string[] = [];
  const slow: Record<string, number> = {};
  const counts = { sections: 0, handOvers: 0, kills: 0 };
  const stays: Stay[] = [];
  const hear = (report: Report): void => {
    if (report.kind === 'section') {
      counts.sections++;
      if (report.previousHost !== report.host && report.previousHost !== '') counts.handOvers++;
      stays.push(report);
      const [step, ms] = report.slowest;
      if (ms > SLOW_MS) slow[step] = Math.max(slow[step] ?? 0, ms);
    } else if (report.kind !== 'ready') {
      if (report.kind !== 'notice') trouble[report.kind] = (trouble[report.kind] ?? 0) + 1;
      if (details.length < 20) details.push(`${report.kind}: ${report.text.slice(0, 400)}`);
    }
  };
  let everybodyReady: (() => void) | undefined;
  const ready = new Promise<void>((resolve) => {
    everybodyReady = resolve;
  });
  let waitingFor = workers;
  const start = (place: number): ChildProcess => {
    const child = forkOnHost(hosts[place % hosts.length] ?? 'a', 'contender.js', []);
    child.on('message', (report: Report) => {
      hear(report);
      if (report.kind !== 'ready') return;
      if (--waitingFor === 0) everybodyReady?.();
      void ready.then(() => child.connected && child.send(order));
    });
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') hear({ kind: 'failed', text: `a worker ended with ${code ?? signal}` });
    });
    return child;
  };

  const crew = Array.from({ length: workers }, (_, place) => start(place));
  await ready;
  const relax = busy ? keepBusy() : undefined;
  const limitMs = busy ? BUSY_LIMIT_MS : LIMIT_MS;
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const random = new Random(20_261_123);
  const over = (): boolean => (new Witness(witness).glance()?.sequence ?? 0) >= sections;
  while (!over() && seconds() * 1000 < limitMs && crew.some((child) => child.exitCode === null)) {
    await sleep(50 + (counts.kills < kills ? random.below(900) : 0));
    // The last sections are for the survivors, or the killed could be all there is to see.
    if (counts.kills >= kills || counts.sections > sections * 0.9) continue;
    const place = random.below(workers);
    const victim = crew[place];
    if (victim === undefined) continue;
    await kill(victim);
    counts.kills++;
    crew[place] = start(place);
  }
  const took = seconds();
  relax?.();
  if (!over() && !busy) hear({ kind: 'timed-out', text: `only ${counts.sections} sections in ${Math.round(took)} s` });
  await Promise.race([Promise.all(crew.map(ended)), sleep(10_000, undefined, { ref: false })]);
  for (const child of crew) await kill(child);
  const left = readdirSync(options.directory).filter((name) => name !== 'main.o' && name !== 'main.o.lock');
  const held = stays.map(({ heldMs }) => heldMs);
  const waits = stays.map(({ waitedMs }) => waitedMs);
  const means = { ...summarize(waits), meanHeldMs: meanHeld(held), meanFreeMs: meanFree(held) };
  return { ...counts, ...means, seconds: Math.round(took * 10) / 10, ...passed(stays), slow, trouble, details, left };
}

type Stay = Extract<Report, { kind: 'section' }>;

function passed(stays: readonly Stay[]): Pick<ExclusionResult, 'meanPassed' | 'mostPassed' | 'passedBy'> {
  const inOrder = stays.toSorted((one, other) => one.heldMs[0] - other.heldMs[0]);
  const others = inOrder.map(({ heldMs: [from], waitedMs }) =>
    inOrder.filter((stay) => stay.heldMs[0] > from - waitedMs && stay.heldMs[0] < from),
  );
  const counts = others.map(({ length }) => length);
  const mostPassed = Math.max(0, ...counts);
  const most = others[counts.indexOf(mostPassed)] ?? [];
  const meanPassed = counts.reduce((total, count) => total + count, 0) / Math.max(counts.length, 1);
  return { meanPassed, mostPassed, passedBy: most.map(({ host }) => host.at(-1)).join('') };
}

type Held = readonly (readonly [from: number, to: number])[];

const mean = (values: readonly number[]): number => summarize(values).meanWaitMs;

function meanHeld(held: Held): number {
  return mean(held.map(([from, to]) => to - from));
}

function meanFree(held: Held): number {
  const sorted = held.toSorted(([one], [other]) => one - other);
  return mean(sorted.slice(1).map(([from], index) => from - (sorted[index]?.[1] ?? from)));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

const result = await exclusion(JSON.parse(process.argv[2] ?? '{}') as ExclusionOptions);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
