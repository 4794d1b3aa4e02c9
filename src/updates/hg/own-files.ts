import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../../files/atomic-file.js';
import { shellWord } from '../../text/shell-word.js';
import { look } from '../look.js';
import { toCopy } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { administrationOf, asideLine, hgLine, topOf } from './advice.js';

const DAMAGED = /working directory state appears damaged|^\S*Error: .*\bdirstate\b/m;

/** What ends it when hg cannot work because of its own files. @param said by hg, its errors included */
export function ownFilesAdvice(checkout: Checkout, said: string): string[] {
  if (DAMAGED.test(said)) return dirstateAdvice(checkout);
  const [, holder] = /timed out waiting for lock held by '?([^']+:\d+)'?/.exec(said) ?? [];
  return holder === undefined ? [] : lockAdvice(checkout, holder);
}

const DIRSTATE = '.hg/dirstate';

/** hg's list of the files that it wrote holds nothing of a person's but what was added or removed, and can be made anew. */
function dirstateAdvice(checkout: Checkout): string[] {
  const top = topOf(checkout);
  const file = join(top, DIRSTATE);
  if (!look(file)?.isFile()) return [];
  const parent = parentIn(file);
  return toCopy(
    `hg's record of the working directory, ${file}, is damaged. To rebuild it without changing any other file:`,
    [
      asideLine(top, DIRSTATE),
      ...(parent === undefined ? [] : [hgLine(checkout, 'debugrebuilddirstate', '-r', parent)]),
    ],
  );
}

/** The checked out revision is what the file begins with, 20 bytes; where it is not there, the next run says how to go on. */
function parentIn(file: string): string | undefined {
  const bytes = readFileSync(file).subarray(0, 20);
  return bytes.length < 20 || bytes.toString('latin1').startsWith('dirstate-v2') ? undefined : bytes.toString('hex');
}

/** hg removes locks of dead processes of its own host. Of another host's it only waits for the end. */
function lockAdvice({ source }: Checkout, holder: string): string[] {
  const administration = administrationOf(source);
  const locks = ['wlock', 'store/lock'].map((name) => join(administration, name));
  const [host, pid] = [holder.slice(0, holder.lastIndexOf(':')), holder.slice(holder.lastIndexOf(':') + 1)];
  return toCopy(
    `When process ${pid} of ${host.replace(/\/[0-9a-f]+$/, '')} no longer runs, remove its lock:`,
    locks.filter((file) => targetOf(file) === holder).map((file) => `rm -- ${shellWord(file)}`),
  );
}

function targetOf(file: string): string | undefined {
  try {
    return look(file)?.isSymbolicLink() ? readlinkSync(file) : readRegularFile(file)?.trim();
  } catch {
    return undefined; // released meanwhile, or none of hg's
  }
}
