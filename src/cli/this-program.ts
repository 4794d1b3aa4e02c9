import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, Refusal } from './exit.js';

/** How others start this program: cron, systemd, the scheduler. */
export interface ThisProgram {
  /** The program and what comes before the verb, absolute. */
  readonly program: readonly string[];
  /** What a login has in PATH; cron and systemd have less. */
  readonly path: string;
}

/** @throws Refusal when something of it cannot stand in a line of a crontab or a unit */
export function thisProgram(configFile: string): ThisProgram {
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  for (const text of [configFile, path]) {
    if (/[\n\r]/.test(text))
      throw new Refusal(EXIT.usage, `${JSON.stringify(text)} has a line break, which a crontab or a unit cannot hold`);
  }
  return { program: [process.execPath, realpathSync(resolve(process.argv[1] ?? ''))], path };
}
