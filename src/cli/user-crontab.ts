import { spawnSync } from 'node:child_process';
import { EXIT, Refusal } from './exit.js';

/** The crontab of this user; empty when there is none. @throws Refusal when crontab(1) fails or is not there */
export function readCrontab(): string {
  const { error, status, stdout, stderr } = spawnSync('crontab', ['-l'], { encoding: 'utf8', env: english() });
  if (error !== undefined) throw new Refusal(EXIT.failed, `crontab(1) cannot be run: ${error.message}`);
  if (status === 0) return stdout;
  if (/^no crontab for /m.test(stderr)) return '';
  throw new Refusal(EXIT.failed, `crontab -l failed: ${stderr.trim()}`);
}

/** The same for those who only look; empty, too, where there is no cron, or this user may not use it. */
export function crontabIfAny(): string {
  try {
    return readCrontab();
  } catch (error) {
    if (error instanceof Refusal) return '';
    throw error;
  }
}

/** Replaces the crontab of this user. crontab(1) checks it and puts it in place in one step. @throws Refusal */
export function writeCrontab(text: string): void {
  const { status, stderr } = spawnSync('crontab', ['-'], { encoding: 'utf8', input: text, env: english() });
  if (status !== 0) throw new Refusal(EXIT.failed, `crontab - failed, and the crontab is unchanged: ${stderr.trim()}`);
}

function english(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' };
}
