import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether {@link networkDirectory} works here. */
export const canPassThrough =
  process.getuid?.() === 0 && existsSync('/dev/fuse') && spawnSync('bindfs', ['--version']).status === 0;

/**
 * A new directory on what counts as a network file system, until the test ends: a local one seen through FUSE. What stands in it
 * is shared by all hosts that a test pretends to be, and the kernel reports no changes.
 */
export function networkDirectory(): string {
  const around = mkdtempSync(join(tmpdir(), 'stagelock-network-'));
  const [real, seen] = [join(around, 'real'), join(around, 'seen')];
  for (const directory of [real, seen]) mkdirSync(directory);
  execFileSync('bindfs', [real, seen]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', seen]);
    rmSync(around, { recursive: true, force: true });
  });
  return seen;
}
