import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { until } from '../support/until.js';
import { HELPER } from './helper.js';

/** The native front alone takes what another one has made. */
export const TAKES = HELPER.length === 1;

/** The file systems where a result may be taken: ext4, xfs, btrfs, tmpfs, overlay. */
const CERTAIN = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630];
export const ARE_CERTAIN = ['/usr', tmpdir()].every((path) => CERTAIN.includes(statfsSync(path).type));

export const TRACES = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0;

export const factsOf = (directory: string): string => join(directory, '.made-once', 'a.o.made');

export interface Wish {
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly umask?: string;
  /** The process is there at once, and becomes the helper when this file is there. */
  readonly once?: string;
  /** Another helper than the one that is tested. */
  readonly by?: readonly string[];
  /** What starts the helper, as words before it. */
  readonly under?: readonly string[];
  /** What stands before the `--` of the helper. */
  readonly order?: readonly string[];
}

export interface Got {
  readonly code: number | null;
  /** What its compiler said, or another one's, without what the helper says. */
  readonly said: string;
  /** What the helper said when it did not take what was there. */
  readonly why: string;
  readonly taken: boolean;
}

/** What is older than this is certain to have been there when a compile began. */
export const SETTLED_MS = 150;

/**
 * Two want the same, and something happens between them: both wait for the lock, the first makes the product, and the second
 * goes on after `meanwhile`.
 *
 * @param directory where a.o is to be made
 * @param whileBothWait takes so long at least that what is there is certain to have been there
 * @param during happens once the lock is free for the first
 */
export async function oneAfterTheOther(
  directory: string,
  first: Wish,
  second: Wish = first,
  meanwhile: () => void | Promise<void> = () => {},
  {
    whileBothWait = () => sleep(SETTLED_MS),
    during = () => {},
  }: {
    readonly whileBothWait?: (maker: Begun) => Promise<void>;
    readonly during?: (maker: Begun) => void | Promise<void>;
  } = {},
): Promise<{ readonly maker: Got; readonly waiter: Got }> {
  const lockdir = join(directory, 'a.o.lockdir');
  mkdirSync(lockdir);
  writeFileSync(join(lockdir, 'pid'), `${thisHost().name}:${process.pid}`);
  const maker = begin(directory, first);
  const waiter = begin(directory, second);
  await until('both wait', () => maker.waits() && waiter.waits());
  await whileBothWait(maker);
  waiter.kill('SIGSTOP');
  rmSync(lockdir, { recursive: true });
  await during(maker);
  const made = await maker.end;
  await meanwhile();
  waiter.kill('SIGCONT');
  return { maker: made, waiter: await waiter.end };
}

export interface Begun {
  /** Its process, which leads a group of its own. */
  readonly pid: number;
  readonly end: Promise<Got>;
  readonly waits: () => boolean;
  readonly kill: (signal: NodeJS.Signals) => void;
}

const OURS = /^ct-lock-helper: .*\n/gm;
let logs = 0;

export function begin(directory: string, wish: Wish): Begun {
  const { argv, cwd = directory, env = {}, umask = '022', order = ['launch', '--strategy=lockdir'], once = '/' } = wish;
  const { by = HELPER, under = [] } = wish;
  const log = join(directory, `log.${process.pid}.${logs++}`);
  const line = [...under, ...by, ...order, '--', ...argv];
  const script = `umask ${umask}; until [ -e "$0" ]; do sleep 0.02; done; exec "$@"`;
  const child = spawn('/bin/sh', ['-c', script, once, ...line], {
    cwd,
    env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.05', CT_LOCK_LOG: log, CT_LOCK_VERBOSE: '2', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let text = '';
  child.stderr.on('data', (part) => {
    text += part;
  });
  const end = new Promise<Got>((resolve) => {
    child.once('close', (code) => {
      const why = /is made again: (.*)/.exec(text)?.[1] ?? '';
      resolve({ code, said: text.replace(OURS, ''), why, taken: wasTaken(log) });
    });
  });
  return {
    pid: child.pid ?? 0,
    end,
    waits: () => text.includes('ct-lock-helper: waiting for'),
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

function wasTaken(log: string): boolean {
  try {
    return readFileSync(log, 'utf8').includes('"savedMs":');
  } catch {
    return false; // it has not waited
  }
}
