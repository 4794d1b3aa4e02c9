// A process that takes a lock again and again, and each time reads the object that the last owner has produced, and
// produces the next one. It tells of each section by a message.
import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { planCompile } from '../../../src/compile/plan.js';
import { readResponseFile } from '../../../src/compile/response-file.js';
import { discard, publish, uniqueNow } from '../../../src/compile/temporary.js';
import { explainNotice, type LockSettings, openLock, type Strategy } from '../../../src/locks/index.js';
import { readObject, writeObject } from './object.js';
import { steadyMs } from './waits.js';
import { Witness } from './witness.js';

export interface ContenderOptions {
  readonly target: string;
  readonly strategy: Strategy;
  /** Ends once so many objects have been produced by all together. */
  readonly sections: number;
  readonly witness: string;
  readonly settings: Partial<LockSettings>;
}

export type Report =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'section';
      readonly host: string;
      readonly previousHost: string;
      readonly waitedMs: number;
      /** When the lock was acquired and when it had been released, by {@link steadyMs}. */
      readonly heldMs: readonly [from: number, to: number];
      /** The step that took longest, and how long. */
      readonly slowest: readonly [step: string, ms: number];
    }
  /** Two owners at once, a torn, missing or outdated object, a lock that was lost, an error. */
  | {
      readonly kind: 'overlap' | 'torn' | 'missing' | 'outdated' | 'lost' | 'failed' | 'timed-out';
      readonly text: string;
    }
  | { readonly kind: 'notice'; readonly text: string };

/** No section takes long: who waits longer than this is stuck. */
const STUCK_MS = 90_000;

const tell = (report: Report): boolean | undefined => process.send?.(report);

async function contend({ target, strategy, sections, witness, settings }: ContenderOptions): Promise<void> {
  const inside = new Witness(witness);
  const lock = openLock(target, { strategy, settings });
  const onNotice = (notice: Parameters<typeof explainNotice>[0]): void =>
    void tell({ kind: 'notice', text: explainNotice(notice, Date.now()) });
  while ((inside.glance()?.sequence ?? 0) < sections) {
    const acquisition = await lock.acquire({ timeoutMs: STUCK_MS, onNotice });
    if (acquisition.kind !== 'acquired') {
      tell({ kind: 'timed-out', text: JSON.stringify(acquisition) });
      return;
    }
    const acquiredMs = steadyMs();
    const leave = inside.enter();
    const steps = new Stopwatch();
    let previousHost = '';
    if (leave === undefined) {
      tell({ kind: 'overlap', text: `with ${JSON.stringify(inside.glance())}` });
    } else {
      previousHost = inside.read().host;
      await produce(target, inside, steps, strategy === 'cifs' ? NOT_THERE_MS : 0);
      leave();
    }
    if (acquisition.lock.release() === 'lost') tell({ kind: 'lost', text: lock.path });
    steps.done('release');
    const { slowest } = steps;
    const { waitedMs } = acquisition;
    const heldMs = [acquiredMs, steadyMs()] as const;
    if (leave !== undefined) tell({ kind: 'section', host: hostname(), previousHost, waitedMs, heldMs, slowest });
    // The others shall have a chance, too.
    await sleep(randomInt(1, 40));
  }
}

/**
 * For so long a client of SMB goes on missing a file that it has looked for just before the other host made it; nothing that
 * costs less than a listing of the directory has it ask again. Only the first object can be missed so: later ones replace it.
 */
const NOT_THERE_MS = 1500;

async function produce(target: string, inside: Witness, steps: Stopwatch, notThereMs: number): Promise<void> {
  const { sequence, pending, host: previousHost } = inside.read();
  const host = hostname();
  const pid = process.pid;
  inside.write({ sequence, pending, pid, host });
  let object = readObject(target);
  if (object.kind === 'missing' && sequence > 0 && notThereMs > 0) {
    await sleep(notThereMs);
    object = readObject(target);
  }
  steps.done('read');
  const oldest = pending ? sequence - 1 : sequence;
  const found = object.kind === 'missing' && oldest <= 0 ? { kind: 'whole' as const, sequence: oldest } : object;
  if (found.kind !== 'whole') {
    tell({ kind: found.kind, text: `object ${sequence}${pending ? ' (pending)' : ''}, made on ${previousHost}` });
  } else if (found.sequence < oldest || found.sequence > sequence) {
    tell({ kind: 'outdated', text: `object ${found.sequence} instead of ${sequence}, made on ${previousHost}` });
  }
  await sleep(randomInt(1, 15));
  steps.done('hold');

  const { temporary } = planCompile({ command: ['cc'], target }, uniqueNow(), readResponseFile);
  writeObject(temporary, sequence + 1);
  steps.done('write');
  inside.write({ sequence: sequence + 1, pending: true, pid, host });
  const published = publish(temporary, target);
  steps.done('publish');
  inside.write({ sequence: sequence + 1, pending: false, pid, host });
  if (published === 'absent') tell({ kind: 'missing', text: temporary });
  discard(temporary);
}

/** Finds the slowest of some steps. */
class Stopwatch {
  #last = performance.now();
  #slowest: readonly [string, number] = ['none', 0];

  done(step: string): void {
    const now = performance.now();
    if (now - this.#last > this.#slowest[1]) this.#slowest = [step, Math.round(now - this.#last)];
    this.#last = now;
  }

  get slowest(): readonly [string, number] {
    return this.#slowest;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` because of ${error.cause.message}` : '';
  const where = [...(error.stack ?? '').matchAll(/at (\S+) \(file/g)].map((match) => match[1]);
  return `${error.message}${cause} in ${where.join(' < ')}`;
}

tell({ kind: 'ready' });
process.once('message', (options: ContenderOptions) => {
  contend(options)
    .catch((error: unknown) => tell({ kind: 'failed', text: describe(error) }))
    .finally(() => process.disconnect());
});
