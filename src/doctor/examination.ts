import { join } from 'node:path';
import { STRATEGIES } from '../locks/index.js';
import {
  clockOfServer,
  type Extent,
  groupAndMode,
  handOver,
  hardLinks,
  heldLock,
  hostNames,
  type Post,
  race,
  replaceUnderReaders,
  seesTheSame,
  sight,
  type Team,
} from './checks.js';
import { Worker } from './crew.js';
import { failureOf } from './failure.js';
import { type Finding, isSame } from './finding.js';
import type { Side } from './side.js';
import { Workplace } from './workplace.js';

const LOCAL: Extent = { names: 200, replaceMs: 600, turnsMs: 1000 };
const NETWORK: Extent = { names: 60, replaceMs: 1500, turnsMs: 4000 };

/** Where each test is made. */
const ROOMS = [
  ...['files', 'directories', 'product', 'links', 'clock', 'sharing', 'there', 'back', 'flock', 'fcntl'],
  ...STRATEGIES.map((strategy) => `turns-${strategy}`),
];

/** What an examination came to. */
export type Examination =
  | { readonly kind: 'examined'; readonly findings: readonly Finding[] }
  /** Nothing can be made in the directory, so nothing can be tested. */
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'interrupted' };

export interface ExaminationOptions {
  /** One directory, or the same one as two mounts show it. */
  readonly sides: readonly [Side] | readonly [Side, Side];
  /** Starts a process that calls {@link serve}. */
  readonly worker: readonly [string, ...string[]];
  readonly pid: number;
  /** Ends it early; everything is still removed. */
  readonly stop: AbortSignal;
  /** Called with each finding as soon as it is made. */
  readonly onFinding: (finding: Finding) => void;
  /** Called with what could not be removed. */
  readonly onLeftover: (path: string, why: string) => void;
}

/**
 * Tests with several processes what locks are worth in a directory. Everything is made in a directory of its own,
 * which is removed at the end.
 */
export async function examine(options: ExaminationOptions): Promise<Examination> {
  const { sides, pid, stop, onLeftover } = options;
  let workplace: Workplace;
  try {
    workplace = new Workplace(sides[0].path, pid, ROOMS);
  } catch (error) {
    return { kind: 'unusable', why: failureOf(error).why };
  }
  const workers: Worker[] = [];
  const endWorkers = (): Promise<unknown> => Promise.all(workers.map((worker) => worker.end()));
  const onStop = (): void => void endWorkers();
  stop.addEventListener('abort', onStop, { once: true });
  try {
    const hosts = hostNames();
    const posts = sides.map((side, index): Post => {
      const another = (): Worker => new Worker(options.worker);
      const team: Team = sides.length > 1 ? [another(), another()] : [another(), another(), another(), another()];
      workers.push(...team);
      return {
        directory: side.directory,
        path: join(side.path, workplace.name),
        workers: team,
        host: hosts[index] ?? hosts[0],
      };
    });
    await Promise.all(workers.map((worker) => worker.ask('ready', {})));
    const findings: Finding[] = [];
    for await (const finding of checks(posts, extentOf(sides))) {
      // What a test came to whose processes have been ended says nothing.
      if (stop.aborted) break;
      findings.push(finding);
      options.onFinding(finding);
    }
    return stop.aborted ? { kind: 'interrupted' } : { kind: 'examined', findings };
  } finally {
    stop.removeEventListener('abort', onStop);
    await endWorkers();
    await workplace.remove().catch((error: unknown) => onLeftover(workplace.path, failureOf(error).why));
  }
}

async function* checks(posts: readonly Post[], extent: Extent): AsyncGenerator<Finding> {
  const [here, there] = posts;
  if (here === undefined) return;
  if (there !== undefined) {
    const same = await seesTheSame(here, there);
    yield same;
    if (!isSame(same)) return;
  }
  yield { check: 'exclusive create', result: await race(posts, 'files', extent.names) };
  yield { check: 'make directory', result: await race(posts, 'directories', extent.names) };
  yield await replaceUnderReaders(posts, 'product', extent.replaceMs);
  yield hardLinks(here, 'links');
  yield clockOfServer(here, 'clock');
  yield groupAndMode(here, 'sharing');
  if (there !== undefined) {
    yield* await Promise.all([sight(there, here, 'there'), sight(here, there, 'back')]);
  }
  for (const strategy of ['flock', 'fcntl'] as const) {
    yield { check: 'held lock', strategy, result: await heldLock(posts, strategy, strategy) };
  }
  for (const strategy of STRATEGIES) {
    yield await handOver(posts, `turns-${strategy}`, strategy, extent.turnsMs);
  }
}

function extentOf(sides: readonly Side[]): Extent {
  return sides.every((side) => side.filesystem.reach === 'local') ? LOCAL : NETWORK;
}
