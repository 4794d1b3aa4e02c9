import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';
import { type Acquisition, type HeldLock, openLock } from '../locks/index.js';
import { failureOf } from './failure.js';
import type { Answer, Order, Section, TaskName, Tasks } from './task.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** Enough that a read in the middle of a write would be noticed, little enough for a nearly full disk. */
const CONTENT_BYTES = 8192;
const LOOK_EVERY_MS = 5;
/** For how long a lock is held, and how long a process then lets the others have it. */
const SECTION_MS = 1;
const BREATHER_MS = 20;

type Does = { readonly [Name in TaskName]: (request: Tasks[Name]['request']) => Promise<Tasks[Name]['reply']> };

let held: HeldLock | undefined;
let looking = false;

const does: Does = {
  ready: async () => ({}),

  race: async ({ directory, names, make, startAt }) => {
    await pause(startAt - Date.now());
    const won: number[] = [];
    for (let name = 0; name < names; name++) {
      const path = join(directory, String(name));
      if (make === 'file' ? makesFile(path) : makesDirectory(path)) won.push(name);
    }
    return { won };
  },

  replace: async ({ path, forMs, startAt }) => {
    await pause(startAt - Date.now());
    const end = performance.now() + forMs;
    const refusals: Record<string, number> = {};
    let renames = 0;
    let longestMs = 0;
    while (performance.now() < end) {
      const began = performance.now();
      const letter = String.fromCharCode(97 + (renames % 26));
      if (counted(refusals, () => put(path, letter.repeat(CONTENT_BYTES)))) renames++;
      longestMs = Math.max(longestMs, performance.now() - began);
    }
    return { renames, refusals, longestMs };
  },

  read: async ({ path, forMs, startAt }) => {
    await pause(startAt - Date.now());
    const end = performance.now() + forMs;
    const errors: Record<string, number> = {};
    const seen = { reads: 0, missing: 0, torn: 0 };
    while (performance.now() < end) {
      seen.reads++;
      counted(errors, () => {
        const fate = readWhole(path);
        if (fate !== 'whole') seen[fate]++;
      });
    }
    return { ...seen, errors };
  },

  put: async ({ path, content }) => {
    put(path, content);
    return { atMs: clock() };
  },

  remove: async ({ path }) => {
    unlinkSync(path);
    return { atMs: clock() };
  },

  see: async ({ path, content }) => {
    looking = true;
    while (looking) {
      if (contentOf(path) === content) return { atMs: clock() };
      await pause(LOOK_EVERY_MS);
    }
    return { atMs: null };
  },

  enough: async () => {
    looking = false;
    return {};
  },

  hold: async ({ target, strategy }) => {
    held = openLock(target, { strategy }).try();
    return { held: held !== undefined };
  },

  release: async () => {
    held?.release();
    held = undefined;
    return {};
  },

  turns: async ({ target, strategy, host, most, forMs, patienceMs, startAt }) => {
    const lock = openLock(target, { strategy, host: { ...thisHost(), name: host } });
    const sections: Section[] = [];
    let lost = 0;
    await pause(startAt - Date.now());
    const end = clock() + forMs;
    while (sections.length < most && clock() < end) {
      const askedMs = clock();
      const acquisition = await lock.acquire({ timeoutMs: patienceMs });
      if (acquisition.kind !== 'acquired') return { sections, stuckOn: holderOf(acquisition), lost };
      const fromMs = clock();
      await pause(SECTION_MS);
      const toMs = clock();
      if (acquisition.lock.release() === 'lost') lost++;
      sections.push({ askedMs, fromMs, toMs });
      await pause(BREATHER_MS);
    }
    return { sections, stuckOn: undefined, lost };
  },
};

/** Serves the process that has started us, until it ends. */
export function serve(): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => {
    void answer(order).then((reply) => process.send?.(reply));
  });
}

async function answer<Name extends TaskName>({ id, name, request }: Order<Name>): Promise<Answer> {
  try {
    return { id, result: { kind: 'done', ...(await does[name](request)) } };
  } catch (error) {
    return { id, result: failureOf(error) };
  }
}

function makesFile(path: string): boolean {
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o664));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

function makesDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** As products are published, without the fsync(2) of records, so that there are many renames. */
function put(path: string, content: string): void {
  const temporary = join(dirname(path), temporaryName());
  writeFileSync(temporary, content, { flag: 'wx' });
  try {
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

/** Does something that the file system may refuse, and counts the errors. A full disk is no finding, but the end. */
function counted(errors: Record<string, number>, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined || code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS') throw error;
    errors[code] = (errors[code] ?? 0) + 1;
    return false;
  }
}

function readWhole(path: string): 'whole' | 'missing' | 'torn' {
  try {
    const text = readFileSync(path, 'latin1');
    return text.length === CONTENT_BYTES && text === text.charAt(0).repeat(CONTENT_BYTES) ? 'whole' : 'torn';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}

function holderOf(acquisition: Exclude<Acquisition, { readonly kind: 'acquired' }>): string {
  if (acquisition.kind === 'aborted' || acquisition.holder.kind === 'free') return 'no process';
  const { owner } = acquisition.holder;
  return owner === undefined ? 'an unknown process' : `process ${owner.pid} of ${owner.host}`;
}

/** Null while there is no such file. Looks for the file as a program would that wants to know whether it is there. */
function contentOf(path: string): string | null {
  try {
    lstatSync(path);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return null;
    if (code === 'ESTALE') return '';
    throw error;
  }
}

/** Milliseconds of CLOCK_MONOTONIC, which is the same for all processes of a host. */
function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
