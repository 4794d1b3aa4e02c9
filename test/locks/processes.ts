import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { noOtherUser } from '../support/other-user.js';

const CONTENDER = join(import.meta.dirname, 'contender.mjs');
const DIST = join(import.meta.dirname, '../../dist');

/** A new directory, by default on the disk, that is removed when the test ends. */
export function temporaryDirectory(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'stagelock-locks-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  return directory;
}

export interface StartOptions {
  /** A command before `node`, such as `unshare -p -f`. */
  readonly through?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export type Action =
  | 'hold'
  | 'inspect'
  | 'breakLock'
  | 'facts'
  | 'contend'
  | 'share'
  | 'mingle'
  | 'scavenge'
  | 'create'
  | 'replace'
  | 'choose'
  | 'flockAs'
  | 'churn'
  | 'attack';

/** Another process with the locks of dist/, and a line to talk to it. */
export class Contender {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(action: Action, options: object, { through = [], environment = {} }: StartOptions = {}) {
    const [program, ...rest] = [...through, process.execPath, CONTENDER, action, JSON.stringify(options)];
    this.child = spawn(program ?? process.execPath, rest, { env: { ...process.env, ...environment } });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.#errors += data.toString();
    });
    if (this.child.stdout === null) throw new Error('no standard output');
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => this.kill());
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${CONTENDER} did not start`);
    return this.child.pid;
  }

  /** The next line that it says. Its error messages are the error when there is none. */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`the other process ended: ${this.#errors}`);
    return value;
  }

  async json<T>(): Promise<T> {
    return JSON.parse(await this.line()) as T;
  }

  say(line = ''): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Ends it by SIGKILL and waits until the kernel has forgotten it. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** Starts all of them, lets them begin at the same time and returns what they say in the end. */
export async function together<T>(contenders: readonly Contender[]): Promise<T[]> {
  for (const contender of contenders) await contender.line();
  for (const contender of contenders) contender.say('go');
  return Promise.all(contenders.map((contender) => contender.json<T>()));
}

/** The locks of a copy of dist/ from which no package can be found, koffi neither. */
export function withoutKoffi(): string {
  const copy = temporaryDirectory();
  cpSync(DIST, copy, { recursive: true });
  return join(copy, 'internals', 'locks.js');
}

/** The pid of a process that has ended and been forgotten. */
export function deadPid(): number {
  return Number(execFileSync('sh', ['-c', 'echo $$']).toString());
}

/** Whether a command can do its work here; for skipping, with the reason. */
export function works(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

export const OTHER_USER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
export const canBeOtherUser = noOtherUser === undefined;
export const canUnsharePids = works('unshare', '-p', '-f', '--mount-proc', 'true');
export const canMount = works('unshare', '-m', 'mount', '-t', 'tmpfs', 'none', '/mnt');
export const canMountExfat =
  canMount &&
  works('sh', '-c', 'command -v mkfs.exfat && command -v mount.exfat-fuse && command -v losetup && test -e /dev/fuse');

/** For the name of a test that may have to be skipped. */
export const because = (possible: boolean, why = ''): string => (possible ? '' : ` (skipped: ${why})`);

/** A small tmpfs that is unmounted when the test ends. */
export function smallTmpfs(options = 'size=64k'): string {
  const directory = temporaryDirectory();
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'stagelock-test', directory]);
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  return directory;
}

/** A file system without hard links: exFAT through FUSE. */
export function exfat(): string {
  const place = temporaryDirectory();
  const image = join(place, 'image');
  const directory = join(place, 'mounted');
  execFileSync('sh', ['-c', `truncate -s 16M ${image} && mkfs.exfat ${image} && mkdir ${directory}`]);
  const device = execFileSync('losetup', ['-f', '--show', image]).toString().trim();
  onTestFinished(() => void execFileSync('losetup', ['-d', device]));
  execFileSync('mount.exfat-fuse', [device, directory], { stdio: 'ignore' });
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  return directory;
}
