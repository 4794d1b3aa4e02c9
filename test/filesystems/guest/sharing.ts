// Several processes on one or two hosts hold one lock alone, together and by two slots in turn. Prints what came of it as one line of
// JSON. With a second argument it is one of these processes.
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { syscalls } from '../../../src/host/syscalls.js';
import type { Strategy } from '../../../src/locks/index.js';
import { openLock, openSlots } from '../../../src/locks/library.js';
import { Random } from '../../support/random.js';
import { forkOnHost, type HostName, kill } from './hosts.js';
import { isEnding } from './witness.js';

export interface SharingOptions {
  readonly strategy: Strategy;
  readonly directory: string;
  readonly hosts: readonly HostName[];
  readonly workers: number;
  /** Of each worker. */
  readonly rounds: number;
  /** How many more workers are killed at random moments. */
  readonly kills: number;
}

export interface SharingResult {
  readonly rounds: number;
  readonly seconds: number;
  readonly kills: number;
  /** The most that were seen to hold it together. */
  readonly together: number;
  /** The longest waits to be alone and to share it, in milliseconds. */
  readonly longestMs: Readonly<Record<'alone' | 'together', number>>;
  readonly trouble: readonly string[];
}

interface Order {
  readonly target: string;
  readonly strategy: Strategy;
  readonly rounds: number;
  readonly witness: string;
  readonly seed: number;
}

type Report =
  | { readonly kind: 'alone' | 'shared' | 'slot'; readonly waitedMs: number; readonly together: number }
  | { readonly kind: 'trouble'; readonly text: string };

const SLOTS = 2;
/** Long enough to be there together: to come in takes some requests to the server. */
const HELD_MS = 1000;
const STUCK_MS = 90_000;
/** How many rounds they come to by then depends on the machine. */
const LIMIT_MS = 30_000;
const SETTINGS = { overdueMs: 5000, warnMs: 10_000 };

/** Who is inside, by flock(2) on local files: one that is shared as the lock is, and one for each slot. */
class SharersWitness {
  readonly #directory: string;
  readonly #mine: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#mine = join(directory, `pid-${process.pid}`);
  }

  /** @returns how to leave, and how many were inside; undefined when one is there who must not be */
  enter(kind: 'alone' | 'shared' | 'slot'): { readonly leave: () => void; readonly together: number } | undefined {
    let held = this.#attempt(kind);
    while (held === undefined && this.#others().some(isEnding)) held = this.#attempt(kind);
    if (held === undefined) return undefined;
    const open = held;
    writeFileSync(this.#mine, '');
    const together = this.#others().length;
    const leave = (): void => {
      rmSync(this.#mine);
      for (const fd of open) closeSync(fd);
    };
    return { leave, together };
  }

  #others(): number[] {
    return readdirSync(this.#directory).flatMap((name) => (name.startsWith('pid-') ? [Number(name.slice(4))] : []));
  }

  #attempt(kind: 'alone' | 'shared' | 'slot'): number[] | undefined {
    const all = this.#lock('all', kind === 'alone' ? 'exclusive' : 'shared');
    if (all === undefined || kind !== 'slot') return all === undefined ? undefined : [all];
    for (let slot = 0; slot < SLOTS; slot++) {
      const fd = this.#lock(`slot-${slot}`, 'exclusive');
      if (fd !== undefined) return [all, fd];
    }
    closeSync(all);
    return undefined;
  }

  #lock(name: string, kind: 'shared' | 'exclusive'): number | undefined {
    const system = syscalls();
    if (system === undefined) throw new Error('the witness needs koffi');
    const fd = openSync(join(this.#directory, name), 'a');
    if (system.flock(fd, kind)) return fd;
    closeSync(fd);
    return undefined;
  }
}

async function share({ target, strategy, rounds, witness, seed }: Order): Promise<void> {
  const tell = (report: Report): boolean | undefined => process.send?.(report);
  const random = new Random(seed);
  const inside = new SharersWitness(witness);
  const options = { strategy, settings: SETTINGS };
  const lock = openLock(target, options);
  const slots = openSlots(target, SLOTS, options);
  const wait = { timeoutMs: STUCK_MS };
  for (let round = 0; round < rounds; round++) {
    const kind = (['alone', 'shared', 'shared', 'slot'] as const)[random.below(4)] ?? 'alone';
    const acquisition =
      kind === 'alone'
        ? await lock.acquire(wait)
        : kind === 'shared'
          ? await lock.acquireShared(wait)
          : await slots.acquire(wait);
    if (acquisition.kind !== 'acquired') {
      tell({ kind: 'trouble', text: `${kind}: ${JSON.stringify(acquisition)}` });
      return;
    }
    const stay = inside.enter(kind);
    if (stay === undefined) tell({ kind: 'trouble', text: `${kind} overlaps` });
    await sleep(random.below(kind === 'alone' ? 50 : HELD_MS));
    stay?.leave();
    if ((await acquisition.lock.release()) === 'lost') tell({ kind: 'trouble', text: `${kind}: lost` });
    tell({ kind, waitedMs: acquisition.waitedMs, together: stay?.together ?? 0 });
  }
}

async function sharing(options: SharingOptions): Promise<SharingResult> {
  const { strategy, directory, hosts, workers, rounds, kills } = options;
  mkdirSync(directory, { recursive: true });
  const order = {
    target: join(directory, 'test machine'),
    strategy,
    witness: mkdtempSync('/laboratory/local/tmpfs/sharing-'),
  };
  const trouble: string[] = [];
  const longestMs = { alone: 0, together: 0 };
  let counted = 0;
  let together = 0;
  const start = (place: number, count: number) => {
    const mine: Order = { ...order, rounds: count, seed: 17 + place };
    const child = forkOnHost(hosts[place % hosts.length] ?? 'a', 'sharing.js', [JSON.stringify(mine), 'worker']);
    child.on('message', (report: Report) => {
      if (report.kind === 'trouble') trouble.push(report.text.slice(0, 400));
      else {
        counted++;
        together = Math.max(together, report.together);
        const wait = report.kind === 'alone' ? 'alone' : 'together';
        longestMs[wait] = Math.max(longestMs[wait], Math.round(report.waitedMs));
      }
    });
    const ended = new Promise<void>((resolve) => {
      child.on('exit', (code, signal) => {
        if (code !== 0 && signal !== 'SIGKILL') trouble.push(`a worker ended with ${code ?? signal}`);
        resolve();
      });
    });
    return { child, ended };
  };
  const began = performance.now();
  const crew = Array.from({ length: workers }, (_, place) => start(place, rounds));
  const random = new Random(20_261_128);
  let killed = 0;
  for (; killed < kills; killed++) {
    const victim = start(workers + killed, 1000);
    await sleep(3000 + random.below(1500));
    await kill(victim.child);
  }
  await Promise.race([Promise.all(crew.map(({ ended }) => ended)), sleep(LIMIT_MS, undefined, { ref: false })]);
  for (const { child } of crew) await kill(child);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  return { rounds: counted, seconds, kills: killed, together, longestMs, trouble: trouble.slice(0, 10) };
}

const [order = '{}', isWorker] = process.argv.slice(2);
if (isWorker === undefined)
  process.stdout.write(`${JSON.stringify(await sharing(JSON.parse(order) as SharingOptions))}\n`);
else await share(JSON.parse(order) as Order);
process.exit(0);
