import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/** What is longer might mix with the lines of others (PIPE_BUF). */
const LONGEST_LINE = 4095;

/** A rule that was carried out. */
export interface Outcome {
  /** As it was named to us. */
  readonly target: string;
  readonly kind: 'obj' | 'exe';
}

/**
 * Appends a rule to the file that CT_RULE_OUTCOMES_LOG names, as compiletools does and reads it: target, kind, whether it was
 * found in a cache (it never is here), and how many bytes that spared. In one write; no symbolic link is followed. A target
 * whose name would break the line is left out. That it cannot be written is worth nothing: ct-cake looks at it for its
 * statistics.
 */
export function appendOutcome(file: string, { target, kind }: Outcome): void {
  const line = Buffer.from(`${target}\t${kind}\t0\t0\n`);
  if (/[\t\n]/.test(target) || line.length > LONGEST_LINE) return;
  try {
    const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
    try {
      writeSync(fd, line);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}
