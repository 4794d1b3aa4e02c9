import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missing, noRoot } from './programs.js';

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** What is missing for {@link CronDaemon}, in words; undefined when nothing is. */
export const noCron =
  noRoot() ??
  missing('cron') ??
  missing('unshare') ??
  (spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'unshare is not permitted') ??
  (existsSync(FAKETIME) ? undefined : 'needs faketime, which is not installed');

/** The real daemon with a crontab of its own, a sendmail that keeps what it gets, and a clock that goes faster. */
export class CronDaemon {
  readonly #root: string;
  readonly #speed: number;
  readonly #process: ChildProcess;

  /**
   * @param root a directory for its files
   * @param crontab of root
   * @param aheadMs how far its clock is ahead of ours at the beginning
   */
  constructor(root: string, crontab: string, { speed, aheadMs = 0, timeZone }: CronClock) {
    this.#root = root;
    this.#speed = speed;
    for (const name of ['sbin', 'spool', 'run', 'cron.d']) mkdirSync(join(root, name));
    for (const name of ['crontab', 'mails']) writeFileSync(join(root, name), '');
    copyFileSync(execFileSync('sh', ['-c', 'command -v cron']).toString().trim(), join(root, 'sbin', 'cron'));
    chmodSync(join(root, 'sbin', 'cron'), 0o755);
    writeFileSync(join(root, 'sbin', 'sendmail'), `#!/bin/sh\nexec cat >> ${root}/mails\n`, { mode: 0o755 });
    writeFileSync(join(root, 'spool', 'root'), crontab, { mode: 0o600 });
    this.setClock(aheadMs);
    const mounts = [
      `mount --bind ${root}/sbin /usr/sbin`,
      `mount --bind ${root}/spool /var/spool/cron/crontabs`,
      `mount --bind ${root}/run /run`,
      `mount --bind ${root}/cron.d /etc/cron.d`,
      `if test -e /etc/crontab; then mount --bind ${root}/crontab /etc/crontab; fi`,
    ];
    const zone = timeZone === undefined ? '' : `TZ=${timeZone} `;
    const clock = `${zone}LD_PRELOAD=${FAKETIME} FAKETIME_TIMESTAMP_FILE=${root}/clock FAKETIME_NO_CACHE=1`;
    this.#process = spawn('unshare', ['--mount', 'sh', '-ec', `${mounts.join('; ')}; exec env ${clock} cron -f`], {
      stdio: 'ignore',
    });
  }

  /** @param aheadMs of our clock */
  setClock(aheadMs: number): void {
    const file = join(this.#root, 'clock');
    const seconds = Math.round(aheadMs / 1000);
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds} x${this.#speed}\n`);
    renameSync(`${file}.new`, file);
  }

  /** All that it has mailed. */
  get mails(): string {
    return readFileSync(join(this.#root, 'mails'), 'utf8');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** How its clock goes. */
export interface CronClock {
  /** How much faster than ours. */
  readonly speed: number;
  readonly aheadMs?: number;
  /** Undefined for ours. */
  readonly timeZone?: string;
}
