import { createReadStream } from 'node:fs';
import { readLog } from '../contention/read-log.js';
import { type Contention, Tally } from '../contention/tally.js';
import { errorCode } from '../host/error-code.js';
import type { Family } from './text-format.js';

/**
 * The families of object locks, by the log of ct-lock-helper's waits. They count what is in it; a log that is emptied begins anew, as a
 * counter of a program that was restarted does.
 *
 * @param lockLog the file that CT_LOCK_LOG names; it is made when a helper first has to wait
 * @throws the system's error when it is there but cannot be read
 */
export async function objectFamiliesIn(lockLog: string): Promise<Family[]> {
  try {
    return objectFamilies(await readLog(createReadStream(lockLog, { highWaterMark: 1 << 20 }), 1));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return objectFamilies(new Tally().result(1));
    throw error;
  }
}

function objectFamilies({ waits, waitedMs, madeOnce }: Contention): Family[] {
  const counter = (name: string, help: string, value: number): Family => ({
    name: `stagelock_${name}`,
    help,
    type: 'counter',
    samples: [{ labels: {}, value }],
  });
  return [
    counter('object_lock_waits_total', 'Waits for object locks.', waits),
    counter('object_lock_waited_seconds_total', 'How long helpers waited for object locks in all.', waitedMs / 1000),
    counter('objects_reused_total', 'Objects that were taken from a helper that had just made them.', madeOnce.objects),
    counter('objects_reused_saved_seconds_total', 'How long making these had taken.', madeOnce.savedMs / 1000),
  ];
}
